"""What stands on merchants' accounts."""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.models import AccountBalance
from payments.models import MerchantAccount


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on one account of the books, in minor units."""

    account_id: int
    minor: int


@dataclass(frozen=True, slots=True)
class MerchantBalances:
    """One merchant's money of one currency, by its state."""

    account: MerchantAccount
    pending: Balance
    available: Balance
    on_hold: Balance
    debt: Balance


def balances_of(merchant_ids: Collection[str]) -> list[MerchantBalances]:
    """Return the balances of some merchants by currency, in two queries however many they are.

    Four accounts joined with their four balances are nine tables, for which PostgreSQL may find
    a bad order when its statistics are old; two short questions have no order to find.
    """
    accounts = list(
        MerchantAccount.objects.filter(merchant_id__in=merchant_ids).order_by(
            "merchant_id", "currency"
        )
    )
    standing = dict(
        AccountBalance.objects.filter(
            pk__in=[pk for account in accounts for pk in _account_ids(account)]
        ).values_list("pk", "balance_minor")
    )
    return [
        MerchantBalances(
            account, *(Balance(pk, standing.get(pk, 0)) for pk in _account_ids(account))
        )
        for account in accounts
    ]


def _account_ids(account: MerchantAccount) -> tuple[int, int, int, int]:
    return (
        account.pending_account_id,
        account.available_account_id,
        account.hold_account_id,
        account.debt_account_id,
    )

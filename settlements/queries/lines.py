"""Questions about the lines that a settlement could take."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import connection

from ledger.models import AccountBalance
from payments.models import FeePlan, MerchantAccount


@dataclass(frozen=True, slots=True)
class LineSums:
    """What one merchant's open lines add up to, in minor units."""

    gross_minor: int
    fee_minor: int
    net_minor: int
    count: int


def payout_fee_minor(plan: FeePlan, *, currency: str) -> int:
    """Return what a payout costs; a plan of another currency has no fee that could be charged."""
    return plan.payout_fee_minor if plan.currency == currency else 0


def through(account: MerchantAccount, business_date: date) -> date:
    """Return the last day whose lines a settlement of `business_date` takes of this merchant."""
    return min(business_date, account.matured_through_date)


def standing_of(accounts: Collection[MerchantAccount]) -> dict[str, int]:
    """Return what is available less what is owed (2002 less 1201), by merchant, in minor units."""
    ids = {
        pk: (account.merchant_id, sign)
        for account in accounts
        for pk, sign in ((account.available_account_id, 1), (account.debt_account_id, -1))
    }
    standing: dict[str, int] = dict.fromkeys((account.merchant_id for account in accounts), 0)
    for pk, minor in AccountBalance.objects.filter(pk__in=list(ids)).values_list(
        "pk", "balance_minor"
    ):
        merchant_id, sign = ids[pk]
        standing[merchant_id] += sign * minor
    return standing


def open_sums(through_dates: Mapping[str, date], *, currency: str) -> dict[str, LineSums]:
    """Sum the lines that are in no live settlement, by merchant, in one statement.

    `through_dates` names the merchants, each with the last business day whose lines count.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT l.merchant_id, sum(l.gross_minor)::bigint, sum(l.fee_minor)::bigint,
                      sum(l.net_minor)::bigint, count(*)
               FROM unnest(%s::text[], %s::date[]) AS m (merchant_id, through)
               JOIN payments_balancetransaction l
                 ON l.merchant_id = m.merchant_id AND l.currency = %s
                AND l.available_on <= m.through
               WHERE NOT EXISTS (
                 SELECT FROM settlements_settlementitem i
                 WHERE i.balance_transaction_id = l.id AND i.released_at IS NULL)
               GROUP BY l.merchant_id""",
            [list(through_dates), list(through_dates.values()), currency],
        )
        return {merchant_id: LineSums(*sums) for merchant_id, *sums in cursor.fetchall()}

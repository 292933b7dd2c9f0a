"""Taking merchants in, giving them people, and opening their accounts in the books."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction

from ledger import chart
from ledger import locks as ledger_locks
from ledger.actions.audit import record_audit
from ledger.models import Account
from payments.calendar import parse_cycle
from payments.errors import StaffMemberError
from payments.models import FeePlan, Merchant, MerchantAccount, MerchantMember

MERCHANT_CODES = {
    "pending_account": chart.MERCHANT_PENDING,
    "available_account": chart.MERCHANT_AVAILABLE,
    "hold_account": chart.SETTLEMENT_HOLD,
    "debt_account": chart.MERCHANT_DEBT,
}


@transaction.atomic(durable=True)
def register_merchant(
    *,
    external_no: str,
    name: str,
    fee_plan: FeePlan,
    actor: str,
    at: datetime,
    settlement_cycle: str = "T+1",
) -> Merchant:
    """Take a merchant in. Raises InvalidCycleError; nothing is written then."""
    merchant = Merchant.objects.create(
        external_no=external_no,
        name=name,
        settlement_cycle=str(parse_cycle(settlement_cycle)),
        fee_plan=fee_plan,
        created_at=at,
    )
    record_audit(
        action="merchant.registered",
        subject=merchant.id,
        actor=actor,
        at=at,
        after={"name": name, "fee_plan": fee_plan.id, "settlement_cycle": settlement_cycle},
    )
    return merchant


@transaction.atomic(durable=True)
def add_member(
    *, merchant: Merchant, user: User, role: str, actor: str, at: datetime
) -> MerchantMember:
    """Let a person act for a merchant in the portal, as owner, operator or viewer.

    Raises StaffMemberError for our own staff; nothing is written then.
    """
    if ledger_locks.locked_user(user.pk).is_staff:
        raise StaffMemberError(person=user.get_username())
    member = MerchantMember.objects.create(merchant=merchant, user=user, role=role, created_at=at)
    record_audit(
        action="merchant.member_added",
        subject=merchant.id,
        actor=actor,
        at=at,
        after={"user": user.pk, "role": role},
    )
    return member


def open_accounts(
    merchant_ids: Iterable[str], *, currency: str, business_date: date
) -> dict[str, MerchantAccount]:
    """Return the merchants' accounts of one currency by merchant id, opening what is missing.

    A part. A new account counts as matured through the day before `business_date`.
    """
    assert connection.in_atomic_block, "open_accounts is a part; open a transaction around it"
    wanted = sorted(set(merchant_ids))
    found = _accounts_of(wanted, currency)
    missing = [merchant_id for merchant_id in wanted if merchant_id not in found]
    for merchant_id in missing:
        _open_account(merchant_id, currency=currency, business_date=business_date)
    return _accounts_of(wanted, currency) if missing else found


def _accounts_of(merchant_ids: list[str], currency: str) -> dict[str, MerchantAccount]:
    rows = MerchantAccount.objects.filter(merchant_id__in=merchant_ids, currency=currency)
    return {row.merchant_id: row for row in rows}


def _open_account(merchant_id: str, *, currency: str, business_date: date) -> None:
    """Open the four accounts and their row; whoever opens them at the same time wins as well."""
    Account.objects.bulk_create(
        [
            Account(
                code=code,
                owner_id=merchant_id,
                currency=currency,
                normal_side=chart.CHART[code].normal_side,
                is_floored=chart.CHART[code].is_floored,
            )
            for code in MERCHANT_CODES.values()
        ],
        ignore_conflicts=True,
    )
    by_code = {
        account.code: account
        for account in Account.objects.filter(
            owner_id=merchant_id, currency=currency, code__in=MERCHANT_CODES.values()
        )
    }
    MerchantAccount.objects.bulk_create(
        [
            MerchantAccount(
                merchant_id=merchant_id,
                currency=currency,
                matured_through_date=business_date - timedelta(days=1),
                **{field: by_code[code] for field, code in MERCHANT_CODES.items()},
            )
        ],
        ignore_conflicts=True,
    )

"""How money kept back against later refunds reads in the books: E11a and E11b. Pure functions.

What a refund takes of a reserve (E11c) is part of that refund's entry; see refunds.py.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.models import CaptureShare, ManualEntry, MerchantAccount, PaymentAllocation
from payments.postings.owners import booked_source


def held_at_capture(
    allocation: PaymentAllocation,
    *,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
    share: CaptureShare | None = None,
) -> Entry:
    """Keep part of a payment's net back while it is still pending: E11a, the rolling reserve.

    Of a payment that was authorised first it is part of the merchant's `share` of one capture.

    Dr 2001 share of the net    Cr 2005 share of the net
    """
    owner = allocation.merchant_id
    return Entry(
        source=f"{(share or allocation).pk}:reserve_held",
        kind="reserve_held",
        subject=allocation.payment_id,
        legs=(
            debit(chart.MERCHANT_PENDING, owner, amount_minor, currency),
            credit(chart.RESERVE, owner, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def released_when_due(
    account: MerchantAccount,
    *,
    amount_minor: int,
    business_date: date,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Give back what was kept long enough of all of a merchant's payments: E11b, once a day.

    Dr 2005 amount    Cr 2002 amount
    """
    return Entry(
        source=f"{account.merchant_id}:{account.currency}:reserve_released:{business_date}",
        kind="reserve_released",
        subject=account.merchant_id,
        legs=_released(account.merchant_id, amount_minor, account.currency),
        effective_date=effective_date,
        at=at,
    )


def held_by_hand(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Keep available money back because two people decided so: E11a from 2002.

    Dr 2002 amount    Cr 2005 amount
    """
    owner = entry.merchant_account.merchant_id
    return Entry(
        source=booked_source(entry.pk),
        kind=entry.kind,
        subject=entry.pk,
        legs=(
            debit(chart.MERCHANT_AVAILABLE, owner, entry.amount_minor, entry.currency),
            credit(chart.RESERVE, owner, entry.amount_minor, entry.currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def released_by_hand(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Give reserved money back because two people decided so: E11b.

    Dr 2005 amount    Cr 2002 amount
    """
    return Entry(
        source=booked_source(entry.pk),
        kind=entry.kind,
        subject=entry.pk,
        legs=_released(entry.merchant_account.merchant_id, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def _released(owner: str, amount_minor: int, currency: str) -> tuple[Leg, Leg]:
    return (
        debit(chart.RESERVE, owner, amount_minor, currency),
        credit(chart.MERCHANT_AVAILABLE, owner, amount_minor, currency),
    )

"""How merchants' debts read in the books: recovered (E16a), and written off (E16b)."""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.models import ManualEntry, MerchantAccount
from payments.postings.owners import booked_source


def debt_recovered(
    account: MerchantAccount, *, place: int, amount_minor: int, effective_date: date, at: datetime
) -> Entry:
    """Take what a merchant owes us from what is available: E16a, Dr 2002 / Cr 1201.

    `place` is how often the debt had moved before; it tells the recoveries of one day apart.
    """
    merchant_id, currency = account.merchant_id, account.currency
    return Entry(
        source=f"{merchant_id}:{currency}:debt_recovered:{place}",
        kind="debt_recovered",
        subject=merchant_id,
        legs=_recovered(merchant_id, amount_minor, currency),
        effective_date=effective_date,
        at=at,
    )


def recovered_by_hand(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Take back a debt before maturity does, because two people decided so: E16a.

    Dr 2002 amount    Cr 1201 amount
    """
    return Entry(
        source=booked_source(entry.pk),
        kind=entry.kind,
        subject=entry.pk,
        legs=_recovered(entry.merchant_account.merchant_id, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def written_off(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Give up what a merchant will never pay back: E16b.

    Dr 5004 amount    Cr 1201 amount
    """
    owner = entry.merchant_account.merchant_id
    return Entry(
        source=booked_source(entry.pk),
        kind=entry.kind,
        subject=entry.pk,
        legs=(
            debit(chart.BAD_DEBT, owner, entry.amount_minor, entry.currency),
            credit(chart.MERCHANT_DEBT, owner, entry.amount_minor, entry.currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def _recovered(owner: str, amount_minor: int, currency: str) -> tuple[Leg, Leg]:
    return (
        debit(chart.MERCHANT_AVAILABLE, owner, amount_minor, currency),
        credit(chart.MERCHANT_DEBT, owner, amount_minor, currency),
    )

"""How corrections by hand and risk freezes read in the books: E12a to E12c. Pure functions."""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.models import ManualEntry
from payments.postings.owners import booked_source


def adjusted_in_favour(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Give a merchant what a correction by hand owes them: E12a.

    Dr 5009 amount    Cr 2002 amount
    """
    owner = entry.merchant_account.merchant_id
    return _entry(
        entry,
        debit(chart.ADJUSTMENTS_IN_FAVOUR_OF_MERCHANTS, owner, entry.amount_minor, entry.currency),
        credit(chart.MERCHANT_AVAILABLE, owner, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def adjusted_against(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Take from a merchant what a correction by hand asks of them: E12b.

    Dr 2002 amount    Cr 4009 amount
    """
    owner = entry.merchant_account.merchant_id
    return _entry(
        entry,
        debit(chart.MERCHANT_AVAILABLE, owner, entry.amount_minor, entry.currency),
        credit(chart.ADJUSTMENTS_AGAINST_MERCHANTS, owner, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def frozen(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Set a merchant's money aside while risk looks at it: E12c.

    Dr 2002 amount    Cr 2004 amount
    """
    owner = entry.merchant_account.merchant_id
    return _entry(
        entry,
        debit(chart.MERCHANT_AVAILABLE, owner, entry.amount_minor, entry.currency),
        credit(chart.RISK_FREEZE, owner, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def unfrozen(entry: ManualEntry, *, effective_date: date, at: datetime) -> Entry:
    """Give a merchant the free use of frozen money again: E12c mirrored.

    Dr 2004 amount    Cr 2002 amount
    """
    owner = entry.merchant_account.merchant_id
    return _entry(
        entry,
        debit(chart.RISK_FREEZE, owner, entry.amount_minor, entry.currency),
        credit(chart.MERCHANT_AVAILABLE, owner, entry.amount_minor, entry.currency),
        effective_date=effective_date,
        at=at,
    )


def _entry(
    entry: ManualEntry, taken: Leg, given: Leg, *, effective_date: date, at: datetime
) -> Entry:
    return Entry(
        source=booked_source(entry.pk),
        kind=entry.kind,
        subject=entry.pk,
        legs=(taken, given),
        effective_date=effective_date,
        at=at,
    )

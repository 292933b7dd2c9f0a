"""Booking what people agreed to: its entry, its line, its row among the reserves. Parts only."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from payments.actions import refund_moves, reserves
from payments.errors import ManualEntryTooLargeError
from payments.models import (
    BalanceTransaction,
    LineKind,
    ManualEntry,
    ManualEntryKind,
    ReserveHold,
)
from payments.postings import adjustments, debts
from payments.postings import reserves as reserve_postings
from payments.queries.calendar import booking_date_of
from payments.queries.manual_entries import most_minor, standing_of

Posting = Callable[..., Entry]

_POSTINGS: Mapping[str, Posting] = MappingProxyType(
    {
        ManualEntryKind.ADJUSTMENT_CREDIT: adjustments.adjusted_in_favour,
        ManualEntryKind.ADJUSTMENT_DEBIT: adjustments.adjusted_against,
        ManualEntryKind.FREEZE: adjustments.frozen,
        ManualEntryKind.UNFREEZE: adjustments.unfrozen,
        ManualEntryKind.RESERVE_HOLD: reserve_postings.held_by_hand,
        ManualEntryKind.RESERVE_RELEASE: reserve_postings.released_by_hand,
        ManualEntryKind.DEBT_RECOVERY: debts.recovered_by_hand,
        ManualEntryKind.DEBT_WRITE_OFF: debts.written_off,
    }
)

_LINES: Mapping[str, tuple[LineKind, int]] = MappingProxyType(
    {
        ManualEntryKind.ADJUSTMENT_CREDIT: (LineKind.ADJUSTMENT, 1),
        ManualEntryKind.ADJUSTMENT_DEBIT: (LineKind.ADJUSTMENT, -1),
        ManualEntryKind.FREEZE: (LineKind.FREEZE, -1),
        ManualEntryKind.UNFREEZE: (LineKind.UNFREEZE, 1),
        ManualEntryKind.RESERVE_HOLD: (LineKind.RESERVE_HOLD, -1),
        ManualEntryKind.RESERVE_RELEASE: (LineKind.RESERVE_RELEASE, 1),
        ManualEntryKind.DEBT_WRITE_OFF: (LineKind.WRITE_OFF, 1),
    }
)
"""The line of each kind, and its sign. A recovery has none: available less debt stays the same."""


def require_there(entry: ManualEntry) -> None:
    """Refuse what the books could not take at this moment. Raises ManualEntryTooLargeError."""
    most = most_minor(
        ManualEntryKind(entry.kind),
        standing_of(entry.merchant_account),
        freeze=entry.freeze,
        reserve_hold=entry.reserve_hold,
    )
    if most is not None and entry.amount_minor > most:
        raise ManualEntryTooLargeError(left_minor=most)


def planned(entry: ManualEntry, *, at: datetime) -> Entry:
    """Return how it would be booked at `at`, for those who ask and agree; nothing is written."""
    return _POSTINGS[entry.kind](entry, effective_date=booking_date_of(at), at=at)


def book(entry: ManualEntry, *, at: datetime) -> None:
    """Book what was agreed to, with its line and its reserve, on the business day of `at`.

    When that day is closed already, on the first open one. A part.

    The merchant's account is locked by the caller, so that nothing of it is settled meanwhile.

    Raises ManualEntryTooLargeError or OverdrawnError when the money is gone; nothing is written
    then.
    """
    assert connection.in_atomic_block, "book is a part; open a transaction around it"
    if entry.kind in (ManualEntryKind.UNFREEZE, ManualEntryKind.RESERVE_RELEASE):
        require_there(entry)
    booking = planned(entry, at=at)
    entry.entry_id = journal.post_entry(booking)
    entry.booked_at = at
    _write_line(entry, day=booking.effective_date)
    if entry.kind == ManualEntryKind.RESERVE_HOLD:
        ReserveHold.objects.create(
            merchant_account=entry.merchant_account,
            entry_id=entry.entry_id,
            amount_minor=entry.amount_minor,
            left_minor=entry.amount_minor,
            created_at=at,
        )
    elif entry.reserve_hold_id is not None:
        reserves.release_by_hand(
            entry.reserve_hold_id, amount_minor=entry.amount_minor, entry_id=entry.entry_id
        )
    refund_moves.call_the_waiting(at=at)


def _write_line(entry: ManualEntry, *, day: date) -> None:
    """Write the merchant's line; a recovery has none."""
    if entry.kind not in _LINES:
        return
    assert entry.entry_id is not None, "it was just booked"
    assert entry.booked_at is not None
    kind, sign = _LINES[entry.kind]
    BalanceTransaction.objects.create(
        merchant_id=entry.merchant_account.merchant_id,
        entry_id=entry.entry_id,
        kind=kind,
        source=entry.pk,
        currency=entry.currency,
        gross_minor=sign * entry.amount_minor,
        fee_minor=0,
        net_minor=sign * entry.amount_minor,
        effective_date=day,
        available_on=entry.merchant_account.matured_through_date,
        created_at=entry.booked_at,
    )

"""Entries and closed days of the books, as short as tests want them."""

from datetime import UTC, date, datetime, timedelta

from ledger.actions import journal, periods
from ledger.actions.approvals import Decider
from ledger.actions.journal import Entry, credit, debit
from ledger.models import ApprovalRequest, Period

LIN = Decider(actor="user:1", client_ip="127.0.0.1", second_factor="totp")
WANG = Decider(actor="user:2", client_ip="127.0.0.1", second_factor="totp")


def booked(source: str, day: date, amount_minor: int = 100, *, owner_id: str = "mer_a") -> int:
    """Book what a channel paid to a bank, dated a day; return the entry's id."""
    return journal.post_entry(
        Entry(
            source=source,
            kind="channel_settled",
            legs=(
                debit("1001", f"chn_of_{owner_id}", amount_minor, "CNY"),
                credit("1101", f"chn_a/{owner_id}", amount_minor, "CNY"),
            ),
            effective_date=day,
            at=noon(day),
        )
    )


def noon(day: date) -> datetime:
    """Return a day's noon in Shanghai."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def morning_after(day: date) -> datetime:
    """Return nine o'clock in Shanghai on the day after."""
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(days=1)


def closed(day: date) -> Period:
    """Close a day on its next morning. A part."""
    return periods.close_day(day, decider=LIN, at=morning_after(day), reason="the day is over")


def reopening_asked(day: date) -> ApprovalRequest:
    """Have Lin ask for a day, and all after it, to be open again. A part."""
    return periods.request_reopening(
        day, decider=LIN, at=morning_after(day), reason="a bill came late"
    )


def reopened(day: date) -> list[Period]:
    """Have Lin ask for a day, and all after it, to be open again, and Wang agree. A part."""
    request = reopening_asked(day)
    return list(
        periods.decide_reopening(
            day,
            is_approved=True,
            shown_digest=bytes(request.digest),
            decider=WANG,
            at=morning_after(day),
        )
    )

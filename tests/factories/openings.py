"""Files of opening balances, handed in and agreed to; a test states only what matters."""

from datetime import date, datetime

from settlements.actions import opening_bookings, openings
from settlements.models import Opening
from tests.factories.settlements import CHECKER, MAKER
from tests.instants import NOON, THURSDAY

HEADER = "code,owner,currency,amount,side"


def opening_file(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> bytes:
    """Write a file of these lines."""
    return "\r\n".join([header, *lines, ""]).encode(encoding)


def asked_opening(
    *lines: str, opening_date: date = THURSDAY, at: datetime = NOON, maker: str = MAKER
) -> Opening:
    """Hand in a file of these lines."""
    return openings.ask_opening(
        opening_file(*lines),
        file_name="openings.csv",
        opening_date=opening_date,
        actor=maker,
        at=at,
        reason="the books move here",
    )


def approved_opening(*lines: str, opening_date: date = THURSDAY, at: datetime = NOON) -> Opening:
    """Have a file of these lines agreed to by another person; nothing of it is booked yet."""
    opening = asked_opening(*lines, opening_date=opening_date, at=at)
    assert opening.approval is not None
    return openings.approve_opening(
        opening.pk, shown_digest=bytes(opening.approval.digest), decider=CHECKER, at=at
    )


def booked_opening(*lines: str, opening_date: date = THURSDAY, at: datetime = NOON) -> Opening:
    """Have a file of these lines in the books."""
    opening = approved_opening(*lines, opening_date=opening_date, at=at)
    return opening_bookings.book_opening(opening.pk, actor="task:test", at=at)

"""Closing the books of a day: what other rooms have to finish first, and then the ledger's part."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from ledger.actions import periods
from ledger.actions.approvals import Decider
from ledger.errors import PeriodUnfinishedError
from ledger.models import ApprovalRequest, Period
from settlements import locks
from settlements.errors import ReasonMissingError
from settlements.queries.closing import unfinished_by


@transaction.atomic(durable=True)
def close_day(day: date, *, decider: Decider, at: datetime, reason: str) -> Period:
    """Close a business day when all that its books would still get is in them.

    Money that became available by that day must have matured, reserves that were due must have
    gone back, and opening balances as of it that were agreed to must be booked. Everything else
    that comes late is booked on the first open day: captures, refunds, and the bank's movements.

    Raises ReasonMissingError, PeriodUnfinishedError, PeriodNotOverError, PeriodOrderError or
    PeriodBusyError; nothing is written then.
    """
    _require_reason(reason)
    _give_it_time()
    locks.hold_openings()
    _require_finished(day)
    return periods.close_day(day, decider=decider, at=at, reason=reason)


@transaction.atomic(durable=True)
def close_month(month: date, *, decider: Decider, at: datetime, reason: str) -> Period:
    """Close the month that begins on `month`, after all its days.

    Raises ReasonMissingError, PeriodNotOverError or PeriodOrderError; nothing is written then.
    """
    _require_reason(reason)
    _give_it_time()
    return periods.close_month(month, decider=decider, at=at, reason=reason)


@transaction.atomic(durable=True)
def request_reopening(
    first_day: date, *, decider: Decider, at: datetime, reason: str
) -> ApprovalRequest:
    """Ask another person to agree that all closed days from `first_day` on are open again.

    Raises ReasonMissingError, PeriodOrderError or ApprovalClosedError; nothing is written then.
    """
    _require_reason(reason)
    return periods.request_reopening(first_day, decider=decider, at=at, reason=reason)


@transaction.atomic(durable=True)
def decide_reopening(
    first_day: date,
    *,
    is_approved: bool,
    shown_digest: bytes,
    decider: Decider,
    at: datetime,
    reason: str = "",
) -> list[Period]:
    """Say yes or no to a reopening that somebody else asked for; return what was reopened.

    Raises what `ledger.actions.periods.decide_reopening` raises, and ReasonMissingError for a no
    without a reason; nothing is written then.
    """
    if not is_approved:
        _require_reason(reason)
    _give_it_time()
    return list(
        periods.decide_reopening(
            first_day,
            is_approved=is_approved,
            shown_digest=shown_digest,
            decider=decider,
            at=at,
            reason=reason,
        )
    )


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissingError


def _require_finished(day: date) -> None:
    """Refuse a day whose books would still get something. Raises PeriodUnfinishedError."""
    unfinished = unfinished_by(day)
    hindrances = [
        (
            unfinished.maturing,
            _("%(count)d merchant accounts have money that has not been made available"),
        ),
        (unfinished.openings, _("%(count)d opening balances are agreed to and not booked yet")),
    ]
    what = [words % {"count": count} for count, words in hindrances if count]
    if what:
        raise PeriodUnfinishedError(period=day, what="; ".join(what))


def _give_it_time() -> None:
    """Lift the time-outs of pages: a big day takes seconds to add up."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
        cursor.execute("SET LOCAL transaction_timeout = '6min'")

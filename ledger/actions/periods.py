"""Closing days and months of the books, and reopening them by two people. Parts.

What else must be done before a day is closed is not the ledger's to know: the door that calls
these asks first.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, connection

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import (
    ApprovalClosedError,
    PeriodBusyError,
    PeriodNotOverError,
    PeriodOrderError,
    StaleApprovalError,
)
from ledger.identifiers import new_id
from ledger.models import ApprovalRequest, Period
from ledger.models.periods import PeriodKind
from ledger.queries import periods as queries
from ledger.states import ApprovalState, PeriodState


def close_day(day: date, *, decider: Decider, at: datetime, reason: str) -> Period:
    """Close a day: no entry may be dated then any more. A part.

    Waits for entries of that day that are being written, at most ten seconds; later ones are
    refused. Every account that moved gets its daily balance. What the day came to is kept with
    the closing.

    Raises PeriodNotOverError before the day has ended in BUSINESS_TIME_ZONE, PeriodOrderError
    when it is not the next, PeriodBusyError when the wait was too long; nothing is written then.
    """
    if not queries.is_over(day, at=at):
        raise PeriodNotOverError(period=day)
    if day != queries.next_day_to_close():
        raise PeriodOrderError(period=day, next=queries.next_day_to_close() or "–")
    return _close(PeriodKind.DAY, day, decider=decider, at=at, reason=reason)


def close_month(month: date, *, decider: Decider, at: datetime, reason: str) -> Period:
    """Close the month that begins on `month`, after all its days. A part.

    Raises PeriodNotOverError, or PeriodOrderError while one of its days, or an earlier month, is
    open; nothing is written then.
    """
    if not queries.is_over(queries.last_day_of_month(month), at=at):
        raise PeriodNotOverError(period=f"{month:%Y-%m}")
    expected = queries.next_month_to_close()
    if month != expected:
        raise PeriodOrderError(
            period=f"{month:%Y-%m}",
            next=queries.next_day_to_close() if expected is None else expected,
        )
    return _close(PeriodKind.MONTH, month, decider=decider, at=at, reason=reason)


def request_reopening(
    first_day: date, *, decider: Decider, at: datetime, reason: str
) -> ApprovalRequest:
    """Ask that all closed days from `first_day` on, and their months, be open again. A part.

    Raises PeriodOrderError when the day is not closed, ApprovalClosedError when it was asked for
    before; nothing is written then.
    """
    period = _closed_day(first_day)
    payload = {**queries.reopening_payload(first_day), "reason": reason}
    request = approvals.request_approval(
        kind=queries.REOPENING_KIND,
        object_type="period",
        object_id=period.pk,
        payload=payload,
        maker=decider.actor,
        at=at,
    )
    _record("period.reopening_requested", [period.pk], decider=decider, at=at, reason=reason)
    return request


def decide_reopening(
    first_day: date,
    *,
    is_approved: bool,
    shown_digest: bytes,
    decider: Decider,
    at: datetime,
    reason: str = "",
) -> Sequence[Period]:
    """Say yes or no to a reopening; return what was reopened, which is nothing after a no. A part.

    The daily balances from the first day on are dropped; the next closing writes them again.

    Raises PeriodOrderError when the day is not closed, StaleApprovalError when other periods would
    be reopened than those that were shown, and what `approvals.decide` raises; nothing is written
    then.
    """
    period = _closed_day(first_day)
    request = queries.open_reopening(period.pk)
    if request is None:
        raise ApprovalClosedError(object_id=period.pk)
    request = approvals.decide(
        request.pk,
        is_approved=is_approved,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    if request.state != ApprovalState.APPROVED:
        return []
    return reopen(request, decider=decider, at=at)


def reopen(request: ApprovalRequest, *, decider: Decider, at: datetime) -> Sequence[Period]:
    """Reopen what an approved request names, and return it. A part.

    Raises StaleApprovalError when other periods are closed than those that were shown, and
    ApprovalClosedError when the request is not approved; nothing is written then.
    """
    assert connection.in_atomic_block, "reopen is a part; open a transaction around it"
    first_day = date.fromisoformat(request.payload["from"])
    why = str(request.payload["reason"])
    payload = {**queries.reopening_payload(first_day), "reason": why}
    if not approvals.execute_unchanged({request.pk: payload}, at=at):
        raise StaleApprovalError(object_id=request.object_id)
    ids = _called(
        "SELECT ledger_reopen_periods(%s::date, %s, %s, %s, %s)",
        [first_day, decider.actor, at, why, request.pk],
        period=first_day,
    )
    _record("period.reopened", ids, decider=decider, at=at, reason=why)
    return list(Period.objects.filter(pk__in=ids).order_by("starts_on", "kind"))


def _close(
    kind: PeriodKind, first_day: date, *, decider: Decider, at: datetime, reason: str
) -> Period:
    assert connection.in_atomic_block, "closing is a part; open a transaction around it"
    (period_id,) = _called(
        "SELECT ARRAY[ledger_close_period(%s, %s, %s::date, %s, %s, %s,"
        " (SELECT max(number) FROM ledger_seal))]",
        [new_id("per"), kind.value, first_day, decider.actor, at, reason],
        period=first_day,
    )
    period = Period.objects.get(pk=period_id)
    totals = period.events.get(version=period.version).totals
    _record(
        "period.closed",
        [period.pk],
        decider=decider,
        at=at,
        reason=reason,
        after={"period": str(period), "kind": kind.value, "totals": totals},
    )
    return period


def _closed_day(day: date) -> Period:
    period = Period.objects.filter(
        kind=PeriodKind.DAY, starts_on=day, state=PeriodState.CLOSED
    ).first()
    if period is None:
        raise PeriodOrderError(period=day, next=queries.next_day_to_close() or "–")
    return period


def _called(call: str, arguments: Sequence[str | date | datetime], *, period: date) -> list[str]:
    """Call a function of the database that returns ids, and say its refusals in our words."""
    with _in_our_words(period), connection.cursor() as cursor:
        cursor.execute(call, arguments)
        ids: list[str] = cursor.fetchone()[0]
        return ids


@contextmanager
def _in_our_words(period: date) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal(period=period, next="–") from error


def _refusal(error: DatabaseError) -> Callable[..., Exception] | None:
    cause = error.__cause__
    if getattr(cause, "sqlstate", "") == "55P03":  # lock_not_available
        return PeriodBusyError
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", "")
    if constraint == "ledger_period_over":
        return PeriodNotOverError
    return PeriodOrderError if constraint == "ledger_period_order" else None


def _record(
    action: str,
    period_ids: Sequence[str],
    *,
    decider: Decider,
    at: datetime,
    reason: str,
    after: dict[str, Any] | None = None,
) -> None:
    for period_id in period_ids:
        record_audit(
            action=action,
            subject=period_id,
            actor=decider.actor,
            at=at,
            client_ip=decider.client_ip,
            request_id=decider.request_id,
            reason=reason,
            after=after,
        )

"""The breaker of each channel account: nothing is sent where nobody answers (R11).

Five failures without an answer between them open it, when the last is at most WITHIN after the
first. A gateway that does not know our application, or our key, says so without a signature: for
an order that is no word, but a line on which nothing else is said is as good as dead. While it is
open orders wait, which is safe, and questions go on. Now and then one order may try the line, after
pauses that grow; the first answer, to an order or a question, closes it.
Machine time: the database's clock. An account whose breaker is clean costs no statement.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql import UpdateQuery

from ledger.actions.audit import record_audit
from payments import locks
from payments.actions.events import record_event
from payments.channels.base import (
    BAD_SIGNATURE,
    HTTP_STATUS,
    NO_ANSWER,
    NO_KEYS,
    NOT_CONNECTED,
    TURNED_AWAY,
    UNREADABLE_ANSWER,
    Outcome,
    OutcomeKind,
)
from payments.models import ChannelBreaker, ChannelOperation, DatabaseClock

FAILURES: Final = 5
WITHIN: Final = timedelta(seconds=30)
PAUSES: Final = [timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300)]
"""How long an open line is left alone before one order tries it; the last for all that follow."""

ACTOR: Final = "task:payments.breaker"
_NOBODYS = (BAD_SIGNATURE, HTTP_STATUS, TURNED_AWAY, UNREADABLE_ANSWER)
"""Somebody spoke, and not certainly the channel: no answer."""
_TROUBLES = (
    (OutcomeKind.NOT_SENT, NOT_CONNECTED),
    (OutcomeKind.NOT_SENT, NO_KEYS),
    (OutcomeKind.UNKNOWN, NO_ANSWER),
    (OutcomeKind.UNKNOWN, BAD_SIGNATURE),
    (OutcomeKind.UNKNOWN, TURNED_AWAY),
)
"""No connection, no keys to speak with, no word, or none that the channel has signed: a line is
dead by these.

Errors of what stands between come and go, and open nothing.
"""


def update_returning_trouble(orders: QuerySet[ChannelOperation], **changes: object) -> bool | None:
    """Change the one order that is chosen and tell, in the same statement, how its line does.

    True when its account has failed since it answered last; None when there was none to change.
    """
    update: Any = orders.query.chain(UpdateQuery)
    update.add_update_values(changes)
    text, parameters = update.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{text} RETURNING EXISTS (
              SELECT FROM payments_channelbreaker b
              WHERE b.channel_account_id = payments_channeloperation.channel_account_id
                AND b.failed_at <> '{{}}')""",
            parameters,
        )
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def take_probe(operation: ChannelOperation) -> bool:
    """Take the right to try an open line with one order; tell whether it was there. A part.

    Nobody else may before the next pause has passed, also if this one is never heard of again.
    """
    assert connection.in_atomic_block, "take_probe is a part; open a transaction around it"
    taken = ChannelBreaker.objects.filter(
        pk=operation.channel_account_id, opened_at__isnull=False, probe_at__lte=DatabaseClock()
    ).update(probe_at=DatabaseClock() + PAUSES[-1])
    return bool(taken)


def note_outcome(
    channel_account_id: str, *, outcome: Outcome, is_probe: bool, was_troubled: bool, at: datetime
) -> None:
    """Count a failure of the line, or take an answer for its end. A part.

    `was_troubled` is what the claim saw: without trouble an answer is no news and costs nothing.
    Opening and closing are told once, however many learn of it together.
    """
    assert connection.in_atomic_block, "note_outcome is a part; open a transaction around it"
    if (outcome.kind, outcome.code) in _TROUBLES:
        _count(channel_account_id, outcome=outcome, is_probe=is_probe, at=at)
    elif was_troubled and _is_answer(outcome):
        _close(channel_account_id, at=at)


def _is_answer(outcome: Outcome) -> bool:
    """Tell whether the channel itself spoke: there is an answer, and it is certainly its own."""
    return bool(outcome.raw) and outcome.code not in _NOBODYS


def _count(channel_account_id: str, *, outcome: Outcome, is_probe: bool, at: datetime) -> None:
    ChannelBreaker.objects.bulk_create(
        [ChannelBreaker(channel_account_id=channel_account_id)], ignore_conflicts=True
    )
    breaker = locks.locked_breaker(channel_account_id)
    now: datetime = breaker.machine_at  # type: ignore[attr-defined]  # annotated by the lock
    breaker.failed_at = [*breaker.failed_at, now][-FAILURES:]
    breaker.reason = f"{outcome.code} {outcome.message}".strip()[:300]
    is_news = False
    if breaker.opened_at is not None:
        if is_probe:
            breaker.pauses += 1
            breaker.probe_at = now + PAUSES[min(breaker.pauses, len(PAUSES) - 1)]
    elif len(breaker.failed_at) == FAILURES and now - breaker.failed_at[0] <= WITHIN:
        is_news = True
        breaker.opened_at, breaker.probe_at = now, now + PAUSES[0]
    breaker.save(update_fields=["failed_at", "reason", "opened_at", "probe_at", "pauses"])
    if is_news:
        _tell(breaker, deed="channel_account.breaker_opened", at=at)


def _close(channel_account_id: str, *, at: datetime) -> None:
    breaker = locks.locked_breaker(channel_account_id)
    was_open = breaker.opened_at is not None
    if was_open:
        _tell(breaker, deed="channel_account.breaker_closed", at=at)
    if breaker.failed_at:
        breaker.failed_at, breaker.reason, breaker.pauses = [], "", 0
        breaker.opened_at = breaker.probe_at = None
        breaker.save(update_fields=["failed_at", "reason", "opened_at", "probe_at", "pauses"])


def _tell(breaker: ChannelBreaker, *, deed: str, at: datetime) -> None:
    snapshot = {"failures": len(breaker.failed_at), "tries": breaker.pauses}
    record_event(kind=deed, subject=breaker.pk, at=at, payload=snapshot)
    record_audit(
        action=deed,
        subject=breaker.pk,
        actor=ACTOR,
        at=at,
        reason=breaker.reason,
        after=snapshot,
    )

"""The engine for every order that leaves the house: claim, send or ask, record what came back.

Intent is committed before the call and the number never changes (R1, R2); what was ever sent is
asked about before it is sent again (R3); only a closed list of answers means failed (R4), the
rest is unknown and asked again on a schedule (R10); a result counts only while its lease is
held (R9). Nothing is sent where nobody answers (R11) or people said stop (R12). Machine time is
the database's; the process clock decides nothing.
"""

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from ledger.fault_points import fault_point
from payments import locks
from payments.actions import breakers, channel_calls
from payments.actions import order_courses as courses
from payments.actions.order_courses import FINAL
from payments.channels.base import NO_KEYS, NOT_FOUND, Outcome
from payments.errors import LeaseLostError
from payments.models import ChannelOperation, DatabaseClock
from payments.queries import sending
from payments.states import OperationStatus

LEASE = timedelta(seconds=60)
ASKABLE = (
    OperationStatus.SENDING,
    OperationStatus.AWAITING_PAYER,
    OperationStatus.PROCESSING,
    OperationStatus.UNKNOWN,
)
LOST_MAX = 16
"""How often an order is sent at most when its answers are lost; until it expires, nobody pays."""

_RECORDED_FIELDS = [
    "status",
    "code",
    "message",
    "raw_answer",
    "channel_ref",
    "lease_token",
    "lease_until",
    "finished_at",
    "next_query_at",
    "queries",
]

_CLAIMING = fault_point("order.claiming")
_RECORDING = fault_point("order.recording")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to speak to the channel about the order that serves `subject`, for a while.

    `is_question` tells asking from sending: what never left was then a question, not the order.
    `is_scheduled` is one that counts, as nobody told us anything.
    `is_probe` tries a line that was given up, `was_troubled` one that has failed a while ago.
    `actor` is in whose name an outcome is recorded, if not the channel's own; `resolution` is the
    request of two people that it carries out. `claimed_at` is this machine's monotonic clock just
    before the claim, in nanoseconds: no instant.
    """

    subject: str
    token: uuid.UUID
    is_question: bool = False
    is_scheduled: bool = False
    is_probe: bool = False
    was_troubled: bool = False
    actor: str = ""
    resolution: str = ""
    claimed_at: int = field(default_factory=time.monotonic_ns, compare=False)


def channel_no_of(subject: str) -> str:
    """Return the one number by which a channel knows the order for an attempt, refund or payout.

    Letters and digits only, and at most 32 of them: every channel takes such a number. Its last 26
    tell when the id was made (`ledger.identifiers.new_id`).
    """
    return subject.replace("_", "").upper()


def claim_to_send(subject: str) -> Lease | None:
    """Take the right to send a prepared order, or None when somebody else has. A part.

    Commit before calling: an order that may have left is never `prepared` again by accident. One
    that is held back, or whose line is dead, waits: the janitor has it sent when it may leave.
    """
    is_unsent = Q(status=OperationStatus.PREPARED)
    changes: dict[str, Any] = {
        "status": OperationStatus.SENDING,
        "sends": F("sends") + 1,
        "first_sent_at": Coalesce("first_sent_at", DatabaseClock()),
        "last_sent_at": DatabaseClock(),
    }
    lease = _claim(subject, may=is_unsent & sending.may_leave(), **changes)
    if lease is not None:
        return lease
    operation = locks.locked_operation_of(subject)
    if operation is None or operation.status != OperationStatus.PREPARED:
        return None
    if not sending.is_held(operation) and breakers.take_probe(operation):
        return _claim(subject, may=is_unsent, is_probe=True, **changes)
    ChannelOperation.objects.filter(pk=operation.pk).update(next_query_at=DatabaseClock())
    return None


def claim_to_end(subject: str) -> Lease | None:
    """Take the right to end an order that never left, or None when it has one by now. A part.

    Whatever holds it back or kills its line: nothing is sent by who claims it so, and nobody else
    can claim it. Record its failure in the same transaction.
    """
    return _claim(subject, may=Q(status=OperationStatus.PREPARED), status=OperationStatus.SENDING)


def claim_to_ask(subject: str, *, is_notified: bool = False) -> Lease | None:
    """Take the right to ask about an order that was sent, or None. A part.

    When the channel told us something (`is_notified`) also about one that has ended: an order that
    was closed, or failed, may turn out paid (docs/adr/0015, 0028), a refund that failed may have
    been made, and the money of one that was made may have come back. Such a question is one more,
    not one of the schedule (R10): whoever can make us ask, a payer who reloads a page or a partner
    who tries a refund, brings no order before people by that.
    """
    counted = Case(When(status__in=ASKABLE, then=0), default=1) if is_notified else Value(1)
    lease = _claim(
        subject,
        is_question=True,
        may=_may_be_asked(is_notified=is_notified),
        queries=F("queries") + counted,
    )
    return lease and replace(lease, is_scheduled=not is_notified)


def claim_to_resend(
    subject: str,
    *,
    settle_window: timedelta = timedelta(0),
    sent_times: int | None = None,
    is_waiting: bool = False,
) -> Lease | None:
    """Take the right to send an order again, under the same number, or None. A part.

    Only for orders whose unknown outcome was answered with "no such order", and last sent at
    least `settle_window` ago: a channel may take its time to know what it has taken (R5), and what
    never left at first may have left a moment ago. Or for one that waits for its payer
    (`is_waiting`) where the answer by which they pay was lost: it moves no money, and is sent
    LOST_MAX times at most. Who was answered when an order had been sent `sent_times` may not send
    it once somebody else has: theirs is to be asked about first.
    """
    status = OperationStatus.AWAITING_PAYER if is_waiting else OperationStatus.UNKNOWN
    may = Q(status=status) & sending.may_leave()
    if sent_times is not None:
        may &= Q(sends=sent_times)
    if is_waiting:
        may &= Q(sends__lt=LOST_MAX)
    return _claim(
        subject,
        may=may,
        last_sent_before=DatabaseClock() - settle_window if settle_window else None,
        sends=F("sends") + 1,
        last_sent_at=DatabaseClock(),
    )


def record_outcome(
    operation: ChannelOperation,
    *,
    lease: Lease,
    outcome: Outcome,
    at: datetime,
    ends_unsent: bool = False,
    is_over: bool = False,
) -> None:
    """Write down what the channel said, and give the lease back. A part; the row is locked.

    An answer that tells nothing new leaves the status and moves the next question; one that could
    not be asked, as our keys cannot be used, is not counted. `is_over` is as in `next_status`; with
    `ends_unsent` an order that certainly never left ends here, instead of waiting for its line.

    What failed keeps why, as long as no money came of it.

    Raises LeaseLostError when the lease is no longer ours; nothing is written then.
    """
    assert connection.in_atomic_block, "record_outcome is a part"
    if operation.lease_token != lease.token:
        raise LeaseLostError
    breakers.note_outcome(
        operation.channel_account_id,
        outcome=outcome,
        is_probe=lease.is_probe,
        was_troubled=lease.was_troubled,
        at=at,
    )
    was = operation.status
    operation.status = courses.next_status(
        operation, outcome, is_question=lease.is_question, is_over=is_over
    )
    if ends_unsent and operation.status == OperationStatus.PREPARED:
        # Never left: what was unknown once is never `prepared` again.
        operation.status = OperationStatus.FAILED
    if not courses.is_failed_try(operation) or was != operation.status:
        _keep_words(operation, outcome)
    operation.resolution = lease.resolution or operation.resolution
    operation.lease_token = None
    operation.lease_until = None
    if operation.status != was or was not in FINAL:
        operation.finished_at = at if operation.status in FINAL else None
    is_unasked = lease.is_scheduled and outcome.code == NO_KEYS
    operation.queries = courses.asked_so_far(operation, was=was, is_unasked=is_unasked)
    operation.next_query_at = courses.next_query_at(operation, is_unasked=is_unasked)
    fields = [*_RECORDED_FIELDS, "resolution"] if lease.resolution else _RECORDED_FIELDS
    channel_calls.save_with_call(operation, outcome=outcome, fields=fields)
    _RECORDING()


def may_still_send(lease: Lease) -> bool:
    """Tell whether so little time passed since the claim that nobody else can hold the lease.

    A last look, right before the call: a worker that was paused, by its machine or by a COMMIT
    that took long, would speak when others ask already, or after people said stop (R9, R12).
    """
    send_within = LEASE * 3 // 4  # the rest is for the call and its record
    return timedelta(microseconds=(time.monotonic_ns() - lease.claimed_at) // 1_000) < send_within


def free_at(subject: str, *, is_notified: bool = False) -> datetime | None:
    """Return when an order that somebody speaks about may be asked about, by database time.

    None when there is nothing to ask: it was never sent, or its outcome is known.
    """
    return (
        ChannelOperation.objects.filter(_may_be_asked(is_notified=is_notified), subject=subject)
        .values_list(Coalesce("lease_until", DatabaseClock()), flat=True)
        .first()
    )


def is_unplaced(operation: ChannelOperation) -> bool:
    """Tell whether the channel said that it does not know an order whose outcome is unknown."""
    return operation.status == OperationStatus.UNKNOWN and operation.code == NOT_FOUND


def _may_be_asked(*, is_notified: bool) -> Q:
    """Choose the orders that may be asked about; of those that are over what we alone began."""
    may = Q(status__in=ASKABLE)
    if is_notified:
        may |= courses.AT_REST
    return may


def _keep_words(operation: ChannelOperation, outcome: Outcome) -> None:
    operation.code = outcome.code[:80]
    operation.message = outcome.message[:300]
    operation.raw_answer = outcome.raw
    operation.channel_ref = outcome.channel_ref or operation.channel_ref


def _claim(
    subject: str,
    *,
    may: Q,
    is_question: bool = False,
    is_probe: bool = False,
    last_sent_before: Combinable | None = None,
    **changes: object,
) -> Lease | None:
    assert connection.in_atomic_block, "claiming is a part; commit it before the call"
    token, claimed_at = uuid.uuid4(), time.monotonic_ns()
    free = ChannelOperation.objects.filter(may, subject=subject).filter(
        Q(lease_until=None) | Q(lease_until__lt=DatabaseClock())
    )
    if last_sent_before is not None:
        left_at = Coalesce("last_sent_at", "first_sent_at")
        free = free.alias(left_at=left_at).filter(left_at__lte=last_sent_before)
    was_troubled = breakers.update_returning_trouble(
        free, lease_token=token, lease_until=DatabaseClock() + LEASE, **changes
    )
    _CLAIMING()
    if was_troubled is None:
        return None
    return Lease(
        subject,
        token,
        is_question,
        is_probe=is_probe,
        was_troubled=was_troubled,
        claimed_at=claimed_at,
    )

"""The engine for every order that leaves the house: claim, send or ask, record what came back.

Intent is committed before the call and the number never changes (R1, R2); what was ever sent is
asked about before it is sent again (R3); only a closed list of answers means failed (R4), the
rest is unknown and asked again on a schedule (R10); a result counts only while its lease is
held (R9). Nothing is sent where nobody answers (R11) or people said stop (R12). Machine time is
the database's; the process clock decides nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from ledger.fault_points import fault_point
from payments import locks
from payments.actions import breakers
from payments.channels.base import NOT_FOUND, Outcome, OutcomeKind
from payments.errors import LeaseLostError
from payments.models import ChannelOperation, DatabaseClock, OperationKind
from payments.queries import sending
from payments.states import OPERATION, OperationStatus

LEASE = timedelta(seconds=60)
QUERY_DELAYS = [
    *(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900)),
    *(timedelta(hours=hours) for hours in (1, 3, 6)),
    *(timedelta(days=1) for _ in range(7)),
]
"""How long to wait before each question (R10); after the last, people look."""

ASKABLE = (
    OperationStatus.SENDING,
    OperationStatus.AWAITING_PAYER,
    OperationStatus.PROCESSING,
    OperationStatus.UNKNOWN,
)
ENDED = (OperationStatus.CLOSED, OperationStatus.MANUAL_REVIEW)
"""Asked about only when the channel tells us something, or a person wants to know.

A success moves both, and what people look at may also be answered with a failure.
"""

RESULTS = {
    OutcomeKind.SUCCEEDED: OperationStatus.SUCCEEDED,
    OutcomeKind.FAILED: OperationStatus.FAILED,
    OutcomeKind.CLOSED: OperationStatus.CLOSED,
    OutcomeKind.AWAITING_PAYER: OperationStatus.AWAITING_PAYER,
    OutcomeKind.PROCESSING: OperationStatus.PROCESSING,
    OutcomeKind.UNKNOWN: OperationStatus.UNKNOWN,
    OutcomeKind.NOT_SENT: OperationStatus.PREPARED,
    # People look: the channel took the order and could not deliver the money.
    OutcomeKind.ABNORMAL: OperationStatus.MANUAL_REVIEW,
    # It was done, and the money came back afterwards; the noun says so, the order succeeded.
    OutcomeKind.RETURNED: OperationStatus.SUCCEEDED,
}
LOOKED_AT_AGAIN = (OperationKind.REFUND, OperationKind.CAPTURE, OperationKind.VOID)
"""Kinds of orders whose failure a channel may take back later: people look at it then."""
FINAL = (OperationStatus.SUCCEEDED, OperationStatus.FAILED, OperationStatus.CLOSED)


_CLAIMING = fault_point("order.claiming")
_RECORDING = fault_point("order.recording")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to speak to the channel about the order that serves `subject`, for a while.

    `is_question` tells asking from sending: what never left was then a question, not the order.
    `is_probe` tries a line that was given up, `was_troubled` one that has failed a while ago.
    `actor` is in whose name an outcome is recorded, if not the channel's own.
    """

    subject: str
    token: uuid.UUID
    is_question: bool = False
    is_probe: bool = False
    was_troubled: bool = False
    actor: str = ""


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


def claim_to_ask(subject: str, *, is_notified: bool = False) -> Lease | None:
    """Take the right to ask about an order that was sent, or None. A part.

    When the channel told us something (`is_notified`) also about one that has ended: a closed
    order may turn out paid (docs/adr/0015), and a refund that failed may have been made.
    """
    return _claim(
        subject,
        is_question=True,
        may=_may_be_asked(is_notified=is_notified),
        queries=F("queries") + 1,
    )


def claim_to_resend(subject: str, *, settle_window: timedelta = timedelta(0)) -> Lease | None:
    """Take the right to send an order again, under the same number, or None. A part.

    Only for orders whose unknown outcome was answered with "no such order", and first sent at
    least `settle_window` ago: a channel may take its time to know what it has taken (R5).
    """
    return _claim(
        subject,
        may=Q(status=OperationStatus.UNKNOWN) & sending.may_leave(),
        first_sent_before=DatabaseClock() - settle_window if settle_window else None,
        sends=F("sends") + 1,
    )


def record_outcome(
    operation: ChannelOperation, *, lease: Lease, outcome: Outcome, at: datetime
) -> None:
    """Write down what the channel said, and give the lease back. A part; the row is locked.

    An answer that tells nothing new leaves the status and moves the next question.

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
    operation.status = _next_status(operation, outcome, is_question=lease.is_question)
    operation.code = outcome.code[:80]
    operation.message = outcome.message[:300]
    operation.raw_answer = outcome.raw
    operation.channel_ref = outcome.channel_ref or operation.channel_ref
    operation.lease_token = None
    operation.lease_until = None
    if operation.status != was or was not in FINAL:
        operation.finished_at = at if operation.status in FINAL else None
    operation.next_query_at = _next_query_at(operation)
    operation.save(
        update_fields=[
            "status",
            "code",
            "message",
            "raw_answer",
            "channel_ref",
            "lease_token",
            "lease_until",
            "finished_at",
            "next_query_at",
        ]
    )
    _RECORDING()


def is_at_rest(operation: ChannelOperation) -> bool:
    """Tell whether an order has come to where nobody asks by themselves, and asking may tell."""
    return operation.status in (*ENDED, OperationStatus.FAILED)


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
    """Choose the orders that may be asked about; of failed ones those that we alone began."""
    may = Q(status__in=ASKABLE)
    if is_notified:
        may |= Q(status__in=ENDED) | Q(status=OperationStatus.FAILED, kind__in=LOOKED_AT_AGAIN)
    return may


def _claim(
    subject: str,
    *,
    may: Q,
    is_question: bool = False,
    is_probe: bool = False,
    first_sent_before: Combinable | None = None,
    **changes: object,
) -> Lease | None:
    assert connection.in_atomic_block, "claiming is a part; commit it before the call"
    token = uuid.uuid4()
    free = ChannelOperation.objects.filter(may, subject=subject).filter(
        Q(lease_until=None) | Q(lease_until__lt=DatabaseClock())
    )
    if first_sent_before is not None:
        free = free.filter(first_sent_at__lte=first_sent_before)
    was_troubled = breakers.update_returning_trouble(
        free, lease_token=token, lease_until=DatabaseClock() + LEASE, **changes
    )
    _CLAIMING()
    if was_troubled is None:
        return None
    return Lease(subject, token, is_question, is_probe=is_probe, was_troubled=was_troubled)


def _next_status(operation: ChannelOperation, outcome: Outcome, *, is_question: bool) -> str:
    result = RESULTS[outcome.kind]
    if result == OperationStatus.PREPARED and is_question:
        result = OperationStatus.UNKNOWN  # the question never left; the order may have
    if operation.status == OperationStatus.SENDING:
        # Of an order whose sender died a query may say what no sender is told, `closed`: it is
        # unknown first, and the next question ends it.
        is_told = OPERATION.allows(operation.status, result)
        return result if is_told else OperationStatus.UNKNOWN
    if operation.status == OperationStatus.FAILED:
        return operation.status  # what it served was given back; people look at a contradiction
    if operation.status in ENDED:
        is_an_end = result == OperationStatus.SUCCEEDED or (
            result == OperationStatus.FAILED and is_question
        )
        is_told = is_an_end and OPERATION.allows(operation.status, result)
        return result if is_told else operation.status
    if result in (OperationStatus.UNKNOWN, OperationStatus.PREPARED):
        return operation.status  # nothing new: it waits, or is unknown, as before
    if result == OperationStatus.FAILED and not is_question and _moves_money(operation):
        return operation.status  # the second sending was refused; the first may have been done
    return result


def _moves_money(operation: ChannelOperation) -> bool:
    """Tell whether the order itself moves money; one to pay waits for its payer to do so."""
    return operation.kind != OperationKind.PAY


def _next_query_at(operation: ChannelOperation) -> Combinable | None:
    """Set when to ask (or to send, if it never left) next; after the last question people look.

    An order that waits for its payer is asked about daily for as long as it may be paid: its
    outcome is not unknown, and its expiry ends it. Counted by the database's clock.
    """
    if operation.status in (*FINAL, OperationStatus.MANUAL_REVIEW):
        return None
    if operation.status == OperationStatus.PREPARED:
        tried = min(operation.sends, len(QUERY_DELAYS)) - 1
    else:
        tried = operation.queries
    if operation.status == OperationStatus.AWAITING_PAYER:
        tried = min(tried, len(QUERY_DELAYS) - 1)
    if tried >= len(QUERY_DELAYS):
        operation.status = OperationStatus.MANUAL_REVIEW
        return None
    return DatabaseClock() + QUERY_DELAYS[tried]

"""Orders to channels to take what was authorised: send the order, ask, record what came back.

Each is two transactions with the call between them; no network inside a transaction. Only the
channel's verified answer ends one, and what certainly failed frees its share of the authorisation.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from ledger import jobs
from payments import locks
from payments.actions import (
    capture_moves,
    limits,
    moves,
    operations,
    order_resolutions,
    takings,
    voids,
)
from payments.actions.channels import authorising_channel_of
from payments.actions.exchanges import DUE_MAX, Exchange
from payments.actions.operations import Lease
from payments.actions.order_courses import has_come_to_people
from payments.actions.takings import Part, Taken, is_as_asked
from payments.capture_states import CAPTURES_IN_FLIGHT, DEAD_CAPTURES, CaptureStatus
from payments.channels.base import CaptureRequest, Outcome, OutcomeKind
from payments.models import (
    Capture,
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
)
from payments.queries.authorisations import captured_minor
from payments.queries.operations import operations_due
from payments.states import OperationStatus, PaymentStatus

TURN = timedelta(seconds=5)
"""After how long the last capture looks again whether it is its turn, by the database's clock."""
AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
"""The channel says that it took something else than was ordered: not believed, people look."""
CAPTURED = "captured"

STATUS_OF_ORDER = {
    OperationStatus.PROCESSING: CaptureStatus.PROCESSING,
    OperationStatus.AWAITING_PAYER: CaptureStatus.PROCESSING,
    OperationStatus.UNKNOWN: CaptureStatus.UNKNOWN,
    OperationStatus.SUCCEEDED: CaptureStatus.SUCCEEDED,
    OperationStatus.FAILED: CaptureStatus.FAILED,
    OperationStatus.CLOSED: CaptureStatus.FAILED,
}
"""What an order's state makes of a capture or a void; others leave it as it is."""

CONTRADICTIONS = (
    (CaptureStatus.FAILED, OutcomeKind.SUCCEEDED),
    (CaptureStatus.SUCCEEDED, OutcomeKind.FAILED),
)
"""How it ended here and what its channel says of it later, where the two cannot both be true."""


def send_capture(capture_id: str, *, at: datetime) -> None:
    """Place a prepared order at its channel, when it is its turn. Sending twice is impossible.

    The last one ends the authorisation there, so it waits until no other one is under way.
    """
    if not _waits_for_others(capture_id, at=at):
        _EXCHANGE.send(capture_id, at=at)


def query_capture(capture_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a capture, and believe only that answer. Idempotent.

    One that the channel does not know is not failed: it is ordered again, under the same number,
    once CHANNEL_SETTLE_WINDOW_SECONDS have passed (R5).
    """
    _EXCHANGE.query(capture_id, at=at, is_notified=is_notified)


def resolve_capture(capture_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a capture. Idempotent."""
    order_resolutions.carry_out(capture_id, record=_record, at=at)


def defer_due(*, at: datetime) -> int:
    """Have every order for a capture looked after that is due; return how many. A janitor's."""
    due = operations_due(OperationKind.CAPTURE, limit=DUE_MAX)
    return _EXCHANGE.have_looked_after(due, at=at)


@transaction.atomic(durable=True)
def _waits_for_others(capture_id: str, *, at: datetime) -> bool:
    """Put the last order off while another one of its authorisation has not come to its end.

    What was lost of that one could never be taken afterwards.
    """
    capture = (
        Capture.objects.select_related("operation").annotate(now=DatabaseClock()).get(pk=capture_id)
    )
    if not capture.is_final or capture.operation.status != OperationStatus.PREPARED:
        return False
    others = Capture.objects.filter(
        authorisation_id=capture.authorisation_id, status__in=CAPTURES_IN_FLIGHT
    ).exclude(pk=capture_id)
    if not others.exists():
        return False
    # The janitor's turn, too: first in its row, those that wait would keep away whom they wait for.
    ChannelOperation.objects.filter(pk=capture.operation_id).update(
        next_query_at=capture.now + TURN
    )
    jobs.defer(
        "payments.send_capture",
        at=at,
        due_at=capture.now + TURN,
        queueing_lock=f"{capture.operation_id}:turn",
        capture_id=capture_id,
    )
    return True


@dataclass(frozen=True, slots=True)
class _Order:
    """What is said to a channel about one capture, with the database's clock as `stamped_at`."""

    account: ChannelAccount
    request: CaptureRequest


def _place(capture_id: str, _at: datetime) -> Outcome:
    order = _read(capture_id)
    return authorising_channel_of(order.account).capture(order.request)


def _ask(capture_id: str, _at: datetime) -> Outcome:
    order = _read(capture_id)
    return authorising_channel_of(order.account).query_capture(
        order.request.channel_no,
        pay_channel_no=order.request.pay_channel_no,
        at=order.request.stamped_at,
    )


def _read(capture_id: str) -> _Order:
    capture = (
        Capture.objects.select_related(
            "payment",
            "authorisation__attempt__operation",
            "operation__channel_account",
        )
        .annotate(machine_at=DatabaseClock())
        .get(pk=capture_id)
    )
    held = capture.authorisation.attempt.operation
    return _Order(
        capture.operation.channel_account,
        CaptureRequest(
            channel_no=capture.operation.channel_no,
            pay_channel_no=held.channel_no,
            pay_channel_ref=held.channel_ref,
            amount_minor=capture.amount_minor,
            authorised_minor=capture.authorisation.amount_minor,
            currency=capture.currency,
            subject=capture.payment.description,
            is_final=capture.is_final,
            stamped_at=capture.machine_at,
        ),
    )


@transaction.atomic(durable=True)
def _record(subject: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    capture = locks.locked_capture(subject)
    operation = capture.operation
    was = operation.status
    actor = lease.actor or f"channel:{operation.channel_account.channel}"
    believed = _believed(capture, outcome)
    operations.record_outcome(operation, lease=lease, outcome=believed, at=at)
    if (capture.status, believed.kind) in CONTRADICTIONS:
        capture_moves.contradict(capture, actor=actor, at=at)
    status = STATUS_OF_ORDER.get(OperationStatus(operation.status))
    is_ended = capture.status in (CaptureStatus.SUCCEEDED, *DEAD_CAPTURES)
    if status is not None and status != capture.status and not is_ended:
        follow(capture, status, outcome=believed, actor=actor, at=at)
    if has_come_to_people(operation, was=was):
        capture_moves.tell(capture, kind="capture.manual_review", actor=actor, at=at)
    return operation


def _believed(capture: Capture, outcome: Outcome) -> Outcome:
    """Take a success of another amount or currency for what it is: nobody knows what happened."""
    if outcome.kind != OutcomeKind.SUCCEEDED or is_as_asked(
        outcome, amount_minor=capture.amount_minor, currency=capture.currency
    ):
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN, code=AMOUNT_DIFFERS)


def follow(
    capture: Capture, status: CaptureStatus, *, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Move a locked capture to where its order stands, and book what that means. A part.

    What two people found to have been taken after all is booked also where its hold was being
    given back, or was called ended: its payment is paid then, though late.
    """
    if status != CaptureStatus.SUCCEEDED:
        capture_moves.move(capture, status, code=outcome.code, actor=actor, at=at)
        return
    capture.succeeded_at = outcome.paid_at or at
    capture.payer_minor = outcome.payer_minor
    capture.settled_minor = outcome.settled_minor
    capture_moves.move(capture, status, actor=actor, at=at)
    _book(capture)
    payment = capture.payment
    if payment.status == PaymentStatus.PAID:
        moves.tell(payment, "payment.captured", actor=actor, at=at)
    else:
        payment.paid_at = capture.succeeded_at
        was_closed = payment.status == PaymentStatus.CLOSED
        if was_closed:
            code = payment.status_code
            moves.move(payment, PaymentStatus.PAID_LATE, code=code, actor=actor, at=at)
        moves.move(payment, PaymentStatus.PAID, actor=actor, at=at)
        if was_closed:
            limits.count(payment, at=at)
    _end_if_all_is_taken(capture, actor=actor, at=at)


def _book(capture: Capture) -> None:
    assert capture.succeeded_at is not None, "it succeeded"
    shares = capture.shares.select_related("allocation__merchant", "allocation__fee_plan")
    takings.book(
        Taken(
            capture.payment,
            [Part(share.allocation, share) for share in shares.order_by("place")],
            capture.unallocated_minor,
            account=capture.operation.channel_account,
            taken_at=capture.succeeded_at,
            settled_minor=capture.settled_minor,
            capture=capture,
        )
    )


def _end_if_all_is_taken(capture: Capture, *, actor: str, at: datetime) -> None:
    authorisation = capture.authorisation
    authorisation.payment = capture.payment
    if authorisation.ended_at is not None:
        return
    is_whole = captured_minor(authorisation) == authorisation.amount_minor
    if capture.is_final or is_whole:
        voids.end(authorisation, code=CAPTURED, actor=actor, at=at)


_EXCHANGE = Exchange("capture", place=_place, ask=_ask, record=_record)

"""Orders to channels to give money back: send the order, ask about it, record what came back.

Each is two transactions with the call between them; no network inside a transaction. No clock
ever ends a refund that was submitted: only the channel's verified answer does.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from payments import locks
from payments.actions import (
    operations,
    order_resolutions,
    refund_beliefs,
    refund_bookings,
    refund_funding,
    refund_moves,
    refund_reversals,
    refund_turns,
    remedy_orders,
)
from payments.actions.channels import channel_of
from payments.actions.exchanges import DUE_MAX, Exchange
from payments.actions.operations import Lease
from payments.actions.order_courses import has_come_to_people
from payments.channels.base import Outcome, OutcomeKind, RefundRequest
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
    PaymentAttempt,
    Refund,
)
from payments.queries.operations import operations_due
from payments.queries.refunds import attempt_to_refund
from payments.states import OperationStatus, RefundStatus

_ENDED = (RefundStatus.SUCCEEDED, RefundStatus.FAILED, RefundStatus.SETTLED_BY_HAND)
"""Where a refund has ended here; its channel may say something else of it later."""

_STATUS = {
    OperationStatus.PROCESSING: RefundStatus.PROCESSING,
    OperationStatus.AWAITING_PAYER: RefundStatus.PROCESSING,
    OperationStatus.UNKNOWN: RefundStatus.UNKNOWN,
    OperationStatus.SUCCEEDED: RefundStatus.SUCCEEDED,
    OperationStatus.FAILED: RefundStatus.FAILED,
    OperationStatus.CLOSED: RefundStatus.FAILED,
}


def prepare(refund: Refund, *, attempt: PaymentAttempt, at: datetime) -> None:
    """Write the one order of a funded refund, to be sent after COMMIT. A part.

    It goes to the channel account by which the payer paid.
    """
    assert connection.in_atomic_block, "prepare is a part; open a transaction around it"
    refund.operation = ChannelOperation.objects.create(
        kind=OperationKind.REFUND,
        channel_account=attempt.channel_account,
        channel_no=operations.channel_no_of(refund.pk),
        subject=refund.pk,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        created_at=at,
    )
    turn = refund_turns.turn_of(refund, refund.operation)
    refund_turns.have_sent(refund, refund.operation, due_at=turn, at=at)


def send_refund(refund_id: str, *, at: datetime) -> None:
    """Place a prepared order at its channel. Sending twice is impossible.

    When another refund of the same payment has just been sent, this one waits for its turn.
    """
    _EXCHANGE.send(refund_id, at=at)


def query_refund(refund_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a refund, and believe only that answer. Idempotent.

    A refund that the channel does not know is not failed: it is ordered again, under the same
    number, once CHANNEL_SETTLE_WINDOW_SECONDS have passed (R5). With `is_notified` one that failed
    is asked about too: if the channel says that it was made, that is kept for people.
    """
    _EXCHANGE.query(refund_id, at=at, is_notified=is_notified)


def resolve_refund(refund_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a refund. Idempotent."""
    order_resolutions.carry_out(refund_id, record=_record, at=at)


def defer_due(*, at: datetime) -> int:
    """Have every order for a refund looked after that is due; return how many. A janitor's deed."""
    due = operations_due(OperationKind.REFUND, limit=DUE_MAX)
    return _EXCHANGE.have_looked_after(due, at=at)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is said to a channel about one refund, with the database's clock as `stamped_at`."""

    account: ChannelAccount
    operation: ChannelOperation
    request: RefundRequest
    has_come_back: bool


def _place(refund_id: str, _at: datetime) -> Outcome:
    order = _read(refund_id)
    return channel_of(order.account).refund(order.request)


def _ask(refund_id: str, _at: datetime) -> Outcome:
    order = _read(refund_id)
    pay_channel_no = order.request.pay_channel_no
    outcome = channel_of(order.account).query_refund(
        order.request.channel_no, pay_channel_no=pay_channel_no, at=order.request.stamped_at
    )
    outcome = remedy_orders.as_told_of(refund_id, outcome)
    if outcome.kind == OutcomeKind.RETURNED and order.has_come_back:
        outcome = replace(outcome, kind=OutcomeKind.ABNORMAL)  # as we know
    return outcome


def _go_on(refund_id: str, lease: Lease, outcome: Outcome) -> Outcome:
    """Have what the channel could not deliver go another way, where people agreed to one."""
    is_with_us = outcome.code == remedy_orders.AT_OUR_ACCOUNT
    if outcome.kind != OutcomeKind.ABNORMAL or is_with_us:
        return outcome
    order = _read(refund_id)
    # What the channel took to deliver elsewhere and could not is not ordered once more.
    if order.operation.status != OperationStatus.UNKNOWN:
        return outcome
    pay_channel_no = order.request.pay_channel_no
    return remedy_orders.deliver(
        order.operation, lease=lease, told=outcome, pay_channel_no=pay_channel_no
    )


def _read(refund_id: str) -> _Order:
    refund = (
        Refund.objects.select_related(
            "payment", "parked", "operation__channel_account", "capture__operation"
        )
        .annotate(machine_at=DatabaseClock())
        .get(pk=refund_id)
    )
    operation = refund.operation
    assert operation is not None, "what is sent or asked about has its order"
    capture = refund.capture
    paid_order = (capture or attempt_to_refund(refund)).operation
    paid = refund.parked or capture or refund.payment
    return _Order(
        operation.channel_account,
        operation,
        RefundRequest(
            channel_no=operation.channel_no,
            pay_channel_no=paid_order.channel_no,
            pay_channel_ref=paid_order.channel_ref,
            amount_minor=operation.amount_minor,
            total_minor=paid.amount_minor,
            currency=operation.currency,
            reason=refund.reason,
            stamped_at=refund.machine_at,
        ),
        has_come_back=refund_beliefs.came_back(refund),
    )


@transaction.atomic(durable=True)
def _record(subject: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the refund."""
    refund = locks.locked_refund(subject)
    assert refund.operation_id is not None, "what was claimed has its order"
    operation = refund.operation = locks.locked_operation(refund.operation_id)
    was = operation.status
    believed = refund_beliefs.believed(refund, outcome, is_question=lease.is_question)
    operations.record_outcome(operation, lease=lease, outcome=believed, at=at)
    if not lease.is_question:
        refund_turns.note_sent(operation)
    if refund.status in _ENDED:
        _look_again(refund, operation, outcome=believed, at=at)
        return operation
    status = _STATUS.get(OperationStatus(operation.status))
    if believed.kind == OutcomeKind.ABNORMAL and operation.status == OperationStatus.MANUAL_REVIEW:
        # What came back waits for people again, who may give it to its merchants.
        is_ours = refund_beliefs.came_back(refund)
        status = RefundStatus.REVERSED if is_ours else RefundStatus.ABNORMAL
    if status is not None and status != refund.status:
        _follow(refund, status, outcome=believed, actor=lease.actor, at=at)
    elif has_come_to_people(operation, was=was):
        actor = lease.actor or f"channel:{operation.channel_account.channel}"
        refund_moves.tell(refund, kind="refund.manual_review", actor=actor, at=at)
    return operation


def _look_again(
    refund: Refund, operation: ChannelOperation, *, outcome: Outcome, at: datetime
) -> None:
    """See whether a channel says now that a refund went otherwise than it ended here (R8)."""
    actor = f"channel:{operation.channel_account.channel}"
    if refund.status != RefundStatus.SUCCEEDED:
        if outcome.kind == OutcomeKind.SUCCEEDED:
            refund_moves.contradict(refund, actor=actor, at=at)
    elif operation.status == OperationStatus.MANUAL_REVIEW:
        refund_reversals.reverse(refund, operation, code=outcome.code, actor=actor, at=at)
    elif outcome.kind == OutcomeKind.FAILED:
        refund_moves.contradict(refund, actor=actor, at=at)


def _follow(
    refund: Refund, status: RefundStatus, *, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Move the refund to where its order stands, and book what that means."""
    assert refund.operation is not None
    account = refund.operation.channel_account
    actor = actor or f"channel:{account.channel}"
    if status == RefundStatus.SUCCEEDED:
        refund.succeeded_at = outcome.paid_at or at
        refund.payer_minor = outcome.payer_minor
        refund.settled_minor = outcome.settled_minor
        refund_bookings.book_success(
            refund,
            channel_account_id=account.pk,
            # What the channel returned of its fee it returned the first time.
            channel_fee_minor=0 if refund.turn > 1 else outcome.fee_minor or 0,
            made_at=refund.succeeded_at,
            at=at,
        )
    elif status == RefundStatus.FAILED:
        refund_funding.give_back(refund, channel_account_id=account.pk, at=at)
        refund_moves.call_the_waiting(at=at)
    if refund.status in (RefundStatus.ABNORMAL, RefundStatus.REVERSED):
        # The channel delivered it after all, to where people there have sent it.
        refund_moves.move(refund, RefundStatus.SUBMITTING, actor=actor, at=at)
    code = outcome.code if status != RefundStatus.SUCCEEDED else ""
    refund_moves.move(refund, status, code=code, actor=actor, at=at)
    remedy_orders.follow(refund)
    if outcome.kind == OutcomeKind.RETURNED:
        refund_reversals.reverse(refund, refund.operation, code=outcome.code, actor=actor, at=at)


_EXCHANGE = Exchange(
    "refund",
    place=_place,
    ask=_ask,
    record=_record,
    may_go=refund_turns.is_its_turn,
    go_on=_go_on,
)

"""Orders to channels to give an authorisation back: send, ask, record what came back.

Each is two transactions with the call between them; no network inside a transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from ledger import jobs
from payments import capture_states, locks
from payments.actions import operations, order_resolutions, voids
from payments.actions.capture_orders import AMOUNT_DIFFERS, CONTRADICTIONS, STATUS_OF_ORDER
from payments.actions.channels import authorising_channel_of
from payments.actions.exchanges import DUE_MAX, Exchange
from payments.actions.operations import Lease
from payments.actions.order_courses import has_come_to_people
from payments.actions.takings import is_as_asked
from payments.capture_states import DEAD_CAPTURES, CaptureStatus
from payments.channels.base import Outcome, OutcomeKind, VoidRequest
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
    Void,
)
from payments.queries.contradictions import IN_DOUBT
from payments.queries.operations import operations_due
from payments.states import OperationStatus


def send_void(void_id: str, *, at: datetime) -> None:
    """Place a prepared order at its channel. Sending twice is impossible."""
    _EXCHANGE.send(void_id, at=at)


def query_void(void_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a void, and believe only that answer. Idempotent."""
    _EXCHANGE.query(void_id, at=at, is_notified=is_notified)


def resolve_void(void_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a void. Idempotent."""
    order_resolutions.carry_out(void_id, record=_record, at=at)


def defer_due(*, at: datetime) -> int:
    """Have every order for a void looked after that is due; return how many. A janitor's deed."""
    due = operations_due(OperationKind.VOID, limit=DUE_MAX)
    return _EXCHANGE.have_looked_after(due, at=at)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is said to a channel about one void, with the database's clock as `stamped_at`."""

    account: ChannelAccount
    request: VoidRequest


def _place(void_id: str, _at: datetime) -> Outcome:
    order = _read(void_id)
    return authorising_channel_of(order.account).void(order.request)


def _ask(void_id: str, _at: datetime) -> Outcome:
    order = _read(void_id)
    return authorising_channel_of(order.account).query_void(
        order.request.channel_no,
        pay_channel_no=order.request.pay_channel_no,
        at=order.request.stamped_at,
    )


def _read(void_id: str) -> _Order:
    void = (
        Void.objects.select_related(
            "authorisation__attempt__operation", "operation__channel_account"
        )
        .annotate(machine_at=DatabaseClock())
        .get(pk=void_id)
    )
    held = void.authorisation.attempt.operation
    return _Order(
        void.operation.channel_account,
        VoidRequest(
            channel_no=void.operation.channel_no,
            pay_channel_no=held.channel_no,
            pay_channel_ref=held.channel_ref,
            amount_minor=void.amount_minor,
            currency=void.currency,
            stamped_at=void.machine_at,
        ),
    )


@transaction.atomic(durable=True)
def _record(subject: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    void = locks.locked_void(subject)
    operation = void.operation
    was = operation.status
    actor = lease.actor or f"channel:{operation.channel_account.channel}"
    believed = _believed(void, outcome)
    operations.record_outcome(operation, lease=lease, outcome=believed, at=at)
    if (void.status, believed.kind) in CONTRADICTIONS:
        voids.contradict(void, actor=actor, at=at)
    status = STATUS_OF_ORDER.get(OperationStatus(operation.status))
    is_ended = void.status in (CaptureStatus.SUCCEEDED, *DEAD_CAPTURES)
    if status is not None and status != void.status and not is_ended:
        follow(void, status, outcome=believed, actor=actor, at=at)
    if has_come_to_people(operation, was=was):
        voids.tell(void, kind="void.manual_review", actor=actor, at=at)
    return operation


def _believed(void: Void, outcome: Outcome) -> Outcome:
    """Take a success of another amount or currency for what it is: some may be held still."""
    if outcome.kind != OutcomeKind.SUCCEEDED or is_as_asked(
        outcome, amount_minor=void.amount_minor, currency=void.currency
    ):
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN, code=AMOUNT_DIFFERS)


def follow(
    void: Void, status: CaptureStatus, *, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Move a locked void to where its order stands; what was given back is held no more. A part.

    Where the channel refuses, it may have taken what it had refused to take: it is asked.
    """
    was = void.status
    capture_states.VOID.require_move(was, status)
    is_made = status == CaptureStatus.SUCCEEDED
    void.status = status
    void.status_code = "" if is_made else outcome.code[:80]
    void.succeeded_at = (outcome.paid_at or at) if is_made else None
    void.save(update_fields=["status", "status_code", "succeeded_at"])
    voids.tell(void, actor=actor, at=at, was=was)
    if is_made:
        authorisation = void.authorisation
        authorisation.payment = void.payment
        voids.end(authorisation, code=void.code, actor=actor, at=at)
    elif status == CaptureStatus.FAILED:
        _ask_about_captures(void, at=at)


def _ask_about_captures(void: Void, *, at: datetime) -> None:
    """Have the captures that failed asked about once more: nothing may be left to give back."""
    failed = void.authorisation.captures.filter(status__in=DEAD_CAPTURES)
    for capture_id in failed.exclude(status_code__in=IN_DOUBT).values_list("pk", flat=True):
        jobs.defer(
            "payments.query_capture",
            at=at,
            queueing_lock=f"{capture_id}:told",
            capture_id=capture_id,
            is_notified=True,
        )


_EXCHANGE = Exchange("void", place=_place, ask=_ask, record=_record)

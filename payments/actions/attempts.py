"""Tries to collect a payment: send the order, ask about it, record what came back.

Each is two transactions with the call between them; no network inside a transaction.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from ledger import jobs
from payments import locks
from payments.actions import captures, operations, payments
from payments.actions.channels import channel_of
from payments.actions.operations import Lease
from payments.channels.base import Outcome, PayRequest
from payments.models import ChannelOperation, DatabaseClock, PaymentAttempt
from payments.queries.operations import operations_due
from payments.screening import get_screener
from payments.states import LIVE_ATTEMPTS, OperationStatus, PaymentStatus

DUE_MAX = 500


def send_attempt(attempt_id: str, *, at: datetime) -> None:
    """Place the order of a prepared try at its channel. Sending twice is impossible.

    A try that is not `prepared` any more is left alone; what was sent is asked about instead.
    """
    lease = _claim(attempt_id, is_question=False)
    if lease is not None:
        _place(attempt_id, lease=lease, at=at)


def query_attempt(attempt_id: str, *, at: datetime) -> None:
    """Ask the channel what became of a try, and believe only that answer. Idempotent.

    An order that moves no money and that the channel does not know is placed again, under the
    same number (R5).
    """
    lease = _claim(attempt_id, is_question=True)
    if lease is None:
        return
    attempt = _read(attempt_id)
    outcome = channel_of(attempt.channel_account).query(
        attempt.operation.channel_no, at=attempt.stamped_at
    )
    operation = _record(attempt_id, lease=lease, outcome=outcome, at=at)
    if operations.is_unplaced(operation):
        with transaction.atomic(durable=True):
            again = operations.claim_to_resend(attempt_id)
        if again is not None:
            _place(attempt_id, lease=again, at=at)


@transaction.atomic(durable=True)
def defer_due(*, at: datetime) -> int:
    """Have every order looked after that is due, and return how many: the janitor's deed."""
    due = operations_due(limit=DUE_MAX)
    for operation in due:
        verb = "send" if operation.status == OperationStatus.PREPARED else "query"
        noun = "attempt" if operation.kind == "pay" else "payout"
        app = "payments" if operation.kind == "pay" else "settlements"
        jobs.defer(
            f"{app}.{verb}_{noun}",
            at=at,
            queueing_lock=f"{operation.id}:{verb}",
            **{f"{noun}_id": operation.subject},
        )
    return len(due)


def _place(attempt_id: str, *, lease: Lease, at: datetime) -> None:
    attempt = _read(attempt_id)
    request = PayRequest(
        channel_no=attempt.operation.channel_no,
        amount_minor=attempt.operation.amount_minor,
        currency=attempt.operation.currency,
        subject=attempt.payment.description,
        method=attempt.method,
        expires_at=attempt.payment.expires_at,
        at=at,
        stamped_at=attempt.stamped_at,
    )
    outcome = channel_of(attempt.channel_account).pay(request)
    _record(attempt_id, lease=lease, outcome=outcome, at=at)


def _read(attempt_id: str) -> Any:
    """Read the try and what belongs to it, with `stamped_at`: the database's clock.

    Requests are stamped with machine time. `at` is when the cause of a job happened, and a
    channel refuses what was stamped long ago.
    """
    return (
        PaymentAttempt.objects.select_related("payment", "operation", "channel_account")
        .annotate(stamped_at=DatabaseClock())
        .get(pk=attempt_id)
    )


@transaction.atomic(durable=True)
def _claim(attempt_id: str, *, is_question: bool) -> Lease | None:
    """Take the lease, committed before anything leaves the house."""
    if is_question:
        return operations.claim_to_ask(attempt_id)
    lease = operations.claim_to_send(attempt_id)
    if lease is not None:
        PaymentAttempt.objects.filter(pk=attempt_id).update(status=OperationStatus.SENDING)
    return lease


@transaction.atomic(durable=True)
def _record(
    attempt_id: str, *, lease: Lease, outcome: Outcome, at: datetime
) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    attempt = locks.locked_attempt(attempt_id)
    operation = attempt.operation
    operations.record_outcome(operation, lease=lease, outcome=outcome, at=at)
    attempt.status = operation.status
    attempt.qr_code = outcome.qr_code or attempt.qr_code
    attempt.save(update_fields=["status", "qr_code"])
    actor = f"channel:{attempt.channel_account.channel}"
    if operation.status == OperationStatus.SUCCEEDED:
        captures.record_paid(
            attempt.payment, attempt=attempt, outcome=outcome, actor=actor, at=at
        )
    elif attempt.status not in LIVE_ATTEMPTS:
        _give_up(attempt, actor=actor, at=at)
    return operation


def _give_up(attempt: PaymentAttempt, *, actor: str, at: datetime) -> None:
    """No money will come of this try: give the limits back; a closed order closes the payment."""
    payment = attempt.payment
    get_screener().give_back(payment.id, at=at)
    if attempt.status == OperationStatus.CLOSED:
        payments.move(payment, PaymentStatus.CLOSING, actor=actor, at=at)
        payments.move(
            payment, PaymentStatus.CLOSED, code="closed_at_channel", actor=actor, at=at
        )

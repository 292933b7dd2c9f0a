"""Tries to collect a payment: send the order, ask about it, record what came back.

Each is two transactions with the call between them; no network inside a transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from ledger import jobs
from payments import locks
from payments.actions import captures, moves, operations
from payments.actions.channels import channel_of
from payments.actions.operations import Lease
from payments.channels.base import Outcome, PayRequest
from payments.models import (
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
    PaymentAttempt,
)
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
    same number (R5). Who finds somebody else speaking asks when they are done: what made us ask
    may have happened after they were answered.
    """
    lease = _claim(attempt_id, is_question=True)
    if lease is None:
        _ask_later(attempt_id, at=at)
        return
    order = _read(attempt_id)
    outcome = channel_of(order.account).query(order.channel_no, at=order.stamped_at)
    operation = _record(attempt_id, lease=lease, outcome=outcome, account=order.account, at=at)
    if operations.is_unplaced(operation):
        with transaction.atomic(durable=True):
            again = operations.claim_to_resend(attempt_id)
        if again is not None:
            _place(attempt_id, lease=again, at=at)


@transaction.atomic(durable=True)
def defer_due(*, at: datetime) -> int:
    """Have every order for a payment looked after that is due; return how many. The janitor's deed.

    Payouts go by file: nobody asks the bank about them, it reports.
    """
    due = operations_due(OperationKind.PAY, limit=DUE_MAX)
    for operation in due:
        verb = "send" if operation.status == OperationStatus.PREPARED else "query"
        jobs.defer(
            f"payments.{verb}_attempt",
            at=at,
            queueing_lock=f"{operation.id}:{verb}",
            attempt_id=operation.subject,
        )
    return len(due)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is said to a channel about one try, with the database's clock as `stamped_at`.

    Requests are stamped with machine time. `at` is when the cause of a job happened, and a
    channel refuses what was stamped long ago.
    """

    account: ChannelAccount
    channel_no: str
    amount_minor: int
    currency: str
    method: str
    description: str
    expires_at: datetime
    stamped_at: datetime


def _place(attempt_id: str, *, lease: Lease, at: datetime) -> None:
    order = _read(attempt_id)
    request = PayRequest(
        channel_no=order.channel_no,
        amount_minor=order.amount_minor,
        currency=order.currency,
        subject=order.description,
        method=order.method,
        expires_at=order.expires_at,
        at=at,
        stamped_at=order.stamped_at,
    )
    outcome = channel_of(order.account).pay(request)
    _record(attempt_id, lease=lease, outcome=outcome, account=order.account, at=at)


def _read(attempt_id: str) -> _Order:
    """Read what the channel is told; only these columns, since every order passes here twice."""
    account_id, *facts = PaymentAttempt.objects.values_list(
        "channel_account_id",
        "operation__channel_no",
        "operation__amount_minor",
        "operation__currency",
        "method",
        "payment__description",
        "payment__expires_at",
        DatabaseClock(),
    ).get(pk=attempt_id)
    return _Order(ChannelAccount.objects.get(pk=account_id), *facts)


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
def _ask_later(attempt_id: str, *, at: datetime) -> None:
    free_at = operations.free_at(attempt_id)
    if free_at is not None:
        jobs.defer(
            "payments.query_attempt",
            at=at,
            due_at=free_at,
            queueing_lock=f"{attempt_id}:again",
            attempt_id=attempt_id,
        )


@transaction.atomic(durable=True)
def _record(
    attempt_id: str, *, lease: Lease, outcome: Outcome, account: ChannelAccount, at: datetime
) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    attempt = locks.locked_attempt(attempt_id)
    attempt.channel_account = account
    operation = attempt.operation
    operations.record_outcome(operation, lease=lease, outcome=outcome, at=at)
    attempt.status = operation.status
    attempt.qr_code = outcome.qr_code or attempt.qr_code
    attempt.save(update_fields=["status", "qr_code"])
    actor = f"channel:{account.channel}"
    if operation.status == OperationStatus.SUCCEEDED:
        captures.record_paid(attempt.payment, attempt=attempt, outcome=outcome, actor=actor, at=at)
    elif attempt.status not in LIVE_ATTEMPTS:
        _give_up(attempt, actor=actor, at=at)
    return operation


def _give_up(attempt: PaymentAttempt, *, actor: str, at: datetime) -> None:
    """No money will come of this try: give the limits back; a closed order closes the payment."""
    payment = attempt.payment
    get_screener().give_back(payment.id, at=at)
    if attempt.status == OperationStatus.CLOSED:
        moves.move(payment, PaymentStatus.CLOSING, actor=actor, at=at)
        moves.move(payment, PaymentStatus.CLOSED, code="closed_at_channel", actor=actor, at=at)

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
from payments.actions.exchanges import Exchange
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
    _EXCHANGE.send(attempt_id, at=at)


def query_attempt(attempt_id: str, *, at: datetime) -> None:
    """Ask the channel what became of a try, and believe only that answer. Idempotent.

    An order that moves no money and that the channel does not know is placed again, under the
    same number (R5).
    """
    _EXCHANGE.query(attempt_id, at=at)


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


def _place(attempt_id: str, at: datetime) -> Outcome:
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
    return channel_of(order.account).pay(request)


def _ask(attempt_id: str, at: datetime) -> Outcome:
    order = _read(attempt_id)
    return channel_of(order.account).query(order.channel_no, at=order.stamped_at)


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


def _claimed(attempt_id: str) -> None:
    PaymentAttempt.objects.filter(pk=attempt_id).update(status=OperationStatus.SENDING)


@transaction.atomic(durable=True)
def _record(attempt_id: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    attempt = locks.locked_attempt(attempt_id)
    operation = attempt.operation
    operations.record_outcome(operation, lease=lease, outcome=outcome, at=at)
    attempt.status = operation.status
    attempt.qr_code = outcome.qr_code or attempt.qr_code
    attempt.save(update_fields=["status", "qr_code"])
    actor = f"channel:{attempt.channel_account.channel}"
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


_EXCHANGE = Exchange(
    asking_task="payments.query_attempt",
    argument="attempt_id",
    place=_place,
    ask=_ask,
    claimed=_claimed,
    record=_record,
)

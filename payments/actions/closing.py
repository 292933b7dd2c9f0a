"""When nobody shall pay any more: cancel, expire, withdraw. Asked of the channel before it is so.

An order is closed at its channel first, and only the channel's answer closes it here: a payer may
be paying at this moment (`payments.actions.attempts` asks). One that never left ends here at once.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction

from ledger import jobs
from ledger.rounds import each
from payments import locks, states
from payments.actions import limits, moves, operations, voids
from payments.actions.order_courses import QUERY_DELAYS, tells_nothing
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import PaymentNotCancellableError, PaymentNotFoundError
from payments.models import ChannelOperation, DatabaseClock, Payment, PaymentAttempt
from payments.queries.payments import UNPAID, payments_expired
from payments.states import LIVE_ATTEMPTS, AttemptStatus, PaymentStatus

GRACE = timedelta(minutes=2)
"""How long after its end a payment is left alone: a payer's last second is at the channel still."""

EXPIRED_MAX = 500
CANCELLED, EXPIRED, GAVE_WAY = "cancelled", "expired", "gave_way"
NOT_WANTED = "not_wanted"
"""The payment was closed, or another method chosen, before the order was sent."""
LEFT_OPEN = "left_open"
"""Its payer chose another method; the channel cannot close it so far, and nothing was taken."""


def cancel_payment(payment_id: str, *, actor: str, at: datetime) -> Payment:
    """Close a payment that its creator does not want any more. A part. Twice changes nothing.

    What was never confirmed, or ordered and never sent, is `closed` at once. What is held at a
    channel is given back first (`payments.actions.voids`). What awaits its payer is `closing`
    until the channel has said that no money came and none will; it may still turn out `paid`.
    What is under review is `rejected`: nothing is at a channel, and what it used of limits is
    given back. Where the payer holds a page that the channel cannot close, that is after its time.

    Raises PaymentNotFoundError, PaymentNotCancellableError once it is refused or paid, or
    CaptureInFlightError while money that was held is being taken; nothing is written then.
    """
    assert connection.in_atomic_block, "cancel_payment is a part; open a transaction around it"
    try:
        payment = locks.locked_payment(payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFoundError from None
    was_cancelled = (payment.status, payment.status_code) == (PaymentStatus.REJECTED, CANCELLED)
    if payment.status in (PaymentStatus.CLOSED, PaymentStatus.CLOSING) or was_cancelled:
        return payment
    if payment.status == PaymentStatus.AUTHORIZED:
        return voids.void_payment(payment_id, code=CANCELLED, actor=actor, at=at)
    if payment.status not in UNPAID:
        raise PaymentNotCancellableError(status=PaymentStatus(payment.status).label)
    _close(payment, code=CANCELLED, actor=actor, at=at)
    return payment


def end_visit(payment_id: str, *, actor: str, at: datetime) -> bool:
    """Close a payment for which nobody has chosen a method, else leave it; tell which. A part.

    Nothing of it is at a channel. A payer who chooses at this moment is waited for, and keeps it.
    """
    assert connection.in_atomic_block, "end_visit is a part; open a transaction around it"
    payment = locks.locked_payment(payment_id)
    if payment.status != PaymentStatus.CREATED:
        return False
    moves.move(payment, PaymentStatus.CLOSED, code=GAVE_WAY, actor=actor, at=at)
    return True


def expire_payments(*, actor: str, at: datetime) -> int:
    """Close what nobody may pay any more at `at`, each for itself; return how many. Idempotent.

    At most EXPIRED_MAX, those that ended first; the next call goes on.
    """
    due = payments_expired(before=at - GRACE, limit=EXPIRED_MAX)
    return each(partial(_expire, payment_id, actor=actor, at=at) for payment_id in due)


def withdraw_attempt(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Have a live try closed at its channel, while the payment goes on. A part; it is locked."""
    assert connection.in_atomic_block, "withdraw_attempt is a part; open a transaction around it"
    attempt.is_withdrawn = True
    attempt.save(update_fields=["is_withdrawn"])
    have_closed(attempt, at=at)


def end_unsent(attempt: PaymentAttempt, *, at: datetime) -> bool:
    """End a try whose order certainly never left, at once; tell whether it was so. A part.

    Nobody need be asked, and it need not wait for a line that is dead or held back. Its payment
    is locked. The limits that it used are given back.
    """
    words = "Nobody wanted it any more, so it was not sent."
    if not fail_unsent(attempt, code=NOT_WANTED, words=words, at=at):
        return False
    limits.give_back(attempt.payment, at=at)
    return True


def fail_unsent(attempt: PaymentAttempt, *, code: str, words: str, at: datetime) -> bool:
    """Fail a try whose order certainly never left, and say why; tell whether it was so. A part.

    Its payment is locked. A worker claims an order under the lock of its try, so either the worker
    has it and asks its channel, or it is ended here. What it used of limits stays counted.
    """
    assert connection.in_atomic_block, "fail_unsent is a part; open a transaction around it"
    if attempt.status != AttemptStatus.PREPARED:
        return False
    locks.hold_attempt(attempt.pk)
    lease = operations.claim_to_end(attempt.pk)
    if lease is None:
        return False
    attempt.operation.refresh_from_db()
    attempt.status = AttemptStatus.SENDING
    attempt.save(update_fields=["status"])
    outcome = Outcome(OutcomeKind.FAILED, code=code, message=words)
    operations.record_outcome(attempt.operation, lease=lease, outcome=outcome, at=at)
    attempt.status = AttemptStatus.FAILED
    attempt.save(update_fields=["status"])
    return True


def have_closed(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Have a worker close an order at its channel after COMMIT; one that never left is refused."""
    lock = f"{attempt.id}:close"
    if attempt.status == AttemptStatus.PREPARED:
        jobs.defer("payments.send_attempt", at=at, queueing_lock=lock, attempt_id=attempt.id)
    else:
        jobs.defer("payments.query_attempt", at=at, queueing_lock=lock, attempt_id=attempt.id)


def is_left_open(attempt: PaymentAttempt, outcome: Outcome, *, at: datetime) -> bool:
    """Tell of a try that ended here whether its page may be paid, and is asked about on.

    As of what was just said of it. A question that got no answer tells nothing new, and is asked
    again (`payments.actions.exchanges`).
    """
    if attempt.status != AttemptStatus.CLOSED:
        return False
    if tells_nothing(outcome):
        return attempt.is_left_open
    return _may_be_paid(outcome) and _next_question_in(attempt, at=at) is not None


def have_asked_on(attempt: PaymentAttempt, outcome: Outcome, *, at: datetime) -> None:
    """Have an order asked about further that ended here while it can be paid. A part.

    Nobody else asks about what has ended, and a notification may get lost. Each question has the
    next one asked, later each time, and the last one when the order's time is over, or once the
    bank that is at it has said how it went. So it is with an order that failed here, and of which
    its channel says that a payer or a bank is at it. `at` of a question is when it is due.
    """
    is_contradicted = (
        attempt.status == AttemptStatus.FAILED and outcome.kind == OutcomeKind.AWAITING_PAYER
    )
    is_over = attempt.status in (AttemptStatus.CLOSED, AttemptStatus.FAILED)
    if not is_over or not (_may_be_paid(outcome) or is_contradicted):
        return
    delay = _next_question_in(attempt, at=at)
    if delay is None:
        return
    machine_at = ChannelOperation.objects.values_list(DatabaseClock(), flat=True)
    jobs.defer(
        "payments.query_attempt",
        at=at + delay,
        due_at=machine_at.get(pk=attempt.operation_id) + delay,
        queueing_lock=f"{attempt.pk}:left",
        attempt_id=attempt.pk,
        is_notified=True,
    )


def _may_be_paid(outcome: Outcome) -> bool:
    return outcome.code == LEFT_OPEN or outcome.kind == OutcomeKind.PROCESSING


def _next_question_in(attempt: PaymentAttempt, *, at: datetime) -> timedelta | None:
    """Return after how long what has ended is asked about next; None after the last question."""
    asked = attempt.operation.queries
    delay = QUERY_DELAYS[min(asked, len(QUERY_DELAYS) - 1)]
    ends_at = attempt.payment.expires_at + GRACE
    if at < ends_at:
        return min(delay, ends_at - at)
    return delay if asked < len(QUERY_DELAYS) else None


@transaction.atomic(durable=True)
def _expire(payment_id: str, *, actor: str, at: datetime) -> bool:
    payment = locks.locked_payment(payment_id)
    if payment.status not in UNPAID or payment.expires_at > at - GRACE:
        return False
    _close(payment, code=EXPIRED, actor=actor, at=at)
    return True


def _close(payment: Payment, *, code: str, actor: str, at: datetime) -> None:
    if payment.status == PaymentStatus.CREATED:
        moves.move(payment, PaymentStatus.CLOSED, code=code, actor=actor, at=at)
        return
    if payment.status == PaymentStatus.RISK_REVIEW:
        # Nobody has decided, and nothing is at a channel: its end is a refusal.
        limits.give_back(payment, at=at)
        moves.move(payment, PaymentStatus.REJECTED, code=code, actor=actor, at=at)
        return
    states.PAYMENT.require_move(payment.status, PaymentStatus.CLOSING)
    moves.move(payment, PaymentStatus.CLOSING, code=code, actor=actor, at=at)
    live = payment.attempts.filter(status__in=LIVE_ATTEMPTS).first()
    if live is not None and not end_unsent(live, at=at):
        have_closed(live, at=at)
    else:
        # Every try failed for certain, was closed or never left, so nothing is at a channel.
        moves.move(payment, PaymentStatus.CLOSED, code=code, actor=actor, at=at)

"""Tries to collect a payment: have the order sent and asked about, record what came back."""

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from payments import locks
from payments.actions import (
    attempt_questions,
    authorisations,
    captures,
    closing,
    failover,
    limits,
    moves,
    operations,
    order_resolutions,
    payments,
    resolutions,
)
from payments.actions.exchanges import DUE_MAX, Exchange
from payments.actions.operations import Lease
from payments.actions.order_courses import BY_EVIDENCE, has_come_to_people
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import NoChannelError, PaymentExpiredError, TooManyTriesError
from payments.models import (
    Capturing,
    ChannelOperation,
    OperationKind,
    Payment,
    PaymentAttempt,
)
from payments.queries.operations import operations_due, orders_kept_back
from payments.states import LIVE_ATTEMPTS, OperationStatus, PaymentStatus


def send_attempt(attempt_id: str, *, at: datetime) -> None:
    """Place the order of a prepared try at its channel. Sending twice is impossible.

    A try that is not `prepared` any more is left alone; what was sent is asked about instead. One
    that may not leave, as its line is dead or held back, goes to another account where there is
    one (`failover.leave_line`).
    """
    _EXCHANGE.send(attempt_id, at=at)


def query_attempt(attempt_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a try, and believe only that answer. Idempotent.

    An order that moves no money and that the channel does not know is placed again, under the
    same number (R5), and so is one that waits for its payer though nobody has heard by what they
    pay: the channel answers as it did. One that nobody wants to be paid any more is closed at the
    channel, and asked about again: it is closed here once the channel says so. With `is_notified`
    the channel told us something about it, so that one that has ended is asked about too.
    """
    _EXCHANGE.query(attempt_id, at=at, is_notified=is_notified)


def resolve_attempt(attempt_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a try. Idempotent."""
    order_resolutions.carry_out(attempt_id, record=_record, at=at)


def defer_due(*, at: datetime) -> int:
    """Have every order for a payment looked after that is due; return how many. The janitor's deed.

    So is one that waits for a line which is dead or held back, once another account could take it.
    Payouts go by file: nobody asks the bank about them, it reports.
    """
    due = operations_due(OperationKind.PAY, limit=DUE_MAX)
    kept = orders_kept_back(limit=DUE_MAX)
    return _EXCHANGE.have_looked_after([*due, *kept], at=at)


def _is_lost(attempt_id: str) -> bool:
    """Tell whether a payer is waited for who has nothing to pay by: the answer never got here."""
    return PaymentAttempt.objects.filter(
        pk=attempt_id,
        qr_code="",
        payer_action={},
        is_withdrawn=False,
        payment__status=PaymentStatus.AWAITING_PAYMENT,
    ).exists()


def _leave_line(attempt_id: str, at: datetime) -> None:
    failover.leave_line(attempt_id, at=at)


def _claimed(attempt_id: str) -> None:
    PaymentAttempt.objects.filter(pk=attempt_id).update(status=OperationStatus.SENDING)


@transaction.atomic(durable=True)
def _record(attempt_id: str, *, lease: Lease, outcome: Outcome, at: datetime) -> ChannelOperation:
    """Write the outcome, and in the same transaction what it means for the payment."""
    if outcome.kind == OutcomeKind.SUCCEEDED:
        locks.hold_single_use_link(Q(payments__attempts=attempt_id))
    attempt = locks.locked_attempt(attempt_id)
    operation = attempt.operation
    was = operation.status
    other = failover.other_account(attempt, lease=lease, outcome=outcome, at=at)
    ends = other is not None or failover.is_last_resort(attempt, lease=lease, outcome=outcome)
    operations.record_outcome(
        operation,
        lease=lease,
        outcome=outcome,
        at=at,
        ends_unsent=ends,
        is_over=at >= attempt.payment.expires_at + closing.GRACE,
    )
    is_news = attempt.status != operation.status
    attempt.status = operation.status
    was_open = attempt.is_left_open
    attempt.is_left_open = closing.is_left_open(attempt, outcome, at=at)
    _keep_answer(attempt, outcome)
    actor = lease.actor or f"channel:{attempt.channel_account.channel}"
    if operation.status == OperationStatus.SUCCEEDED:
        if attempt.payment.capture_mode == Capturing.MANUAL:
            authorisations.record_authorised(
                attempt.payment, attempt=attempt, outcome=outcome, actor=actor, at=at
            )
        else:
            captures.record_paid(
                attempt.payment, attempt=attempt, outcome=outcome, actor=actor, at=at
            )
            resolutions.resolve_by_terms(attempt, at=at)
        _close_others(attempt, at=at)
    elif other is not None:
        failover.try_elsewhere(attempt, account=other, actor=actor, at=at)
    elif is_news and attempt.status not in LIVE_ATTEMPTS:
        _give_up(attempt, actor=actor, at=at)
    if has_come_to_people(operation, was=was):
        moves.tell(attempt.payment, "payment.manual_review", actor=actor, at=at)
    closing.have_asked_on(attempt, outcome, at=at)
    _keep_limits(attempt, was=was, was_open=was_open, at=at)
    return operation


def _keep_limits(attempt: PaymentAttempt, *, was: str, was_open: bool, at: datetime) -> None:
    """See what a try that had ended before makes of limits: its money, or the end of its page.

    While it was live its payment was counted, so that this costs the usual way nothing.
    """
    if attempt.status == OperationStatus.SUCCEEDED and was not in LIVE_ATTEMPTS:
        limits.count(attempt.payment, at=at)
    if was_open and not attempt.is_left_open:
        limits.give_back(attempt.payment, at=at)


def _keep_answer(attempt: PaymentAttempt, outcome: Outcome) -> None:
    """Keep where the order stands, what the payer's device is to do, and what was really paid."""
    attempt.qr_code = outcome.qr_code or attempt.qr_code
    if outcome.action is not None:
        attempt.payer_action = asdict(outcome.action)
    if outcome.kind == OutcomeKind.SUCCEEDED:
        attempt.payer_minor = outcome.payer_minor
        attempt.settled_minor = outcome.settled_minor
    facts = ["status", "is_left_open", "qr_code", "payer_action", "payer_minor", "settled_minor"]
    attempt.save(update_fields=facts)


def _close_others(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Have the try that is still open closed: its payment has its money."""
    others = PaymentAttempt.objects.filter(
        payment_id=attempt.payment_id, status__in=LIVE_ATTEMPTS
    ).exclude(pk=attempt.pk)
    for other in others:
        closing.have_closed(other, at=at)


def _give_up(attempt: PaymentAttempt, *, actor: str, at: datetime) -> None:
    """No money is waited for by this try: see what becomes of the payment, and of its limits.

    A payment that is being closed is closed now. One whose payer chose another method is tried
    by that one. A code that ended at the channel by itself closes the payment; after a failure,
    or when people found that nothing was paid, the payer may choose again.
    """
    payment = attempt.payment
    if payment.status not in (PaymentStatus.AWAITING_PAYMENT, PaymentStatus.CLOSING):
        return  # its money came by another try
    limits.give_back(payment, at=at)
    if payment.status == PaymentStatus.CLOSING:
        code = payment.status_code
        moves.move(payment, PaymentStatus.CLOSED, code=code, actor=actor, at=at)
    elif attempt.is_withdrawn:
        _try_other_method(payment, at=at)
    elif attempt.status == OperationStatus.CLOSED and attempt.operation.code != BY_EVIDENCE:
        moves.move(payment, PaymentStatus.CLOSING, actor=actor, at=at)
        moves.move(payment, PaymentStatus.CLOSED, code="closed_at_channel", actor=actor, at=at)


def _try_other_method(payment: Payment, *, at: datetime) -> None:
    """Confirm a payment by the method that its payer chose instead.

    Whose time has run out, whose method is gone by now, or who was tried elsewhere too often
    meanwhile is left to the payer and the janitor.
    """
    with suppress(PaymentExpiredError, NoChannelError, TooManyTriesError):
        payments.confirm_payment(
            payment.id,
            method=payment.method,
            client_ip=payment.client_ip,
            payer_account=payment.payer_account,
            actor=f"payer:{payment.payer_id}" if payment.payer_id else "payer",
            at=at,
        )


_EXCHANGE = Exchange(
    "attempt",
    place=attempt_questions.place,
    ask=attempt_questions.ask,
    record=_record,
    claimed=_claimed,
    hold=locks.hold_attempt,
    kept_back=_leave_line,
    is_lost=_is_lost,
)

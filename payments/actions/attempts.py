"""Tries to collect a payment: send the order, ask about it, record what came back."""

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import transaction

from ledger import jobs
from payments import locks
from payments.actions import (
    authorisations,
    captures,
    closing,
    moves,
    operations,
    order_resolutions,
    payments,
    resolutions,
)
from payments.actions.channels import channel_of
from payments.actions.exchanges import Exchange
from payments.actions.operations import Lease
from payments.channels import registry
from payments.channels.base import NOT_FOUND, Channel, Outcome, OutcomeKind, PayRequest
from payments.errors import NoChannelError, PaymentExpiredError
from payments.models import (
    Capturing,
    ChannelAccount,
    ChannelOperation,
    DatabaseClock,
    OperationKind,
    Payment,
    PaymentAttempt,
)
from payments.queries.operations import operations_due
from payments.screening import get_screener
from payments.states import LIVE_ATTEMPTS, OperationStatus, PaymentStatus

DUE_MAX = 500
NEVER_SCANNED = "never_scanned"
"""The channel knows no such order, before and after it was told to close it."""
TIME_OVER = "time_over"
"""The channel ends orders by their time alone, and this one's is over without a payment."""
NOT_WANTED = "not_wanted"
"""The payment was closed, or another method chosen, before the order was sent."""


def send_attempt(attempt_id: str, *, at: datetime) -> None:
    """Place the order of a prepared try at its channel. Sending twice is impossible.

    A try that is not `prepared` any more is left alone; what was sent is asked about instead.
    """
    _EXCHANGE.send(attempt_id, at=at)


def query_attempt(attempt_id: str, *, at: datetime, is_notified: bool = False) -> None:
    """Ask the channel what became of a try, and believe only that answer. Idempotent.

    An order that moves no money and that the channel does not know is placed again, under the
    same number (R5). One that nobody wants to be paid any more is closed at the channel, and
    asked about again: it is closed here once the channel says so. With `is_notified` the channel
    told us something about it, so that one that has ended is asked about too.
    """
    _EXCHANGE.query(attempt_id, at=at, is_notified=is_notified)


def resolve_attempt(attempt_id: str, *, at: datetime) -> None:
    """Record what two people agreed became of a try. Idempotent."""
    order_resolutions.carry_out(attempt_id, record=_record, at=at)


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
    status: str
    is_withdrawn: bool
    method: str
    payment_status: str
    payment_id: str
    description: str
    expires_at: datetime
    payer_account: str
    payer_ip: str | None
    capture_mode: str
    stamped_at: datetime

    @property
    def is_wanted(self) -> bool:
        """Tell whether the payer shall still pay by this try."""
        return (
            self.payment_status == PaymentStatus.AWAITING_PAYMENT
            and self.status != OperationStatus.CLOSED
            and not self.is_withdrawn
        )


def _place(attempt_id: str, at: datetime) -> Outcome:
    order = _read(attempt_id)
    if not order.is_wanted:
        # Sending for the first time, it has certainly not left; else it may have.
        is_first = order.status == OperationStatus.SENDING
        return Outcome(
            OutcomeKind.FAILED if is_first else OutcomeKind.UNKNOWN,
            code=NOT_WANTED,
            message="Nobody wanted it any more, so it was not sent.",
        )
    request = PayRequest(
        channel_no=order.channel_no,
        amount_minor=order.amount_minor,
        currency=order.currency,
        subject=order.description,
        method=order.method,
        expires_at=order.expires_at,
        at=at,
        stamped_at=order.stamped_at,
        payer_account=order.payer_account,
        payer_ip=order.payer_ip or "",
        return_url=f"{settings.PUBLIC_URL}/checkout/back/{order.payment_id}/",
        is_authorisation=order.capture_mode == Capturing.MANUAL,
    )
    return channel_of(order.account).pay(request)


def _ask(attempt_id: str, at: datetime) -> Outcome:
    order = _read(attempt_id)
    channel = channel_of(order.account)
    outcome = channel.query(order.channel_no, at=order.stamped_at)
    if order.is_wanted or not _may_be_open(outcome):
        return outcome
    if not registry.TRAITS[order.account.channel].closes:
        return _ended(outcome, order, at=at)
    return _close(channel, order)


def _ended(outcome: Outcome, order: _Order, *, at: datetime) -> Outcome:
    """Say whether an order is over at a channel that ends orders by their time alone.

    Until then a payer may hold its page, whether the channel knows of that or not, and pay; so
    it stays open here as well. After the expiry that it was ordered with the channel takes no
    money for it any more, whatever a bank said of a card before.
    """
    if at < order.expires_at:
        return replace(outcome, kind=OutcomeKind.AWAITING_PAYER)
    return replace(outcome, kind=OutcomeKind.CLOSED, code=TIME_OVER)


def _may_be_open(outcome: Outcome) -> bool:
    """Tell whether a payer could still pay, for all that the channel says of an order."""
    return outcome.kind == OutcomeKind.AWAITING_PAYER or outcome.code == NOT_FOUND


def _close(channel: Channel, order: _Order) -> Outcome:
    """Close an order at its channel, and believe only what a query says after that.

    What the channel does not know cannot be closed: nobody has scanned the code. It counts as
    closed here, since a payment of it would be told and become `paid_late`.
    """
    closed = channel.close(order.channel_no, at=order.stamped_at)
    if closed.kind != OutcomeKind.CLOSED and closed.code != NOT_FOUND:
        return replace(closed, kind=OutcomeKind.UNKNOWN)
    outcome = channel.query(order.channel_no, at=order.stamped_at)
    if closed.code == outcome.code == NOT_FOUND:
        return replace(outcome, kind=OutcomeKind.CLOSED, code=NEVER_SCANNED)
    return outcome


def _read(attempt_id: str) -> _Order:
    """Read what the channel is told; only these columns, since every order passes here twice."""
    account_id, *facts = PaymentAttempt.objects.values_list(
        "channel_account_id",
        "operation__channel_no",
        "operation__amount_minor",
        "operation__currency",
        "operation__status",
        "is_withdrawn",
        "method",
        "payment__status",
        "payment_id",
        "payment__description",
        "payment__expires_at",
        "payment__payer_account",
        "payment__client_ip",
        "payment__capture_mode",
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
    is_news = attempt.status != operation.status
    attempt.status = operation.status
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
    elif is_news and attempt.status not in LIVE_ATTEMPTS:
        _give_up(attempt, actor=actor, at=at)
    return operation


def _keep_answer(attempt: PaymentAttempt, outcome: Outcome) -> None:
    """Keep where the order stands, what the payer's device is to do, and what was really paid."""
    attempt.qr_code = outcome.qr_code or attempt.qr_code
    if outcome.action is not None:
        attempt.payer_action = asdict(outcome.action)
    if outcome.kind == OutcomeKind.SUCCEEDED:
        attempt.payer_minor = outcome.payer_minor
        attempt.settled_minor = outcome.settled_minor
    attempt.save(
        update_fields=["status", "qr_code", "payer_action", "payer_minor", "settled_minor"]
    )


def _close_others(attempt: PaymentAttempt, *, at: datetime) -> None:
    """Have the try that is still open closed: its payment has its money."""
    others = PaymentAttempt.objects.filter(
        payment_id=attempt.payment_id, status__in=LIVE_ATTEMPTS
    ).exclude(pk=attempt.pk)
    for other in others:
        closing.have_closed(other, at=at)


def _give_up(attempt: PaymentAttempt, *, actor: str, at: datetime) -> None:
    """No money will come of this try: give the limits back, and see what becomes of the payment.

    A payment that is being closed is closed now. One whose payer chose another method is tried
    by that one. A code that ended at the channel by itself closes the payment; after a failure
    the payer may choose again.
    """
    payment = attempt.payment
    if payment.status not in (PaymentStatus.AWAITING_PAYMENT, PaymentStatus.CLOSING):
        return  # its money came by another try
    get_screener().give_back(payment.id, at=at)
    if payment.status == PaymentStatus.CLOSING:
        code = payment.status_code
        moves.move(payment, PaymentStatus.CLOSED, code=code, actor=actor, at=at)
    elif attempt.is_withdrawn:
        _try_other_method(payment, at=at)
    elif attempt.status == OperationStatus.CLOSED:
        moves.move(payment, PaymentStatus.CLOSING, actor=actor, at=at)
        moves.move(payment, PaymentStatus.CLOSED, code="closed_at_channel", actor=actor, at=at)


def _try_other_method(payment: Payment, *, at: datetime) -> None:
    """Confirm a payment by the method that its payer chose instead.

    Whose time has run out, or whose method is gone by now, is left to the payer and the janitor.
    """
    with suppress(PaymentExpiredError, NoChannelError):
        payments.confirm_payment(
            payment.id,
            method=payment.method,
            client_ip=payment.client_ip,
            payer_account=payment.payer_account,
            actor=f"payer:{payment.payer_id}" if payment.payer_id else "payer",
            at=at,
        )


_EXCHANGE = Exchange(
    asking_task="payments.query_attempt",
    argument="attempt_id",
    place=_place,
    ask=_ask,
    claimed=_claimed,
    record=_record,
    hold=locks.hold_attempt,
)

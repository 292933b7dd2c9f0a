"""What is said to a channel about a try to collect a payment: the order, the question, the end."""

import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings

from ledger.fault_points import fault_point
from payments.actions import closing
from payments.actions.channels import channel_of
from payments.channels import registry
from payments.channels.base import NOT_FOUND, Channel, Outcome, OutcomeKind, PayRequest
from payments.models import Capturing, ChannelAccount, DatabaseClock, PaymentAttempt
from payments.states import OperationStatus, PaymentStatus

NEVER_SCANNED = "never_scanned"
"""The channel knows no such order, before and after it was told to close it."""
TIME_OVER = "time_over"
"""The channel ends orders by their time alone, and this one's is over without a payment."""

CLOSE_WITHIN_SECONDS = 15
"""How late an order is still closed after its question began; its calls end within the lease."""

_CLOSING = fault_point("attempt.closing")
_CLOSED = fault_point("attempt.closed")


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
    payer_account: str = field(repr=False)
    payer_ip: str | None
    capture_mode: str
    stamped_at: datetime

    @property
    def is_authorisation(self) -> bool:
        """Tell whether the money is held first; a payment is born so, and stays so."""
        return self.capture_mode == Capturing.MANUAL

    @property
    def is_wanted(self) -> bool:
        """Tell whether the payer shall still pay by this try."""
        return (
            self.payment_status == PaymentStatus.AWAITING_PAYMENT
            and self.status != OperationStatus.CLOSED
            and not self.is_withdrawn
        )

    @property
    def is_left(self) -> bool:
        """Tell whether its payer goes on by another try, so that nobody waits for its end."""
        is_replaced = self.is_withdrawn and self.payment_status == PaymentStatus.AWAITING_PAYMENT
        return is_replaced or self.status == OperationStatus.CLOSED


def place(attempt_id: str, at: datetime) -> Outcome:
    """Place the order of a try at its channel, if somebody wants it still. `at` is the cause's."""
    order = _read(attempt_id)
    if not order.is_wanted:
        # Sending for the first time, it has certainly not left; else it may have.
        is_first = order.status == OperationStatus.SENDING
        return Outcome(
            OutcomeKind.FAILED if is_first else OutcomeKind.UNKNOWN,
            code=closing.NOT_WANTED,
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
        is_authorisation=order.is_authorisation,
    )
    return channel_of(order.account).pay(request)


def ask(attempt_id: str, at: datetime) -> Outcome:
    """Ask the channel about a try; one that nobody wants to be paid any more is closed first."""
    began = time.monotonic()
    order = _read(attempt_id)
    channel = channel_of(order.account)
    outcome = channel.query(
        order.channel_no, at=order.stamped_at, may_be_held=order.is_authorisation
    )
    has_failed = order.status == OperationStatus.FAILED  # only money that came of it is news
    if order.is_wanted or has_failed or not _may_be_open(outcome):
        return outcome
    traits = registry.TRAITS[order.account.channel]
    if not traits.closes:
        return _left(outcome, order, at=at) if order.is_left else _ended(outcome, order, at=at)
    is_late = time.monotonic() - began > CLOSE_WITHIN_SECONDS  # the next question closes it
    closed = outcome if is_late else _close(channel, order)
    if order.method not in traits.carried:
        return closed
    if closed.code == NEVER_SCANNED:
        return _unseen(outcome, order, at=at)
    is_ended = order.status == OperationStatus.CLOSED
    return _left(closed, order, at=at) if is_ended and _may_be_open(closed) else closed


def _unseen(outcome: Outcome, order: _Order, *, at: datetime) -> Outcome:
    """Say what becomes of an order of which the channel knows nothing, and a payer holds the page.

    It can be opened and paid until its time is over. Where nobody is to pay any more, `closed` is
    said once that is true. A payer who chose another method, or has paid by it, waits for no clock:
    it is asked about on, closed once somebody has opened it, and what comes second is parked.
    """
    if order.payment_status == PaymentStatus.CLOSING and not order.is_left:
        return _ended(outcome, order, at=at)
    return _left(outcome, order, at=at)


def _ended(outcome: Outcome, order: _Order, *, at: datetime) -> Outcome:
    """Say whether an order is over that ends by its time alone.

    Until then a payer may hold its page, whether the channel knows of that or not, and pay; so
    it stays open here as well. After the expiry that it was ordered with the channel takes no
    money for it any more, whatever a bank said of a card before; what was begun before has
    arrived GRACE later.
    """
    if at < order.expires_at + closing.GRACE:
        return replace(outcome, kind=OutcomeKind.AWAITING_PAYER)
    return replace(outcome, kind=OutcomeKind.CLOSED, code=TIME_OVER)


def _left(outcome: Outcome, order: _Order, *, at: datetime) -> Outcome:
    """End an order that cannot be closed, or not yet, and of which nothing was taken.

    A payer who chose another method waits for no clock. Its page may still be paid, so it is asked
    about on until its time is over (`closing.have_asked_on`), and what comes second is parked.
    """
    ended = _ended(outcome, order, at=at)
    if ended.kind == OutcomeKind.CLOSED:
        return ended
    return replace(outcome, kind=OutcomeKind.CLOSED, code=closing.LEFT_OPEN)


def _may_be_open(outcome: Outcome) -> bool:
    """Tell whether a payer could still pay, for all that the channel says of an order."""
    return outcome.kind == OutcomeKind.AWAITING_PAYER or outcome.code == NOT_FOUND


def _close(channel: Channel, order: _Order) -> Outcome:
    """Close an order at its channel, and believe only what a query says after that.

    What the channel does not know cannot be closed: nobody has scanned the code. It counts as
    closed here, since a payment of it would be told and become `paid_late`.
    """
    _CLOSING()
    closed = channel.close(
        order.channel_no, at=order.stamped_at, may_be_held=order.is_authorisation
    )
    _CLOSED()
    if closed.kind != OutcomeKind.CLOSED and closed.code != NOT_FOUND:
        return replace(closed, kind=OutcomeKind.UNKNOWN)
    outcome = channel.query(
        order.channel_no, at=order.stamped_at, may_be_held=order.is_authorisation
    )
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

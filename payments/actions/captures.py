"""When money has come: the payment is paid, and the books move in the same transaction."""

from datetime import datetime

from django.db import connection

from payments import states
from payments.actions import limits, moves, parking, takings
from payments.actions.parking import Receipt
from payments.actions.takings import Part, Taken, is_as_asked
from payments.channels.base import Outcome
from payments.models import Payment, PaymentAttempt
from payments.queries.links import sold_by_other
from payments.states import PaymentStatus

_WITH_MONEY = (
    PaymentStatus.PAID,
    PaymentStatus.CONFLICTED,
    PaymentStatus.PAID_LATE,
    PaymentStatus.REFUNDING_LATE,
    PaymentStatus.REFUNDED_LATE,
)
"""States of payments for which money has come already."""


def record_paid(
    payment: Payment, *, attempt: PaymentAttempt, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Book a payment that the channel confirmed. A part; the payment is locked by the caller.

    The channel's own instant decides the business day, or the first open day after it when the
    books of that day are closed; when the money becomes available it decides always. One entry
    and one line per allocation (E01, E02a, E03). Three kinds of money wait in suspense, and
    nobody's balance moves: what came otherwise than asked makes the payment `conflicted`, so does
    what came by a link that may be paid once and was, what came after it was closed `paid_late`,
    and what came by a second try leaves it as it is, told as `payment.paid_twice`.
    Recording the same outcome twice changes nothing.

    Raises IllegalMoveError when the payment cannot become paid; nothing is written then.
    """
    assert connection.in_atomic_block, "record_paid is a part; open a transaction around it"
    receipt = Receipt(attempt, outcome, paid_at=outcome.paid_at or at, actor=actor, at=at)
    if payment.status in _WITH_MONEY:
        if parking.is_second_money(payment, attempt):
            parking.park_second(payment, receipt)
    elif payment.status == PaymentStatus.CLOSED:
        parking.park_late(payment, receipt)
    elif not is_as_asked(outcome, amount_minor=payment.amount_minor, currency=payment.currency):
        parking.park_conflict(payment, receipt, code=parking.AMOUNT_DIFFERS)
    elif sold_by_other(payment):
        parking.park_conflict(payment, receipt, code=parking.LINK_PAID)
    else:
        states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
        _book(payment, attempt, paid_at=receipt.paid_at, settled_minor=outcome.settled_minor)
        payment.paid_at = receipt.paid_at
        payment.method = attempt.method
        moves.move(payment, PaymentStatus.PAID, actor=actor, at=at)


def take_as_paid(
    payment: Payment,
    *,
    attempt: PaymentAttempt,
    code: str,
    actor: str,
    at: datetime,
    discounted_minor: int = 0,
) -> None:
    """Book a payment whose money has waited in suspense, as of `at`. A part; it is locked.

    Its money is out of suspense already, and at the channel as if it had just come; a discount of
    ours, `discounted_minor`, was booked when it came, and the channel takes no fee on it. It
    becomes available as a payment of this day would. `code` is kept as the payment's reason.

    Raises IllegalMoveError.
    """
    assert connection.in_atomic_block, "take_as_paid is a part; open a transaction around it"
    states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
    _book(payment, attempt, paid_at=at, discounted_minor=discounted_minor)
    payment.method = attempt.method
    moves.move(payment, PaymentStatus.PAID, code=code, actor=actor, at=at)
    limits.count(payment, at=at)


def _book(
    payment: Payment,
    attempt: PaymentAttempt,
    *,
    paid_at: datetime,
    settled_minor: int | None = None,
    discounted_minor: int = 0,
) -> None:
    allocations = payment.allocations.select_related("merchant", "fee_plan").order_by("place")
    takings.book(
        Taken(
            payment,
            [Part(allocation) for allocation in allocations],
            payment.unallocated_minor,
            account=attempt.channel_account,
            taken_at=paid_at,
            settled_minor=settled_minor,
            discounted_minor=discounted_minor,
        )
    )

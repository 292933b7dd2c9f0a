"""Money in suspense follows the refund that gives it back, and its payment follows it. Parts."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from payments import locks
from payments.actions import moves
from payments.errors import ContradictionStandsError, MoneyContradictedError
from payments.models import ParkedMoney, Refund
from payments.parked_states import PARKED, ParkedKind, ParkedStatus
from payments.queries.parked import (
    UNPAID_DEBT,
    is_contradicted,
    others_in_suspense,
    others_waiting,
)
from payments.states import DEAD_REFUNDS, PAID_TWICE, PaymentStatus, RefundStatus

RETURN_FAILED = "return_failed"
"""The reason code of a payment whose money could not be given back: it waits in suspense again."""

_FOLLOWS = {
    RefundStatus.SUCCEEDED: ParkedStatus.RETURNED,
    RefundStatus.SETTLED_BY_HAND: ParkedStatus.RETURNED,
    RefundStatus.FAILED: ParkedStatus.WAITING,
    RefundStatus.CANCELLED: ParkedStatus.WAITING,
}


_REASONS = {
    ParkedKind.CONFLICTED: _("The amount was not the one asked for."),
    ParkedKind.PAID_LATE: _("The payment had been closed."),
    ParkedKind.PAID_TWICE: _("The payment had been made already."),
}
_LINK_PAID = _("The payment link had been paid already.")


def reason_shown(parked: ParkedMoney) -> str:
    """Return what the channel shows to the payer who gets money in suspense back.

    What came as it was asked for and is `conflicted` came by a link that was paid before.
    """
    payment = parked.payment
    is_as_asked = (parked.amount_minor, parked.currency) == (payment.amount_minor, payment.currency)
    is_of_paid_link = parked.kind == ParkedKind.CONFLICTED and is_as_asked
    return str(_LINK_PAID if is_of_paid_link else _REASONS[ParkedKind(parked.kind)])


def require_undecided(parked: ParkedMoney) -> None:
    """Refuse to decide on money that waits for nothing, or that its channel may have given back.

    Raises IllegalMoveError or MoneyContradictedError.
    """
    PARKED.require_move(parked.status, ParkedStatus.RETURNING)
    if is_contradicted(parked):
        raise MoneyContradictedError


def begin_return(parked: ParkedMoney, *, actor: str, at: datetime) -> None:
    """Let money in suspense go back to its payer, and its payment say so. A part; it is locked."""
    assert connection.in_atomic_block, "begin_return is a part; open a transaction around it"
    PARKED.require_move(parked.status, ParkedStatus.RETURNING)
    parked.status = ParkedStatus.RETURNING
    parked.save(update_fields=["status", "approval"])
    payment = parked.payment
    if payment.status in UNPAID_DEBT and not others_waiting(parked):
        code = payment.status_code
        moves.move(payment, PaymentStatus.REFUNDING_LATE, code=code, actor=actor, at=at)


def begin_return_after_all(refund: Refund, *, actor: str, at: datetime) -> None:
    """Let money go back that waits in suspense and that its channel gave back. A part.

    The refund is locked.

    Raises ContradictionStandsError where it does not wait any more, or not all of it.
    """
    assert refund.parked_id is not None, "only what gives back money in suspense takes it there"
    parked = locks.locked_parked(refund.parked_id)
    living = Refund.objects.filter(parked=parked).exclude(status__in=DEAD_REFUNDS)
    if (
        parked.status != ParkedStatus.WAITING
        or parked.left_minor != refund.amount_minor
        or living.exists()
    ):
        raise ContradictionStandsError
    begin_return(parked, actor=actor, at=at)


def follow_refund(refund: Refund, *, actor: str, at: datetime) -> None:
    """Move money in suspense to where its refund has come. A part; the refund is locked."""
    assert connection.in_atomic_block, "follow_refund is a part; open a transaction around it"
    assert refund.parked_id is not None, "only what gives back money in suspense moves it"
    status = _FOLLOWS.get(RefundStatus(refund.status))
    if status is None:
        return
    parked = locks.locked_parked(refund.parked_id)
    PARKED.require_move(parked.status, status)
    parked.status = status
    parked.save(update_fields=["status"])
    if status == ParkedStatus.RETURNED:
        _tell_returned(parked, actor=actor, at=at)
    else:
        _tell_failed(parked, actor=actor, at=at)
    refund.payment = parked.payment


def _tell_returned(parked: ParkedMoney, *, actor: str, at: datetime) -> None:
    """Let the payment end, or forget that it was paid twice, once nothing of it is in suspense."""
    payment = parked.payment
    if others_in_suspense(parked):
        return
    if payment.status == PaymentStatus.REFUNDING_LATE:
        moves.move(payment, PaymentStatus.REFUNDED_LATE, actor=actor, at=at)
    elif payment.status == PaymentStatus.PAID and payment.status_code:
        moves.tell_code(payment, "payment.money_returned", code="", actor=actor, at=at)


def _tell_failed(parked: ParkedMoney, *, actor: str, at: datetime) -> None:
    payment = parked.payment
    code = PAID_TWICE if payment.status == PaymentStatus.PAID else RETURN_FAILED
    moves.tell_code(payment, "payment.return_failed", code=code, actor=actor, at=at)

"""Submitting refunds: fund them, prepare their orders; those without funds are tried again."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from ledger.actions.approvals import digest_of
from ledger.errors import ApprovalError, IllegalMoveError, StaleApprovalError
from payments import locks, states
from payments.actions import refund_funding, refund_moves, refund_orders
from payments.errors import RefundNotFoundError
from payments.models import Refund
from payments.queries.refunds import (
    WaitingRefund,
    attempt_to_refund,
    refund_payload,
    refunds_waiting_for_funds,
)
from payments.states import RefundStatus

WAITING_PAGE = 1_000


def submit(refund: Refund, *, actor: str, at: datetime) -> bool:
    """Fund a refund and prepare its order, or let it wait for funds; tell if it was funded. A part.

    All of it is funded or nothing. What two people agreed to was executed when they did, so it
    waits for funds as long as it takes; it is compared with the refund once more. The refund is
    locked by the caller.

    Raises StaleApprovalError when it is no longer what was approved, or IllegalMoveError.
    """
    assert connection.in_atomic_block, "submit is a part; open a transaction around it"
    attempt = attempt_to_refund(refund)
    if not refund_funding.fund(refund, channel_account_id=attempt.channel_account_id, at=at):
        if refund.status != RefundStatus.FUNDING_REQUIRED:
            refund_moves.move(refund, RefundStatus.FUNDING_REQUIRED, actor=actor, at=at)
        return False
    if refund.approval is not None and bytes(refund.approval.digest) != digest_of(
        refund_payload(refund)
    ):
        raise StaleApprovalError(object_id=refund.pk)
    refund_orders.prepare(refund, attempt=attempt, at=at)
    refund_moves.move(refund, RefundStatus.SUBMITTING, actor=actor, at=at)
    return True


@transaction.atomic(durable=True)
def fund_refund(refund_id: str, *, actor: str, at: datetime) -> Refund:
    """Try again to fund a refund that waits for its merchants' money; it may have to go on waiting.

    Raises RefundNotFoundError, or IllegalMoveError when it waits for nothing; nothing is written
    then, nor when there is still not enough.
    """
    refund = locked_refund(refund_id)
    if refund.status != RefundStatus.FUNDING_REQUIRED:
        raise IllegalMoveError(
            noun=states.REFUND.noun,
            current=refund.get_status_display(),
            new=RefundStatus.SUBMITTING.label,
        )
    submit(refund, actor=actor, at=at)
    return refund


def fund_waiting(*, actor: str, at: datetime) -> int:
    """Try all refunds that wait for funds, the oldest first; return how many went on.

    Each is its own transaction. Where merchants had not enough, what is not less of theirs is
    passed over until the next walk. Doing it again does nothing more.
    """
    submitted = 0
    short: dict[tuple[str, tuple[str, ...]], int] = {}
    for waiting in _all_waiting():
        whose = (waiting.currency, waiting.merchant_ids)
        if whose in short and waiting.amount_minor >= short[whose]:
            continue
        try:
            refund = fund_refund(waiting.id, actor=actor, at=at)
        except (IllegalMoveError, ApprovalError):
            continue  # somebody else moved it meanwhile, or people have to look at its approval
        if refund.status == RefundStatus.SUBMITTING:
            submitted += 1
        else:
            short[whose] = waiting.amount_minor
    return submitted


def _all_waiting() -> Iterator[WaitingRefund]:
    """Yield all refunds that wait for funds, oldest first, read a page at a time."""
    last: WaitingRefund | None = None
    while page := refunds_waiting_for_funds(limit=WAITING_PAGE, after=last):
        yield from page
        last = page[-1]


def locked_refund(refund_id: str) -> Refund:
    """Return the refund and its payment, locked. A part. Raises RefundNotFoundError."""
    try:
        return locks.locked_refund(refund_id)
    except Refund.DoesNotExist:
        raise RefundNotFoundError from None

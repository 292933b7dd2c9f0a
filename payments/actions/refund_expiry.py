"""Ending refunds on which nobody decided in time. What was agreed to waits for funds as it may."""

from datetime import datetime
from functools import partial

from django.db import transaction

from ledger.actions import approval_ends
from ledger.errors import ApprovalExpiredError
from ledger.rounds import each
from payments.actions import refund_moves
from payments.actions.refund_submissions import locked_refund
from payments.queries.refunds import refunds_nobody_decided_on
from payments.states import RefundStatus

EXPIRED_AT_ONCE = 500


def expire_refunds(*, actor: str, at: datetime) -> int:
    """Cancel refunds on which nobody decided in time; return how many. No money moves.

    What they reserved of their payments is free again, and may be asked for under another number.
    Each is its own transaction; doing it again does nothing more.
    """
    ids = refunds_nobody_decided_on(at=at, limit=EXPIRED_AT_ONCE)
    return each(partial(_expire, refund_id, actor=actor, at=at) for refund_id in ids)


@transaction.atomic(durable=True)
def _expire(refund_id: str, *, actor: str, at: datetime) -> bool:
    """Cancel one, unless somebody has just decided on it; tell whether it was cancelled."""
    refund = locked_refund(refund_id)
    if refund.status != RefundStatus.PENDING_APPROVAL:
        return False
    assert refund.approval is not None, "what waits for approval has its request"
    approval_ends.end_expired(refund.approval, actor=actor, at=at)
    refund_moves.move(
        refund, RefundStatus.CANCELLED, code=ApprovalExpiredError.code, actor=actor, at=at
    )
    return True

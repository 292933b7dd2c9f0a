"""Moving another way for a refund to its next state. Parts only."""

from datetime import datetime

from ledger.actions import approval_ends
from payments.models import RefundRemedy
from payments.parked_states import REMEDY, RemedyStatus
from payments.queries.refund_remedies import open_remedy


def end(remedy: RefundRemedy, status: RemedyStatus) -> None:
    """Move a way on; what was told of an account is forgotten once nothing is to be ordered.

    Raises IllegalMoveError.
    """
    REMEDY.require_move(remedy.status, status)
    remedy.status = status
    if status != RemedyStatus.ORDERED:
        remedy.account_encrypted = remedy.holder_encrypted = ""
    remedy.save(update_fields=["status", "account_encrypted", "holder_encrypted"])


def end_if_late(refund_id: str, *, actor: str, at: datetime) -> bool:
    """End a request on which nobody decided in time, so that another way may be asked for.

    Tells whether it ended now. The refund is locked by the caller.
    """
    remedy = open_remedy(refund_id)
    if remedy is None or remedy.status != RemedyStatus.PENDING_APPROVAL:
        return False
    if remedy.approval.expires_at > at:
        return False
    approval_ends.end_expired(remedy.approval, actor=actor, at=at)
    end(remedy, RemedyStatus.EXPIRED)
    return True

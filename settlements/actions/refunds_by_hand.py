"""An abnormal refund that left our bank account by hand: named by one person, booked by another.

The money has gone already: the line of the bank's statement says so. What people agree to is which
refund it was.
"""

from datetime import datetime

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import StaleApprovalError
from ledger.queries.periods import first_open
from ledger.states import ApprovalState
from payments import locks as payment_locks
from payments import states
from payments.actions import remedies_by_hand, remedy_moves
from payments.actions.remedies_by_hand import LeftBank
from payments.errors import NotPaidByHandError, RefundNotFoundError, RemedyNotAskedError
from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import APPROVAL_KIND, open_remedy
from payments.states import RefundStatus
from settlements import locks
from settlements.errors import ReasonMissingError
from settlements.models import BillLine, BillLineState
from settlements.queries.refunds_by_hand import (
    by_hand_payload,
    line_of,
    may_be_paid_by,
    waiting_remedy_of,
)


@transaction.atomic(durable=True)
def propose_refund_by_hand(
    refund_id: str,
    *,
    bill_line_id: int,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> RefundRemedy:
    """Say that an open debit on a bank statement was an abnormal refund. Books nothing.

    Raises ReasonMissingError, RefundNotFoundError, IllegalMoveError, NotPaidByHandError for a line
    that cannot be it, or RemedyNotAskedError when another way for it is open, or the line was named
    before; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    refund = _locked_refund(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.SETTLED_BY_HAND)
    line = _locked_line(bill_line_id)
    if not may_be_paid_by(refund, line):
        raise NotPaidByHandError
    remedy_moves.end_if_late(refund_id, actor=actor, at=at)
    if open_remedy(refund_id) is not None or waiting_remedy_of(line) is not None:
        raise RemedyNotAskedError
    remedy = _drafted(refund, line, note=reason, maker=actor, at=at)
    payload = by_hand_payload(remedy, line)
    remedy.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="refund_remedy",
        object_id=remedy.pk,
        payload=payload,
        maker=actor,
        at=at,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
    )
    remedy.save(force_insert=True)
    record_audit(
        action="refund_remedy.requested",
        subject=remedy.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=payload,
    )
    return remedy


@transaction.atomic(durable=True)
def approve_refund_by_hand(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> RefundRemedy:
    """Agree to what was shown: it is booked on the bank's day (E05h), and the line is matched.

    When the books of that day are closed it is booked on the first open one. The refund ends as
    settled by hand, and its order at the channel ends with it.

    Raises RefundNotFoundError, RemedyNotAskedError, NotPaidByHandError when the line is somebody
    else's meanwhile, IllegalMoveError, SelfApprovalError, StaleApprovalError, ApprovalExpiredError
    or AlreadyDecidedError; nothing is written then.
    """
    refund = _locked_refund(refund_id)
    states.REFUND.require_move(refund.status, RefundStatus.SETTLED_BY_HAND)
    remedy = _asked(refund)
    line = _locked_line(line_of(remedy).pk)
    if not may_be_paid_by(refund, line) or line.booking_date is None:
        raise NotPaidByHandError
    request = approvals.decide(
        remedy.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return remedy
    if not approvals.execute_unchanged({request.pk: by_hand_payload(remedy, line)}, at=at):
        raise StaleApprovalError(object_id=remedy.pk)
    entry_ids = remedies_by_hand.settle(
        refund,
        remedy,
        effective_date=first_open(line.booking_date),
        actor=decider.actor,
        at=at,
    )
    line.entry_id = entry_ids[0]
    line.state = BillLineState.MATCHED
    line.reason = ""
    line.save(update_fields=["entry", "state", "reason"])
    return remedy


@transaction.atomic(durable=True)
def reject_refund_by_hand(
    refund_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> RefundRemedy:
    """Say no: the refund stays abnormal and the line open; both may be named anew.

    Raises ReasonMissingError and what `approve_refund_by_hand` raises of approvals; nothing is
    written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    remedy = _asked(_locked_refund(refund_id))
    approvals.decide(
        remedy.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    remedy_moves.end(remedy, RemedyStatus.REJECTED)
    return remedy


def _drafted(
    refund: Refund, line: BillLine, *, note: str, maker: str, at: datetime
) -> RefundRemedy:
    assert line.booking_date is not None, "a line that may be it was booked by the bank"
    left = LeftBank(line.bill.channel_account_id, line.bank_reference, line.booking_date)
    return remedies_by_hand.drafted(refund, left, note=note, maker=maker, at=at)


def _locked_refund(refund_id: str) -> Refund:
    try:
        return payment_locks.locked_refund(refund_id)
    except Refund.DoesNotExist:
        raise RefundNotFoundError from None


def _locked_line(bill_line_id: int) -> BillLine:
    try:
        return locks.locked_bill_line(bill_line_id)
    except BillLine.DoesNotExist:
        raise NotPaidByHandError from None


def _asked(refund: Refund) -> RefundRemedy:
    remedy = open_remedy(refund.pk)
    is_by_hand = remedy is not None and remedy.kind == RemedyKind.BY_HAND
    if remedy is None or not is_by_hand or remedy.status != RemedyStatus.PENDING_APPROVAL:
        raise RemedyNotAskedError
    remedy.refund = refund
    return remedy

"""Ending what a channel contradicts: two people say with evidence what is true, and it is booked.

A refund, a capture or a void had ended here, and its channel says that it went otherwise (R8). One
person asks, another agrees; the last agreement that is needed carries it out at once.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions import (
    capture_moves,
    capture_orders,
    parked_moves,
    refund_bookings,
    refund_funding,
    refund_moves,
    refund_reversals,
    void_orders,
    voids,
)
from payments.capture_states import CaptureStatus
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import (
    ContradictionStandsError,
    EvidenceMissingError,
    NotContradictedError,
    OperationNotFoundError,
)
from payments.models import Capture, ChannelOperation, OperationKind, Refund
from payments.queries.contradictions import (
    APPROVAL_KIND,
    IN_DOUBT,
    Noun,
    TruthOf,
    contradiction_payload,
    has_ended_otherwise,
    latest_contradiction,
    truth_of,
)
from payments.queries.order_resolutions import Resolution
from payments.states import CONTRADICTION_ENDED, RefundStatus

_NOT_MADE = "NOT_MADE"

ENDED_WITHOUT_IT = "The hold had ended without this void: nothing is held that it could give back."
"""Why a void that was made after its hold had ended is only noted, in the audit trail."""


@transaction.atomic(durable=True)
def request_truth(
    operation_id: str,
    truth: Resolution,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask another person to agree what really became of an order. No money moves yet.

    Raises EvidenceMissingError, OperationNotFoundError, NotContradictedError, or
    ApprovalClosedError when it was asked before; nothing is written then.
    """
    if not (truth.reference.strip() and truth.note.strip()):
        raise EvidenceMissingError
    operation, noun = _contradicted(operation_id)
    payload = contradiction_payload(operation, noun, truth)
    request = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="channel_operation",
        object_id=operation.pk,
        payload=payload,
        maker=actor,
        at=at,
        amount_minor=operation.amount_minor,
        currency=operation.currency,
    )
    record_audit(
        action="contradiction.requested",
        subject=operation.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=truth.note,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def approve_truth(
    operation_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ChannelOperation:
    """Agree to exactly what was shown. The last agreement that is needed books what is true.

    Raises OperationNotFoundError, NotContradictedError, ContradictionStandsError where merchants
    have not enough, or what it had freed was taken meanwhile, SelfApprovalError,
    StaleApprovalError, ApprovalExpiredError, ApprovalClosedError or AlreadyDecidedError; nothing is
    written then.
    """
    operation, noun = _contradicted(operation_id)
    asked = _asked(operation)
    truth = truth_of(asked)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return operation
    payload = contradiction_payload(operation, noun, truth)
    if not approvals.execute_unchanged({request.pk: payload}, at=at):
        raise StaleApprovalError(object_id=operation.pk)
    try:
        _carry_out(noun, operation, TruthOf(truth.outcome), actor=decider.actor, at=at)
    except IntegrityError:
        # The laws of amounts: what it had freed is not free any more.
        raise ContradictionStandsError from None
    return operation


@transaction.atomic(durable=True)
def reject_truth(
    operation_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ChannelOperation:
    """Say no: it stays contradicted, and something else may be asked for.

    Raises EvidenceMissingError without a reason, and what `approve_truth` raises of approvals.
    """
    if not reason.strip():
        raise EvidenceMissingError
    operation, _noun = _contradicted(operation_id)
    approvals.decide(
        _asked(operation).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return operation


def _carry_out(
    noun: Noun, operation: ChannelOperation, truth: TruthOf, *, actor: str, at: datetime
) -> None:
    """Book what is true where it is not what stands; else note that it stands."""
    is_made = truth == TruthOf.MADE
    if isinstance(noun, Refund):
        _end_refund(noun, operation, is_made=is_made, actor=actor, at=at)
        return
    if not is_made and noun.status == CaptureStatus.SUCCEEDED and isinstance(noun, Capture):
        raise ContradictionStandsError  # its merchants have the money; reconciliation takes it
    is_too_late = has_ended_otherwise(noun)
    if is_made and noun.status == CaptureStatus.FAILED and not is_too_late:
        outcome = Outcome(OutcomeKind.SUCCEEDED)
        refund_reversals.confirm_order(operation, at=at)
        if isinstance(noun, Capture):
            capture_orders.follow(
                noun, CaptureStatus.SUCCEEDED, outcome=outcome, actor=actor, at=at
            )
        else:
            void_orders.follow(noun, CaptureStatus.SUCCEEDED, outcome=outcome, actor=actor, at=at)
        return
    noun.status_code = CONTRADICTION_ENDED
    noun.save(update_fields=["status_code"])
    if isinstance(noun, Capture):
        capture_moves.tell(noun, kind="capture.contradiction_ended", actor=actor, at=at)
    else:
        reason = ENDED_WITHOUT_IT if is_made and is_too_late else ""
        voids.tell(noun, kind="void.contradiction_ended", actor=actor, at=at, reason=reason)


def _end_refund(
    refund: Refund, operation: ChannelOperation, *, is_made: bool, actor: str, at: datetime
) -> None:
    if is_made and refund.status == RefundStatus.FAILED:
        _make(refund, operation, actor=actor, at=at)
    elif is_made and refund.status == RefundStatus.SETTLED_BY_HAND:
        raise ContradictionStandsError  # its payer has it twice; reconciliation takes it back
    elif not is_made and refund.status == RefundStatus.SUCCEEDED:
        refund_reversals.reverse(refund, operation, code=_NOT_MADE, actor=actor, at=at)
    else:
        refund.status_code = CONTRADICTION_ENDED
        refund.save(update_fields=["status_code"])
        refund_moves.tell(refund, kind="refund.contradiction_ended", actor=actor, at=at)


def _make(refund: Refund, operation: ChannelOperation, *, actor: str, at: datetime) -> None:
    """Fund and book a refund that its channel made after all, on this day (E05a, E05e)."""
    if refund.parked_id is not None:
        parked_moves.begin_return_after_all(refund, actor=actor, at=at)
    account_id = operation.channel_account_id
    refund_reversals.begin_anew(refund)
    if not refund_funding.fund(refund, channel_account_id=account_id, at=at):
        raise ContradictionStandsError
    refund.succeeded_at = at
    refund_reversals.confirm_order(operation, at=at)
    refund_bookings.book_success(
        refund, channel_account_id=account_id, channel_fee_minor=0, made_at=at, at=at
    )
    refund_moves.move(refund, RefundStatus.SUCCEEDED, actor=actor, at=at)


def _contradicted(operation_id: str) -> tuple[ChannelOperation, Noun]:
    """Return a contradicted order with what it serves, all locked, the payment first.

    One that two people have ended may be asked about anew: their evidence may have been wrong.
    """
    operation = ChannelOperation.objects.filter(pk=operation_id).first()
    if operation is None:
        raise OperationNotFoundError
    noun: Noun
    if operation.kind == OperationKind.REFUND:
        noun = locks.locked_refund(operation.subject)
    elif operation.kind == OperationKind.CAPTURE:
        noun = locks.locked_capture(operation.subject)
    elif operation.kind == OperationKind.VOID:
        noun = locks.locked_void(operation.subject)
    else:
        raise NotContradictedError
    if noun.status_code not in IN_DOUBT:
        raise NotContradictedError
    return locks.locked_operation(operation_id), noun


def _asked(operation: ChannelOperation) -> ApprovalRequest:
    request = latest_contradiction(operation.pk)
    if request is None or request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=operation.pk)
    return request

"""Ending what no channel would answer: two people decide on an order's outcome, with evidence.

One asks, another agrees; then a worker records that outcome in the way in which it records a
channel's answer, in the name of the request that both have signed.
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction

from ledger import jobs
from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions import operations
from payments.actions.exchanges import Recording
from payments.actions.operations import Lease
from payments.actions.order_courses import BY_EVIDENCE
from payments.channels.base import Outcome, OutcomeKind
from payments.errors import (
    ChannelNumberError,
    EvidenceMissingError,
    EvidenceTimeError,
    NotInReviewError,
    OperationNotFoundError,
)
from payments.models import ChannelKind, ChannelOperation, OperationKind, Refund
from payments.queries.order_resolutions import (
    Resolution,
    ResolvedAs,
    agreed_resolution,
    latest_resolution,
    needs_number,
    resolution_of,
    resolution_payload,
)
from payments.states import OperationStatus, RefundStatus

APPROVAL_KIND: Final = "operation_resolution"

_RESOLVED_BY: Final = {
    OperationKind.PAY: "payments.resolve_attempt",
    OperationKind.REFUND: "payments.resolve_refund",
    OperationKind.CAPTURE: "payments.resolve_capture",
    OperationKind.VOID: "payments.resolve_void",
    OperationKind.PAYOUT: "settlements.resolve_payout",
}
"""The job that records what people decided, in the way of the order's own noun."""

_CHANNEL_NUMBER: Final = re.compile(r"[!-~]{1,80}")
"""What any channel's own number looks like: no blanks, and no longer than is kept."""


@transaction.atomic(durable=True)
def request_resolution(
    operation_id: str,
    resolution: Resolution,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask another person to agree what became of an order in review. No money moves yet.

    Raises EvidenceMissingError, OperationNotFoundError, NotInReviewError, EvidenceTimeError for a
    time before the order or after `at`, ChannelNumberError without the channel's own number where
    what comes after needs it, or ApprovalClosedError when it was asked before, also when that was
    agreed to and is not recorded yet; nothing is written then.
    """
    if not (resolution.reference.strip() and resolution.note.strip()):
        raise EvidenceMissingError
    operation = _in_review(operation_id)
    if agreed_resolution(operation) is not None:
        raise ApprovalClosedError(object_id=operation.pk)
    _require_time(operation, resolution, at=at)
    _require_number(operation, resolution)
    payload = resolution_payload(operation, resolution)
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
        action="operation_resolution.requested",
        subject=operation.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=resolution.note,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def approve_resolution(
    operation_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ChannelOperation:
    """Agree to exactly the outcome that was shown; a worker records it after COMMIT.

    Raises OperationNotFoundError, NotInReviewError when the channel has answered meanwhile,
    SelfApprovalError, StaleApprovalError, ApprovalExpiredError, ApprovalClosedError or
    AlreadyDecidedError; nothing is written then.
    """
    operation = _in_review(operation_id)
    asked = _asked(operation)
    if approvals.digest_of(_payload(operation, asked)) != shown_digest:
        raise StaleApprovalError(object_id=operation.pk)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        if not approvals.execute_unchanged({request.pk: _payload(operation, asked)}, at=at):
            raise StaleApprovalError(object_id=operation.pk)
        _have_recorded(operation, at=at)
    return operation


@transaction.atomic(durable=True)
def reject_resolution(
    operation_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ChannelOperation:
    """Say no: the order stays in review, and may be asked about again.

    Raises EvidenceMissingError without a reason, and what `approve_resolution` raises.
    """
    if not reason.strip():
        raise EvidenceMissingError
    operation = _in_review(operation_id)
    approvals.decide(
        _asked(operation).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return operation


def carry_out(subject: str, *, record: Recording, at: datetime) -> None:
    """Record, as the order's own noun does, what two people agreed to. Idempotent.

    An order that has ended meanwhile, or whose money came back, is left alone: the channel's own
    word came first. What people agreed to is of one review, and is carried out once.
    """
    claimed = _claim(subject, at=at)
    if claimed is not None:
        lease, outcome = claimed
        record(subject, lease=lease, outcome=outcome, at=at)


@transaction.atomic(durable=True)
def _claim(subject: str, *, at: datetime) -> tuple[Lease, Outcome] | None:
    operation = locks.locked_operation_of(subject)
    if operation is None or not _may_be_resolved(operation):
        return None
    request = agreed_resolution(operation)
    if request is None:
        return None
    lease = operations.claim_to_ask(subject, is_notified=True)
    if lease is None:
        # Somebody is asking the channel at this moment; its word comes first.
        _have_recorded(operation, at=at, due_at=operation.lease_until)
        return None
    resolution = resolution_of(request)
    kind = OutcomeKind(resolution.outcome)
    if kind == OutcomeKind.FAILED and operation.kind == OperationKind.PAY:
        # A payer may hold the code still: of what is closed the channel is heard again.
        kind = OutcomeKind.CLOSED
    outcome = Outcome(
        kind,
        code=BY_EVIDENCE,
        message=f"{resolution.evidence} {resolution.reference}: {resolution.note}",
        channel_ref=resolution.channel_ref,
        amount_minor=operation.amount_minor,
        currency=operation.currency,
        paid_at=resolution.happened_at if kind == OutcomeKind.SUCCEEDED else None,
    )
    return replace(lease, actor=f"approval:{request.pk}", resolution=request.pk), outcome


def _have_recorded(
    operation: ChannelOperation, *, at: datetime, due_at: datetime | None = None
) -> None:
    jobs.defer(
        _RESOLVED_BY[OperationKind(operation.kind)],
        at=at,
        due_at=due_at,
        queueing_lock=f"{operation.pk}:resolve{':again' if due_at else ''}",
        subject=operation.subject,
    )


def _in_review(operation_id: str) -> ChannelOperation:
    """Return the locked order, if people are to say what became of it."""
    try:
        operation = locks.locked_operation(operation_id)
    except ChannelOperation.DoesNotExist:
        raise OperationNotFoundError from None
    if not _may_be_resolved(operation):
        raise NotInReviewError
    return operation


def _may_be_resolved(operation: ChannelOperation) -> bool:
    """Tell whether people are to say what became of a locked order.

    Payouts by file end by the bank's statement, abnormal refunds and those that came back by deeds
    of their own.
    """
    waits_otherwise = (RefundStatus.ABNORMAL, RefundStatus.REVERSED)
    is_abnormal = Refund.objects.filter(operation=operation, status__in=waits_otherwise).exists()
    is_by_file = operation.channel_account.channel == ChannelKind.BANK
    is_review = operation.status == OperationStatus.MANUAL_REVIEW
    return is_review and not is_abnormal and not is_by_file


def _require_time(operation: ChannelOperation, resolution: Resolution, *, at: datetime) -> None:
    """Refuse a time at which it cannot have happened; people read it off to the minute.

    Raises EvidenceTimeError.
    """
    told = resolution.happened_at
    ordered_at = operation.created_at.replace(second=0, microsecond=0)
    if told is not None and not ordered_at <= told <= at:
        raise EvidenceTimeError


def _require_number(operation: ChannelOperation, resolution: Resolution) -> None:
    """Refuse a success without the number by which its money can be given back, taken or freed.

    Raises ChannelNumberError.
    """
    number = resolution.channel_ref
    if resolution.outcome == ResolvedAs.SUCCEEDED:
        is_given = _CHANNEL_NUMBER.fullmatch(number) is not None
        is_right = is_given or not (number or needs_number(operation))
    else:
        is_right = not number
    if not is_right:
        raise ChannelNumberError


def _asked(operation: ChannelOperation) -> ApprovalRequest:
    request = latest_resolution(operation.pk)
    if request is None or request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=operation.pk)
    return request


def _payload(operation: ChannelOperation, request: ApprovalRequest) -> dict[str, object]:
    return resolution_payload(operation, resolution_of(request))

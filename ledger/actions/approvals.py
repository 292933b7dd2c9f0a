"""Asking for approval, deciding, and checking at execution. A passive record of people.

Each noun's own `approve_…` composes these parts: they know a digest and people, not nouns.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from ledger import locks
from ledger.actions.audit import record_audit
from ledger.errors import (
    AlreadyDecidedError,
    ApprovalClosedError,
    ApprovalExpiredError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalDecision, ApprovalRequest
from ledger.states import ApprovalState

LIFETIME = timedelta(days=7)
"""How long a request may wait for its decisions."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, from where, and with which fresh second factor."""

    actor: str
    client_ip: str | None = None
    request_id: str = ""
    second_factor: str = ""


def digest_of(payload: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of what is shown, over canonical JSON (sorted keys, no blanks)."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def request_approval(
    *,
    kind: str,
    object_type: str,
    object_id: str,
    payload: Mapping[str, Any],
    maker: str,
    at: datetime,
    required: int = 1,
) -> ApprovalRequest:
    """Open a request about exactly `payload`. A part.

    One about the same object that nobody decided on in time ends as expired.

    Raises ApprovalClosedError when one about the same object is already open.
    """
    assert connection.in_atomic_block, "request_approval is a part"
    _expire(kind=kind, object_id=object_id, actor=maker, at=at)
    try:
        with transaction.atomic():
            return ApprovalRequest.objects.create(
                kind=kind,
                object_type=object_type,
                object_id=object_id,
                payload=dict(payload),
                digest=digest_of(payload),
                maker=maker,
                required=required,
                created_at=at,
                expires_at=at + LIFETIME,
            )
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if getattr(diagnosis, "constraint_name", "") != "ledger_approval_one_open":
            raise
        raise ApprovalClosedError(object_id=object_id) from error


def decide(
    request_id: str,
    *,
    is_approved: bool,
    shown_digest: bytes,
    decider: Decider,
    at: datetime,
    reason: str = "",
) -> ApprovalRequest:
    """Record one person's word and return the request as it then stands. A part.

    `shown_digest` is the digest of what this person looked at. One rejection ends the request;
    it is approved when `required` different people, none of them the maker, have said so.

    Raises SelfApprovalError, StaleApprovalError, ApprovalExpiredError, ApprovalClosedError or
    AlreadyDecidedError; nothing is written then.
    """
    assert connection.in_atomic_block, "decide is a part"
    request = locks.locked_approval(request_id)
    _require_decidable(request, shown_digest=shown_digest, decider=decider, at=at)
    ApprovalDecision.objects.create(
        request=request,
        maker=request.maker,
        approver=decider.actor,
        decision="approve" if is_approved else "reject",
        digest=shown_digest,
        second_factor=decider.second_factor,
        client_ip=decider.client_ip,
        reason=reason,
        at=at,
    )
    approvals = request.decisions.filter(decision="approve").count()
    if not is_approved:
        _close(request, state=ApprovalState.REJECTED, at=at)
    elif approvals >= request.required:
        _close(request, state=ApprovalState.APPROVED, at=at)
    record_audit(
        action=f"{request.kind}.{'approved' if is_approved else 'rejected'}",
        subject=request.object_id,
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        reason=reason,
        after={"request": request.pk, "approvals": approvals, "required": request.required},
    )
    return request


def execute(request: ApprovalRequest, *, payload: Mapping[str, Any], at: datetime) -> None:
    """Mark an approved request as executed, after comparing it with the live data. A part.

    Raises StaleApprovalError when `payload`, read anew, is not what was approved, and
    ApprovalClosedError when the request is not approved; nothing is written then.
    """
    request = locks.locked_approval(request.pk)
    if request.state != ApprovalState.APPROVED:
        raise ApprovalClosedError(object_id=request.object_id)
    if bytes(request.digest) != digest_of(payload):
        raise StaleApprovalError(object_id=request.object_id)
    _close(request, state=ApprovalState.EXECUTED, at=at)


def execute_unchanged(payloads: Mapping[str, Mapping[str, Any]], *, at: datetime) -> set[str]:
    """Mark those approved requests as executed whose payload is still what was approved. A part.

    `payloads`, by the request's id, are read anew. Returns the ids that were executed; the others
    are as they were. Two statements, however many there are.

    Raises ApprovalClosedError when one of them is not approved; nothing is written then.
    """
    assert connection.in_atomic_block, "execute_unchanged is a part"
    unchanged: set[str] = set()
    for request in locks.locked_approvals(payloads.keys()):
        if request.state != ApprovalState.APPROVED:
            raise ApprovalClosedError(object_id=request.object_id)
        if bytes(request.digest) == digest_of(payloads[request.pk]):
            unchanged.add(request.pk)
    ApprovalRequest.objects.filter(pk__in=unchanged).update(
        state=ApprovalState.EXECUTED, version=F("version") + 1, decided_at=at
    )
    return unchanged


def void(request: ApprovalRequest, *, at: datetime) -> None:
    """End an open request because its object changed or went away. A part."""
    request = locks.locked_approval(request.pk)
    if request.state in (ApprovalState.PENDING, ApprovalState.APPROVED):
        _close(request, state=ApprovalState.VOIDED, at=at)


def _require_decidable(
    request: ApprovalRequest, *, shown_digest: bytes, decider: Decider, at: datetime
) -> None:
    if request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=request.object_id)
    if request.expires_at <= at:
        raise ApprovalExpiredError(object_id=request.object_id)
    if decider.actor == request.maker:
        raise SelfApprovalError(object_id=request.object_id)
    if bytes(request.digest) != shown_digest:
        raise StaleApprovalError(object_id=request.object_id)
    if request.decisions.filter(approver=decider.actor).exists():
        raise AlreadyDecidedError(object_id=request.object_id)


def _expire(*, kind: str, object_id: str, actor: str, at: datetime) -> None:
    """End the request that waits for nobody any more, so that its object may be asked about."""
    request = locks.locked_expired_approval(kind=kind, object_id=object_id, at=at)
    if request is None:
        return
    _close(request, state=ApprovalState.EXPIRED, at=at)
    record_audit(
        action=f"{kind}.approval_expired",
        subject=object_id,
        actor=actor,
        at=at,
        after={"request": request.pk, "maker": request.maker},
    )


def _close(request: ApprovalRequest, *, state: ApprovalState, at: datetime) -> None:
    request.state = state
    request.version += 1
    request.decided_at = at
    request.save(update_fields=["state", "version", "decided_at"])

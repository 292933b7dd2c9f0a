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
from ledger.queries.approvals import Standing, people_needed, standing_of
from ledger.states import ApprovalState

LIFETIME = timedelta(days=7)
"""How long a request may wait for its decisions and its deed, together."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, from where, and with which fresh second factor."""

    actor: str
    client_ip: str | None = None
    request_id: str = ""
    second_factor: str = ""
    is_head: bool = False
    """Whether their word counts as a finance head's (ledger.decide_as_head)."""


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
    amount_minor: int | None = None,
    currency: str = "",
) -> ApprovalRequest:
    """Open a request about exactly `payload`. A part.

    `amount_minor` of `currency` is what the deed moves, where it moves money. The tier of kind,
    currency and amount says how many people must agree, and whether a finance head among them;
    `required` may ask for more. One about the same object that was not decided on, or not carried
    out, in time ends as expired.

    Raises ApprovalClosedError when one about the same object is already open.
    """
    assert connection.in_atomic_block, "request_approval is a part"
    needed = people_needed(kind=kind, amount_minor=amount_minor, currency=currency)
    _expire_stale(kind=kind, object_id=object_id, actor=maker, at=at)
    try:
        with transaction.atomic():
            return ApprovalRequest.objects.create(
                kind=kind,
                object_type=object_type,
                object_id=object_id,
                payload=dict(payload),
                digest=digest_of(payload),
                maker=maker,
                amount_minor=amount_minor,
                currency=currency,
                required=max(required, needed.required),
                needs_head=needed.needs_head,
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
    it is approved when `required` different people, none of them the maker, have said so, a
    finance head among them where one must be. More than `required` may be needed until one has.

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
        as_head=decider.is_head,
        digest=shown_digest,
        second_factor=decider.second_factor,
        client_ip=decider.client_ip,
        reason=reason,
        at=at,
    )
    standing = standing_of(request)
    if not is_approved:
        close(request, state=ApprovalState.REJECTED, at=at)
    elif standing.is_enough:
        close(request, state=ApprovalState.APPROVED, at=at)
    record_audit(
        action=f"{request.kind}.{'approved' if is_approved else 'rejected'}",
        subject=request.object_id,
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        reason=reason,
        after={"request": request.pk, **_counted(standing)},
    )
    return request


def execute(request: ApprovalRequest, *, payload: Mapping[str, Any], at: datetime) -> None:
    """Mark an approved request as executed, after comparing it with the live data. A part.

    Raises StaleApprovalError when `payload`, read anew, is not what was approved,
    ApprovalExpiredError when the approval is too old, and ApprovalClosedError when the request is
    not approved; nothing is written then.
    """
    request = locks.locked_approval(request.pk)
    if request.state == ApprovalState.EXPIRED or (
        request.state == ApprovalState.APPROVED and request.expires_at <= at
    ):
        raise ApprovalExpiredError(object_id=request.object_id)
    if request.state != ApprovalState.APPROVED:
        raise ApprovalClosedError(object_id=request.object_id)
    if bytes(request.digest) != digest_of(payload):
        raise StaleApprovalError(object_id=request.object_id)
    close(request, state=ApprovalState.EXECUTED, at=at)


def execute_unchanged(payloads: Mapping[str, Mapping[str, Any]], *, at: datetime) -> set[str]:
    """Mark those approved requests as executed whose payload is still what was approved. A part.

    `payloads`, by the request's id, are read anew. Returns the ids that were executed; the others,
    changed or expired, are as they were. Two statements, however many there are.

    Raises ApprovalClosedError when one of them is not approved; nothing is written then.
    """
    assert connection.in_atomic_block, "execute_unchanged is a part"
    unchanged: set[str] = set()
    for request in locks.locked_approvals(payloads.keys()):
        if request.state == ApprovalState.EXPIRED:
            continue
        if request.state != ApprovalState.APPROVED:
            raise ApprovalClosedError(object_id=request.object_id)
        is_same = bytes(request.digest) == digest_of(payloads[request.pk])
        if is_same and request.expires_at > at:
            unchanged.add(request.pk)
    ApprovalRequest.objects.filter(pk__in=unchanged).update(
        state=ApprovalState.EXECUTED, version=F("version") + 1, decided_at=at
    )
    return unchanged


def void(request: ApprovalRequest, *, at: datetime) -> None:
    """End an open request because its object changed or went away. A part."""
    request = locks.locked_approval(request.pk)
    if request.state in (ApprovalState.PENDING, ApprovalState.APPROVED):
        close(request, state=ApprovalState.VOIDED, at=at)


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


def _counted(standing: Standing) -> dict[str, Any]:
    counted = {"approvals": standing.approvals, "required": standing.required}
    return {**counted, "has_head": standing.has_head} if standing.needs_head else counted


def _expire_stale(*, kind: str, object_id: str, actor: str, at: datetime) -> None:
    """End the request that waits for nobody any more, so that its object may be asked about."""
    request = locks.locked_expired_approval(kind=kind, object_id=object_id, at=at)
    if request is not None:
        expire(request, actor=actor, at=at)


def expire(request: ApprovalRequest, *, actor: str, at: datetime) -> None:
    """End a locked request whose time has run out. A part."""
    close(request, state=ApprovalState.EXPIRED, at=at)
    record_audit(
        action=f"{request.kind}.approval_expired",
        subject=request.object_id,
        actor=actor,
        at=at,
        after={"request": request.pk, "maker": request.maker},
    )


def close(request: ApprovalRequest, *, state: ApprovalState, at: datetime) -> None:
    """Move a locked request on. A part."""
    request.state = state
    request.version += 1
    request.decided_at = at
    request.save(update_fields=["state", "version", "decided_at"])

"""How requests end without a decision: what they were about changed, or their time ran out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import locks
from ledger.actions.approvals import Decider, close, digest_of, expire
from ledger.actions.audit import record_audit
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState

EXPIRED_AT_ONCE = 500


def void_changed(
    request: ApprovalRequest, *, payload: Mapping[str, Any], decider: Decider, at: datetime
) -> bool:
    """End an open request if `payload`, read anew, is not what it was about. A part.

    Tells whether it was ended; the audit trail keeps which values are other ones. Doing it again
    does nothing more.
    """
    assert connection.in_atomic_block, "void_changed is a part"
    (request,) = locks.locked_approvals([request.pk])
    is_open = request.state in (ApprovalState.PENDING, ApprovalState.APPROVED)
    if not is_open or bytes(request.digest) == digest_of(payload):
        return False
    close(request, state=ApprovalState.VOIDED, at=at)
    names = sorted({*request.payload, *payload})
    changed = [name for name in names if request.payload.get(name) != payload.get(name)]
    record_audit(
        action=f"{request.kind}.approval_voided",
        subject=request.object_id,
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        before={name: request.payload.get(name) for name in changed},
        after={"request": request.pk, **{name: payload.get(name) for name in changed}},
    )
    return True


@transaction.atomic(durable=True)
def void_if_changed(
    request_id: str,
    *,
    read_payload: Callable[[], Mapping[str, Any]],
    decider: Decider,
    at: datetime,
) -> bool:
    """Do what `void_changed` does, as a deed of its own: a door's second, after its refusal.

    `read_payload` reads the live rows once the request is locked.
    """
    (request,) = locks.locked_approvals([request_id])
    return void_changed(request, payload=read_payload(), decider=decider, at=at)


def end_expired(request: ApprovalRequest, *, actor: str, at: datetime) -> None:
    """End a request whose time ran out, unless somebody has ended or used it already. A part."""
    assert connection.in_atomic_block, "end_expired is a part"
    (request,) = locks.locked_approvals([request.pk])
    is_open = request.state in (ApprovalState.PENDING, ApprovalState.APPROVED)
    if is_open and request.expires_at <= at:
        expire(request, actor=actor, at=at)


@transaction.atomic(durable=True)
def expire_due(*, actor: str, at: datetime) -> int:
    """End requests that were not decided on, or not carried out, in time; return how many.

    At most EXPIRED_AT_ONCE of them. Nothing that is expired can be carried out; nouns that would
    wait for ever then end themselves, before this or after it. Doing it again does nothing more.
    """
    due = locks.locked_due_approvals(at=at, limit=EXPIRED_AT_ONCE)
    for request in due:
        expire(request, actor=actor, at=at)
    return len(due)

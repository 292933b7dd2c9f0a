"""Holding back what is sent, at once and by one; letting it go again, by two people (R12).

A hold stops sending and nothing else: questions go on, and what is at a channel stays there. After
its COMMIT nothing that it covers is claimed (`payments_may_send`).
"""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, StaleApprovalError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments import locks
from payments.actions.events import record_event
from payments.errors import (
    HoldNotFoundError,
    HoldReasonMissingError,
    HoldReleasedError,
    SendingHeldError,
)
from payments.models import HoldCover, SendingHold
from payments.queries import sending
from payments.queries.sending import release_payload

APPROVAL_KIND = "sending_hold"


@transaction.atomic(durable=True)
def hold_sending(
    covers: HoldCover,
    *,
    actor: str,
    at: datetime,
    reason: str,
    channel_account_id: str | None = None,
    client_ip: str | None = None,
    request_id: str = "",
) -> SendingHold:
    """Do what `place_hold` does, as a deed of its own. Raises the same."""
    return place_hold(
        covers,
        actor=actor,
        at=at,
        reason=reason,
        channel_account_id=channel_account_id,
        client_ip=client_ip,
        request_id=request_id,
    )


def place_hold(
    covers: HoldCover,
    *,
    actor: str,
    at: datetime,
    reason: str,
    channel_account_id: str | None = None,
    client_ip: str | None = None,
    request_id: str = "",
) -> SendingHold:
    """Keep payouts, or everything, from being sent: by one channel account, or by all. A part.

    It waits for who is claiming an order at this moment; after its COMMIT nobody claims. The same
    hold by the same job while one stands changes nothing, and returns that one: a proof that fails
    every night is one reason to stop.

    Raises HoldReasonMissingError; nothing is written then.
    """
    assert connection.in_atomic_block, "place_hold is a part; open a transaction around it"
    if not reason.strip():
        raise HoldReasonMissingError
    standing = SendingHold.objects.filter(
        released_at=None, covers=covers, channel_account_id=channel_account_id, placed_by=actor
    ).first()
    if standing is not None and actor.startswith("task:"):
        return standing
    hold = SendingHold.objects.create(
        channel_account_id=channel_account_id,
        covers=covers,
        reason=reason.strip()[:500],
        placed_by=actor,
        placed_at=at,
    )
    _tell(
        hold,
        deed="sending_hold.placed",
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
    )
    return hold


@transaction.atomic(durable=True)
def request_release(
    hold_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> SendingHold:
    """Ask another person to agree that a hold ends. It stands until they do.

    Raises HoldReasonMissingError, HoldNotFoundError, HoldReleasedError, or ApprovalClosedError
    when it was asked before; nothing is written then.
    """
    if not reason.strip():
        raise HoldReasonMissingError
    hold = _standing(hold_id)
    hold.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="sending_hold",
        object_id=hold.pk,
        payload=release_payload(hold, why=reason.strip()),
        maker=actor,
        at=at,
    )
    hold.save(update_fields=["approval"])
    record_audit(
        action="sending_hold.release_requested",
        subject=hold.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
    )
    return hold


@transaction.atomic(durable=True)
def approve_release(
    hold_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> SendingHold:
    """Agree that a hold ends: what it alone kept back is sent from now on, by its janitors.

    Raises HoldNotFoundError, HoldReleasedError, SelfApprovalError, StaleApprovalError,
    ApprovalExpiredError, ApprovalClosedError or AlreadyDecidedError; nothing is written then.
    """
    hold, request = _asked(hold_id)
    request = approvals.decide(
        request.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        hold.released_at = at
        hold.save(update_fields=["released_at"])
        if not approvals.execute_unchanged({request.pk: request.payload}, at=at):
            raise StaleApprovalError(object_id=hold.pk)
        _tell(hold, deed="sending_hold.released", actor=decider.actor, at=at)
    return hold


@transaction.atomic(durable=True)
def reject_release(
    hold_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> SendingHold:
    """Say no: the hold stands, and its release may be asked for again.

    Raises HoldReasonMissingError and what `approve_release` raises; nothing is written then.
    """
    if not reason.strip():
        raise HoldReasonMissingError
    hold, request = _asked(hold_id)
    approvals.decide(
        request.pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return hold


def require_payouts_may_leave(channel_account_id: str) -> None:
    """Refuse to send payouts of an account while a hold stands; none is placed meanwhile. A part.

    Raises SendingHeldError.
    """
    assert connection.in_atomic_block, "whoever sends asks in their own transaction"
    if not sending.may_pay_out(channel_account_id):
        raise SendingHeldError


def _standing(hold_id: str) -> SendingHold:
    try:
        hold = locks.locked_hold(hold_id)
    except SendingHold.DoesNotExist:
        raise HoldNotFoundError from None
    if hold.released_at is not None:
        raise HoldReleasedError
    return hold


def _asked(hold_id: str) -> tuple[SendingHold, ApprovalRequest]:
    hold = _standing(hold_id)
    if hold.approval is None or hold.approval.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=hold.pk)
    return hold, hold.approval


def _tell(hold: SendingHold, *, deed: str, actor: str, at: datetime, **door: Any) -> None:
    snapshot = {"covers": hold.covers, "channel_account": hold.channel_account_id}
    record_event(kind=deed, subject=hold.pk, at=at, payload=snapshot)
    record_audit(
        action=deed,
        subject=hold.pk,
        actor=actor,
        at=at,
        reason="" if hold.released_at else hold.reason,
        after=snapshot,
        **door,
    )

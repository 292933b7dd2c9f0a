"""Changing how many people must agree: asked for by one, agreed to by a finance head.

A tier is never changed: its next version is written, and the newest counts for what is asked for
from then on. What waits already keeps the people that it was asked with.
"""

from datetime import datetime

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import (
    StaleApprovalError,
    TierInvalidError,
    TierNotAskedError,
    TierReasonMissingError,
    TierUnchangedError,
)
from ledger.identifiers import ID_MAX_LENGTH
from ledger.models import ApprovalRequest, ApprovalTier
from ledger.money import exponent
from ledger.queries.approval_tiers import (
    TIER_KIND,
    TierTerms,
    open_tier_request,
    terms_asked,
    tier_in_force,
    tier_payload,
)
from ledger.states import ApprovalState

PEOPLE_MAX = 5


@transaction.atomic(durable=True)
def request_tier(
    terms: TierTerms,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask that so many people must agree from now on. Nothing changes before.

    Raises TierReasonMissingError, TierInvalidError, UnknownCurrencyError, TierUnchangedError, or
    ApprovalClosedError when the same tier waits for a decision already; nothing is written then.
    """
    _require_reason(reason)
    _require_sense(terms)
    now = tier_in_force(terms)
    if now is not None and (now.required, now.needs_head) == (terms.required, terms.needs_head):
        raise TierUnchangedError
    payload = tier_payload(terms)
    request = approvals.request_approval(
        kind=TIER_KIND,
        object_type="approval_tier",
        object_id=terms.object_id,
        payload=payload,
        maker=actor,
        at=at,
    )
    record_audit(
        action="approval_tier.requested",
        subject=terms.object_id,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def approve_tier(
    request_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ApprovalRequest:
    """Agree to the tier that was shown. The last agreement that is needed puts it in force.

    Raises TierNotAskedError, SelfApprovalError, StaleApprovalError when another version came into
    force since, ApprovalExpiredError or AlreadyDecidedError; nothing is written then.
    """
    asked = _asked(request_id)
    terms = terms_asked(asked)
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return request
    payload = tier_payload(terms)
    if approvals.digest_of(payload) != bytes(request.digest):
        raise StaleApprovalError(object_id=asked.object_id)
    ApprovalTier.objects.create(
        kind=terms.kind,
        currency=terms.currency,
        above_minor=terms.above_minor,
        required=terms.required,
        needs_head=terms.needs_head,
        created_at=at,
        created_by=asked.maker,
        approval=request,
    )
    approvals.execute_unchanged({request.pk: payload}, at=at)
    record_audit(
        action="approval_tier.changed",
        subject=asked.object_id,
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        after=payload,
    )
    return request


@transaction.atomic(durable=True)
def reject_tier(
    request_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ApprovalRequest:
    """Say no: as many people have to agree as before.

    Raises TierReasonMissingError and what `approve_tier` raises; nothing is written then.
    """
    _require_reason(reason)
    return approvals.decide(
        _asked(request_id).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )


def _asked(request_id: str) -> ApprovalRequest:
    asked = open_tier_request(request_id)
    if asked is None:
        raise TierNotAskedError
    return asked


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise TierReasonMissingError


def _require_sense(terms: TierTerms) -> None:
    """Refuse what the database would refuse, in words."""
    if terms.currency:
        exponent(terms.currency)
    is_head_missing = terms.kind == TIER_KIND and not terms.needs_head
    is_amount_bare = terms.above_minor < 0 or (terms.above_minor > 0 and not terms.currency)
    if not 1 <= terms.required <= PEOPLE_MAX or is_head_missing or is_amount_bare:
        raise TierInvalidError
    if len(terms.object_id) > ID_MAX_LENGTH:
        raise TierInvalidError

"""Requests and words of people, as they are written past the actions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ledger.actions.approvals import digest_of
from ledger.models import ApprovalDecision, ApprovalRequest
from tests.instants import NOON

# Far from the numbers of people whom a test takes on.
ASKS = "user:900001"
AGREES = "user:900002"


def request_of(
    kind: str,
    object_id: str,
    payload: Mapping[str, Any],
    *,
    amount_minor: int | None = None,
    currency: str = "",
    **other: object,
) -> ApprovalRequest:
    """Describe a request that nobody has written yet; one person is asked."""
    return ApprovalRequest(
        **{
            "kind": kind,
            "object_type": kind,
            "object_id": object_id,
            "payload": dict(payload),
            "digest": digest_of(payload),
            "maker": ASKS,
            "amount_minor": amount_minor,
            "currency": currency,
            "created_at": NOON,
            "expires_at": NOON + timedelta(days=7),
            **other,
        }
    )


def word_on(request: ApprovalRequest, **other: object) -> ApprovalDecision:
    """Describe one person's yes that nobody has written yet."""
    return ApprovalDecision(
        **{
            "request": request,
            "maker": request.maker,
            "approver": AGREES,
            "decision": "approve",
            "second_factor": "totp",
            "digest": bytes(request.digest),
            "at": NOON,
            **other,
        }
    )


def agreed(request: ApprovalRequest) -> ApprovalRequest:
    """Have one other person agree to a written request, and approve it."""
    word_on(request).save()
    ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)
    request.refresh_from_db()
    return request

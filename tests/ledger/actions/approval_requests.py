"""Requests and decisions that the tests of approvals share."""

from datetime import datetime

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.models import ApprovalRequest
from tests.instants import NEXT_NOON, NOON

PAYLOAD = {"merchant": "mer_1", "net": 49_900, "currency": "CNY"}


MAKER = "user:1"


CHECKER = Decider("user:2", client_ip="203.0.113.7", request_id="req_1", second_factor="totp:9")


def asked(
    *, object_id: str = "stl_1", required: int = 1, at: datetime = NOON, **money
) -> ApprovalRequest:
    return approvals.request_approval(
        kind="settlement",
        object_type="settlement",
        object_id=object_id,
        payload=PAYLOAD,
        maker=MAKER,
        at=at,
        required=required,
        **money,
    )


def decide(request: ApprovalRequest, decider: Decider = CHECKER, **other) -> ApprovalRequest:
    return approvals.decide(
        request.pk,
        **{
            "is_approved": True,
            "shown_digest": bytes(request.digest),
            "decider": decider,
            "at": NEXT_NOON,
            **other,
        },
    )


def now(request: ApprovalRequest) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=request.pk)

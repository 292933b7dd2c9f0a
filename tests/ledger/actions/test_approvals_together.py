"""Executing many approvals at once: each for itself, in two statements."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.errors import ApprovalClosedError
from ledger.models import ApprovalRequest
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

CHECKER = Decider("user:2", second_factor="totp")


def payload(number):
    return {"settlement": f"stl_{number}", "net": 100 + number}


def asked(number, *, is_approved=True):
    request = approvals.request_approval(
        kind="settlement",
        object_type="settlement",
        object_id=f"stl_{number}",
        payload=payload(number),
        maker="user:1",
        at=NOON,
    )
    if is_approved:
        approvals.decide(
            request.pk,
            is_approved=True,
            shown_digest=bytes(request.digest),
            decider=CHECKER,
            at=NOON,
        )
    return request


def states():
    return list(ApprovalRequest.objects.order_by("object_id").values_list("state", flat=True))


def test_executes_what_is_unchanged_and_leaves_the_rest():
    # Given
    requests = [asked(number) for number in range(3)]
    payloads = {request.pk: payload(number) for number, request in enumerate(requests)}
    payloads[requests[1].pk] = {**payload(1), "net": 1}

    # When
    with CaptureQueriesContext(connection) as queries:
        executed = approvals.execute_unchanged(payloads, at=NEXT_NOON)

    # Then
    assert executed == {requests[0].pk, requests[2].pk}
    assert states() == ["executed", "approved", "executed"]
    first = ApprovalRequest.objects.get(pk=requests[0].pk)
    assert (first.decided_at, first.version) == (NEXT_NOON, requests[0].version + 2)
    assert len(queries) == 2


def test_refuses_all_when_one_was_not_approved():
    # Given
    requests = [asked(0), asked(1, is_approved=False)]
    payloads = {request.pk: payload(number) for number, request in enumerate(requests)}

    # When, Then
    with nothing_written(), pytest.raises(ApprovalClosedError):
        approvals.execute_unchanged(payloads, at=NEXT_NOON)
    assert states() == ["approved", "pending"]


def test_happens_once():
    # Given
    request = asked(0)
    approvals.execute_unchanged({request.pk: payload(0)}, at=NEXT_NOON)

    # When, Then
    with pytest.raises(ApprovalClosedError):
        approvals.execute_unchanged({request.pk: payload(0)}, at=NEXT_NOON)

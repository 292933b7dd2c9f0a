"""Executing and voiding what was decided, inside a transaction of its own noun."""

import pytest
from django.db import transaction

from ledger.actions import approvals
from ledger.errors import (
    ApprovalClosedError,
    StaleApprovalError,
)
from tests.instants import NEXT_NOON
from tests.ledger.actions.approval_requests import PAYLOAD, asked, decide, now
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


class TestExecute:
    def test_marks_what_was_approved_as_done(self):
        # Given
        request = asked()
        decide(request)

        # When
        approvals.execute(request, payload=dict(reversed(PAYLOAD.items())), at=NEXT_NOON)

        # Then
        assert now(request).state == "executed"

    def test_happens_once(self):
        # Given
        request = asked()
        decide(request)
        approvals.execute(request, payload=PAYLOAD, at=NEXT_NOON)

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            approvals.execute(request, payload=PAYLOAD, at=NEXT_NOON)

    def test_refuses_what_was_not_approved(self):
        # Given
        request = asked()

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            approvals.execute(request, payload=PAYLOAD, at=NEXT_NOON)
        assert now(request).state == "pending"

    def test_refuses_what_has_changed_since(self):
        # Given
        request = asked()
        decide(request)

        # When, Then
        with nothing_written(), pytest.raises(StaleApprovalError):
            approvals.execute(request, payload={**PAYLOAD, "net": 50_000}, at=NEXT_NOON)
        assert now(request).state == "approved"


class TestVoid:
    @pytest.mark.parametrize("is_approved", [True, False])
    def test_ends_what_is_open(self, is_approved):
        # Given
        request = asked()
        if is_approved:
            decide(request)

        # When
        approvals.void(request, at=NEXT_NOON)

        # Then
        assert now(request).state == "voided"

    def test_leaves_what_has_ended(self):
        # Given
        request = asked()
        decide(request, is_approved=False, reason="no")

        # When
        approvals.void(request, at=NEXT_NOON)

        # Then
        assert now(request).state == "rejected"


@pytest.mark.django_db(transaction=True)
class TestParts:
    """All of them belong into the transaction of the deed that they guard."""

    def test_refuse_to_be_the_whole_deed(self):
        # Given
        with transaction.atomic():
            request = asked()

        # When, Then
        with pytest.raises(AssertionError, match="part"):
            asked(object_id="stl_2")
        with pytest.raises(AssertionError, match="part"):
            decide(request)
        assert now(request).state == "pending"

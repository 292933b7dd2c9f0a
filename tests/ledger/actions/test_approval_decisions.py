"""Deciding on a request: by other people, about exactly what was shown, in time."""

from datetime import timedelta

import pytest

from ledger.actions.approvals import LIFETIME, Decider, digest_of
from ledger.errors import (
    AlreadyDecidedError,
    ApprovalClosedError,
    ApprovalExpiredError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalDecision, AuditEntry
from tests.instants import NEXT_NOON, NOON
from tests.ledger.actions.approval_requests import MAKER, PAYLOAD, asked, decide, now
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


ANOTHER = Decider("user:3", second_factor="totp")


class TestDecide:
    def test_one_yes_approves_where_one_is_required(self):
        # Given
        request = asked()

        # When
        decide(request)

        # Then
        request = now(request)
        assert (request.state, request.version, request.decided_at) == ("approved", 2, NEXT_NOON)
        word = ApprovalDecision.objects.get()
        assert (word.maker, word.approver, word.decision) == (MAKER, "user:2", "approve")
        assert (word.client_ip, word.second_factor) == ("203.0.113.7", "totp:9")
        assert bytes(word.digest) == digest_of(PAYLOAD)

    def test_writes_who_and_from_where_into_the_audit_trail(self):
        # Given
        request = asked()

        # When
        decide(request)

        # Then
        row = AuditEntry.objects.get()
        assert (row.action, row.subject, row.actor) == ("settlement.approved", "stl_1", "user:2")
        assert (row.client_ip, row.request_id, row.at) == ("203.0.113.7", "req_1", NEXT_NOON)
        assert row.after == {"request": request.pk, "approvals": 1, "required": 1}

    def test_two_are_needed_where_two_are_required(self):
        # Given
        request = asked(required=2)

        # When
        decide(request)

        # Then
        assert now(request).state == "pending"

        # When
        decide(request, ANOTHER)

        # Then
        assert now(request).state == "approved"

    def test_one_no_ends_it_however_many_are_required(self):
        # Given
        request = asked(required=2)
        decide(request)

        # When
        decide(request, ANOTHER, is_approved=False, reason="wrong account")

        # Then
        assert now(request).state == "rejected"
        assert AuditEntry.objects.get(action="settlement.rejected").reason == "wrong account"

    def test_refuses_the_maker_and_writes_nothing(self):
        # Given
        request = asked()

        # When, Then
        with nothing_written(), pytest.raises(SelfApprovalError):
            decide(request, Decider(MAKER))
        assert now(request).state == "pending"

    def test_refuses_the_maker_also_to_say_no(self):
        # Given
        request = asked()

        # When, Then
        with nothing_written(), pytest.raises(SelfApprovalError):
            decide(request, Decider(MAKER), is_approved=False, reason="changed my mind")

    def test_refuses_what_is_not_what_was_shown(self):
        # Given
        request = asked()

        # When, Then
        with nothing_written(), pytest.raises(StaleApprovalError):
            decide(request, shown_digest=digest_of({**PAYLOAD, "net": 1}))
        assert now(request).state == "pending"

    def test_refuses_from_the_moment_it_expires(self):
        # Given
        request = asked()

        # When, Then
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            decide(request, at=NOON + LIFETIME)
        decide(request, at=NOON + LIFETIME - timedelta(microseconds=1))

    def test_refuses_a_second_word_of_the_same_person(self):
        # Given
        request = asked(required=2)
        decide(request)

        # When, Then
        with nothing_written(), pytest.raises(AlreadyDecidedError):
            decide(request)
        assert now(request).state == "pending"

    @pytest.mark.parametrize("is_approved", [True, False])
    def test_refuses_a_word_on_what_is_decided(self, is_approved):
        # Given
        request = asked()
        decide(request, is_approved=is_approved, reason="because")

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            decide(request, ANOTHER)

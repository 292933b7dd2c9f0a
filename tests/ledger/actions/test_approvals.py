"""Asking for approval, deciding, executing: by people, in order, about what was shown."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from ledger.actions import approvals
from ledger.actions.approvals import LIFETIME, Decider, digest_of
from ledger.errors import (
    AlreadyDecidedError,
    ApprovalClosedError,
    ApprovalExpiredError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalDecision, ApprovalRequest, AuditEntry
from tests.instants import NEXT_NOON, NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db

PAYLOAD = {"merchant": "mer_1", "net": 49_900, "currency": "CNY"}
MAKER = "user:1"
CHECKER = Decider("user:2", client_ip="203.0.113.7", request_id="req_1", second_factor="totp:9")
ANOTHER = Decider("user:3", second_factor="totp")


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


class TestDigest:
    def test_is_sha_256_over_canonical_json(self):
        # Then it is what sha256sum says of {"a":"茶","b":1}
        assert digest_of({"b": 1, "a": "茶"}).hex() == (
            "eb15962717c46908cb2db459b4372a00070ca926609053d3fc961207f51dba9d"
        )

    def test_does_not_depend_on_the_order_of_keys(self):
        assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})

    def test_depends_on_every_value(self):
        assert digest_of(PAYLOAD) != digest_of({**PAYLOAD, "net": 49_901})


class TestRequest:
    def test_keeps_what_was_shown_and_lives_a_week(self):
        # When
        request = now(asked())

        # Then
        assert (request.state, request.maker, request.required) == ("pending", MAKER, 1)
        assert request.payload == PAYLOAD
        assert bytes(request.digest) == digest_of(PAYLOAD)
        assert request.expires_at == NOON + LIFETIME == NOON + timedelta(days=7)

    def test_refuses_a_second_open_one_about_the_same_object(self):
        # Given
        asked()

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked()

    def test_may_be_asked_again_after_a_no(self):
        # Given
        decide(asked(), is_approved=False, reason="wrong account")

        # When
        again = asked()

        # Then
        assert now(again).state == "pending"

    def test_may_be_asked_again_once_nobody_can_decide_any_more(self):
        # Given
        first = asked()
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(at=NOON + LIFETIME - timedelta(microseconds=1))

        # When
        again = asked(at=NOON + LIFETIME)

        # Then
        first = now(first)
        assert (first.state, first.version, first.decided_at) == ("expired", 2, NOON + LIFETIME)
        assert now(again).state == "pending"
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.subject, entry.actor) == (
            "settlement.approval_expired",
            "stl_1",
            MAKER,
        )
        assert entry.after == {"request": first.pk, "maker": MAKER}
        with nothing_written(), pytest.raises(ApprovalClosedError):
            decide(first, at=NOON + LIFETIME)

    def test_what_was_agreed_to_and_not_done_runs_out_as_well(self):
        # Given
        first = decide(asked())
        with nothing_written(), pytest.raises(ApprovalClosedError):
            asked(at=NOON + LIFETIME - timedelta(microseconds=1))

        # When
        again = asked(at=NOON + LIFETIME)

        # Then
        assert (now(first).state, now(again).state) == ("expired", "pending")
        with nothing_written(), pytest.raises(ApprovalExpiredError):
            approvals.execute(first, payload=PAYLOAD, at=NOON + LIFETIME)

    def test_another_object_keeps_what_ran_out(self):
        # Given
        first = asked()

        # When
        asked(object_id="stl_2", at=NOON + LIFETIME)

        # Then
        assert now(first).state == "pending"

    def test_a_mistake_of_ours_is_not_called_closed(self):
        with nothing_written(), pytest.raises(IntegrityError, match="ledger_approval_amount"):
            asked(amount_minor=-1, currency="CNY")


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

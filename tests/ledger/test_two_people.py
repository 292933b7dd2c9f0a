"""Two people: what PostgreSQL refuses to those who would decide alone."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from ledger.actions.approvals import digest_of, request_approval
from ledger.models import ApprovalDecision, ApprovalRequest
from ledger.states import APPROVAL, ApprovalState
from tests.instants import NOON
from tests.rig.attacks import every_way, refused, run_sql

MAKER = "user:1"
CHECKER = "user:2"
ANOTHER = "user:3"
PAYLOAD = {"net": 49_900, "currency": "CNY"}


@dataclass
class Desk:
    """One open request, and decisions about it that are not written yet."""

    request: ApprovalRequest

    def decision(self, **other: object) -> ApprovalDecision:
        return ApprovalDecision(
            **{
                "request": self.request,
                "maker": self.request.maker,
                "approver": CHECKER,
                "decision": "approve",
                "second_factor": "totp",
                "digest": bytes(self.request.digest),
                "at": NOON,
                **other,
            }
        )

    def move(self, *states: str) -> None:
        for state in states:
            ApprovalRequest.objects.filter(pk=self.request.pk).update(state=state, decided_at=NOON)

    @property
    def state(self) -> str:
        return ApprovalRequest.objects.get(pk=self.request.pk).state


def asked(required: int = 1, object_id: str = "stl_1") -> ApprovalRequest:
    return request_approval(
        kind="settlement",
        object_type="settlement",
        object_id=object_id,
        payload=PAYLOAD,
        maker=MAKER,
        at=NOON,
        required=required,
    )


@pytest.fixture
def desk(either_role: str) -> Desk:
    return Desk(asked())


class TestDecisions:
    """Who may say what about a request."""

    @every_way
    def test_refuses_the_maker(self, desk, write):
        # When, Then
        with refused("ledger_decision_two_people"):
            write([desk.decision(approver=MAKER)])
        assert ApprovalDecision.objects.count() == 0

    @every_way
    def test_refuses_a_decision_that_names_another_maker(self, desk, write):
        # When the maker decides and says that somebody else had asked
        with refused("ledger_decision_maker_fk"):
            write([desk.decision(maker=ANOTHER, approver=MAKER)])

        # Then
        assert ApprovalDecision.objects.count() == 0

    @every_way
    def test_refuses_a_second_word_of_the_same_person(self, desk, write):
        # Given
        desk.decision().save()

        # When, Then
        with refused("ledger_decision_once_each"):
            write([desk.decision()])

    @every_way
    def test_refuses_what_was_shown_otherwise(self, desk, write):
        with refused("is closed, expired or shows something else"):
            write([desk.decision(digest=digest_of({**PAYLOAD, "net": 1}))])

    @every_way
    def test_refuses_what_has_expired(self, desk, write):
        with refused("is closed, expired or shows something else"):
            write([desk.decision(at=NOON + timedelta(days=7))])

    def test_accepts_the_last_moment(self, desk):
        # When
        desk.decision(at=NOON + timedelta(days=7) - timedelta(microseconds=1)).save()

        # Then
        assert ApprovalDecision.objects.count() == 1

    @pytest.mark.parametrize("state", ["rejected", "expired", "voided"])
    def test_refuses_a_word_on_a_closed_request(self, desk, state):
        # Given
        desk.move(state)

        # When, Then
        with refused("is closed, expired or shows something else"):
            desk.decision().save()

    def test_refuses_a_word_that_is_neither_yes_nor_no(self, desk):
        with refused("ledger_decision_choice"):
            desk.decision(decision="perhaps").save()

    def test_refuses_a_no_without_its_reason(self, desk):
        with refused("ledger_decision_rejection_reason"):
            desk.decision(decision="reject").save()


class TestRequests:
    """How a request gets from asked to done."""

    @pytest.mark.parametrize("state", [state for state in ApprovalState if state != "pending"])
    @every_way
    def test_begins_as_pending(self, desk, write, state):
        # Given
        forged = ApprovalRequest(
            kind="settlement",
            object_type="settlement",
            object_id="stl_2",
            payload=PAYLOAD,
            digest=digest_of(PAYLOAD),
            maker=MAKER,
            state=state,
            created_at=NOON,
            expires_at=NOON + timedelta(days=7),
        )

        # When, Then
        with refused("begins as pending|has not been approved"):
            write([forged])

    def test_is_not_approved_by_saying_so(self, desk):
        # When, Then
        with refused("has not been approved by 1 people"):
            desk.move("approved")
        assert desk.state == "pending"

    def test_is_not_approved_by_one_where_two_must(self, either_role):
        # Given
        desk = Desk(asked(required=2))
        desk.decision().save()

        # When, Then
        with refused("has not been approved by 2 people"):
            desk.move("approved")

    def test_is_approved_by_two_where_two_must(self, either_role):
        # Given
        desk = Desk(asked(required=2))
        desk.decision().save()
        desk.decision(approver=ANOTHER).save()

        # When
        desk.move("approved")

        # Then
        assert desk.state == "approved"

    def test_is_not_approved_past_somebody_s_no(self, either_role):
        # Given
        desk = Desk(asked())
        desk.decision().save()
        desk.decision(approver=ANOTHER, decision="reject", reason="not ours").save()

        # When, Then
        with refused("has not been approved"):
            desk.move("approved")

    def test_words_about_another_request_count_for_nothing(self, desk):
        # Given
        other = Desk(asked(object_id="stl_2"))
        other.decision().save()

        # When, Then
        with refused("has not been approved by 1 people"):
            desk.move("approved")

    def test_one_object_has_one_open_request(self, desk):
        with refused("ledger_approval_one_open"):
            run_sql(
                "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload,"
                " digest, maker, currency, required, needs_head, state, version, created_at,"
                " expires_at) SELECT 'apr_2', kind, object_type, object_id, payload, digest,"
                " 'user:9', currency, required, needs_head, state, version, created_at, expires_at"
                " FROM ledger_approvalrequest"
            )

    def test_takes_at_least_one_other_person(self, either_role):
        with refused("asks fewer people than its tier: 1"):
            run_sql(
                "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload,"
                " digest, maker, currency, required, needs_head, state, version, created_at,"
                " expires_at) VALUES ('apr_2', 'x', 'x', 'x', '{}', sha256('{}'), 'user:9', '', 0,"
                " false, 'pending', 1, now(), now())"
            )

    @pytest.mark.parametrize("was", ["rejected", "expired", "voided", "executed"])
    def test_never_leaves_a_terminal_state(self, desk, was):
        # Given
        desk.decision().save()
        desk.move(*(["approved", "executed"] if was == "executed" else [was]))
        assert was in APPROVAL.terminal

        # When, Then
        for state in ApprovalState:
            if state != was:
                with refused(f"may not move from {was} to {state}"):
                    desk.move(state)
        assert desk.state == was

    def test_is_not_executed_before_it_is_approved(self, desk):
        # Given
        desk.decision().save()

        # When, Then
        with refused("may not move from pending to executed"):
            desk.move("executed")

"""Requests that need two people, decided at the same moment on real connections."""

from collections.abc import Callable

import pytest
from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.errors import AlreadyDecidedError, ApprovalClosedError
from ledger.models import ApprovalDecision, ApprovalRequest
from tests.instants import NOON
from tests.rig.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
rounds = pytest.mark.parametrize("round_no", range(ROUNDS))


def asked(required: int) -> ApprovalRequest:
    with transaction.atomic():
        return approvals.request_approval(
            kind="thing",
            object_type="thing",
            object_id="x_1",
            payload={"thing": 1},
            maker="user:900001",
            at=NOON,
            required=required,
        )


def word(request: ApprovalRequest, actor: str, *, is_approved: bool = True) -> Callable[[], str]:
    def say() -> str:
        with transaction.atomic():
            found = approvals.decide(
                request.pk,
                is_approved=is_approved,
                shown_digest=bytes(request.digest),
                decider=Decider(actor, second_factor="totp"),
                at=NOON,
                reason="" if is_approved else "not ours",
            )
            return str(found.state)

    return say


@rounds
def test_of_two_who_must_agree_exactly_the_second_approves(round_no):
    # Given
    request = asked(required=2)

    # When
    answers = at_once(word(request, "user:900002"), word(request, "user:900003"))

    # Then
    assert sorted(answers) == ["approved", "pending"]
    found = ApprovalRequest.objects.get()
    assert (found.state, found.version) == ("approved", 2)
    assert ApprovalDecision.objects.count() == 2


@rounds
def test_one_who_presses_twice_counts_once(round_no):
    # Given
    request = asked(required=2)

    # When
    answers = at_once(word(request, "user:900002"), word(request, "user:900002"))

    # Then
    assert sorted(type(answer) for answer in answers if not isinstance(answer, str)) == [
        AlreadyDecidedError
    ]
    assert ApprovalRequest.objects.get().state == "pending"
    assert ApprovalDecision.objects.count() == 1


@rounds
def test_yes_and_no_at_once_end_as_one_of_them(round_no):
    # Given
    request = asked(required=1)

    # When
    yes, no = at_once(word(request, "user:900002"), word(request, "user:900003", is_approved=False))

    # Then whoever came second is told that it is closed
    state = ApprovalRequest.objects.get().state
    assert ApprovalDecision.objects.count() == 1
    if state == "approved":
        assert yes == "approved"
        assert isinstance(no, ApprovalClosedError)
    else:
        assert (state, no) == ("rejected", "rejected")
        assert isinstance(yes, ApprovalClosedError)


@rounds
def test_a_no_beside_the_first_of_two_yeses_ends_it(round_no):
    # Given
    request = asked(required=2)

    # When
    at_once(word(request, "user:900002"), word(request, "user:900003", is_approved=False))

    # Then
    assert ApprovalRequest.objects.get().state == "rejected"

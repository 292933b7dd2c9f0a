"""A person is written in one way: who asked does not agree as `USER:1`."""

import pytest
from django.db import transaction

from ledger.models import ApprovalDecision, ApprovalRequest
from tests.factories.approvals import request_of, word_on
from tests.rig.attacks import refused

ONESELF = ["USER:1", "User:1", "user:01", "user:1 ", " user:1", "user: 1", "user:+1", "user:1\n"]


def written(maker: str = "user:1") -> ApprovalRequest:
    request = request_of("settlement", "stl_1", {"net_minor": 1}, maker=maker)
    request.save(force_insert=True)
    return request


@pytest.mark.parametrize("approver", [*ONESELF, "member:2", "task:payments.expire", "2", "user:"])
def test_an_approver_is_a_person_by_number(either_role: str, approver: str) -> None:
    # Given
    request = written()

    # When
    with refused("ledger_decision_approver_form"):
        word_on(request, approver=approver).save(force_insert=True)

    # Then
    assert not ApprovalDecision.objects.exists()


@pytest.mark.parametrize("maker", [*ONESELF, "somebody", "", "user:x", "user:1.0"])
def test_a_maker_who_is_a_person_is_written_by_number(either_role: str, maker: str) -> None:
    with refused("ledger_approval_maker_form"):
        written(maker)

    assert not ApprovalRequest.objects.exists()


@pytest.mark.parametrize(
    "maker", ["user:17", "key:ak_2Z", "member:17", "payer:pyr_1", "task:payments.query"]
)
def test_others_who_ask_keep_their_names(either_role: str, maker: str) -> None:
    # When
    with transaction.atomic():
        request = written(maker)
        word_on(request, approver="user:901").save(force_insert=True)

    # Then
    assert request.decisions.get().approver == "user:901"

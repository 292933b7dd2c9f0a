# ruff: noqa: F811  fixtures are imported
"""Nobody says alone, unseen, without evidence or without the right what is true of an order."""

import pytest

from ledger.actions.approvals import digest_of
from ledger.errors import SelfApprovalError
from ledger.models import ApprovalRequest
from payments.models import Capture, Refund, Void
from tests.payments.admin.test_hold_pages import refused
from tests.payments.admin.truth_desk import (  # noqa: F401
    SAID,
    agree,
    an_hour_later,
    capture,
    channel,
    press,
    refund,
    void,
)
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["refund", "capture", "void"])
def row(request) -> Refund | Capture | Void:
    """Whatever its channel contradicts."""
    return request.getfixturevalue(request.param)


class TestRefusals:
    def test_nobody_agrees_with_themselves(self, row):
        # Given
        boss = desk(is_superuser=True)
        press(boss, "ask_truth", row, **SAID)
        digest = digest_of(ApprovalRequest.objects.get(kind="contradiction").payload).hex()

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(boss, "approve_truth", row, shown_digest=digest)
        refused(response, SelfApprovalError.code, status=SelfApprovalError.status)

    def test_what_was_not_shown_is_not_agreed_to(self, row):
        # Given
        press(desk("finance_maker"), "ask_truth", row, **SAID)
        checker = desk("finance_checker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(checker, "approve_truth", row, shown_digest="0" * 64)
        refused(response, "stale_approval")

    def test_it_is_asked_once(self, row):
        # Given
        press(desk("finance_maker"), "ask_truth", row, **SAID)
        other = desk("finance_maker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(other, "ask_truth", row, **{**SAID, "way": "not_made"})
        refused(response, "approval_closed")

    def test_a_no_needs_a_reason_and_leaves_it_contradicted(self, row):
        # Given
        press(desk("finance_maker"), "ask_truth", row, **SAID)
        checker = desk("finance_checker")
        with nothing_written():
            silent = agree(checker, row, deed="reject_truth")
        assert (silent.status_code, "This field is required." in words(silent)) == (200, True)

        # When
        agree(checker, row, deed="reject_truth", reason="Another line.")

        # Then
        row.refresh_from_db()
        assert (row.status, row.status_code) == ("failed", "contradicted")
        assert ApprovalRequest.objects.get(kind="contradiction").state == "rejected"
        assert press(desk("finance_maker"), "ask_truth", row, **SAID).status_code == 302


@pytest.mark.parametrize("missing", SAID)
def test_nobody_says_it_without_evidence_and_reason(refund, missing):
    # Given
    maker = desk("finance_maker")
    sent = {name: text for name, text in SAID.items() if name != missing}

    # When, Then
    with nothing_written():
        response = press(maker, "ask_truth", refund, **sent)
    assert (response.status_code, "This field is required." in words(response)) == (200, True)


@pytest.mark.parametrize(
    ("role", "deed"),
    [
        ("finance_checker", "ask_truth"),
        ("support", "ask_truth"),
        ("", "ask_truth"),
        ("finance_maker", "approve_truth"),
        ("auditor", "approve_truth"),
        ("finance_maker", "reject_truth"),
    ],
)
def test_who_may_not_is_turned_away(refund, role, deed):
    # Given
    client = desk(role)

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(client, deed, refund, **SAID)
    assert response.status_code == 403

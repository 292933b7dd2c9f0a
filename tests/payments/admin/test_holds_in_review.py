"""Captures and voids in review, in the back office: two people end them as the evidence says."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from ledger.actions.approvals import digest_of
from ledger.errors import SelfApprovalError
from ledger.models import ApprovalRequest
from payments.models import Capture, Payment
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.payments import AlipayAccountFactory, MerchantFactory
from tests.instants import NOON
from tests.payments.actions.test_resolving_holds import in_review
from tests.payments.admin import test_hold_pages
from tests.payments.admin.test_hold_pages import refused
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

EVIDENCE = {
    "outcome": "succeeded",
    "evidence": "channel_bill",
    "reference": "bill 2026-03-05, line 7",
    "reason": "Seen there.",
}

DIGEST_SHOWN = re.compile(r'name="shown_digest" value="([0-9a-f]{64})"')
"""The digest of what a page of agreement shows."""


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def held() -> Payment:
    """100.00 that a channel holds."""
    return held_payment(MerchantFactory(), channel=AlipayAccountFactory())


def page(client: Client, name: str, order) -> HttpResponse:
    return test_hold_pages.page(client, name, order, of="channeloperation")


def press(client: Client, name: str, order, **sent: str) -> HttpResponse:
    return test_hold_pages.press(client, name, order, of="channeloperation", **sent)


def shown_digest(client: Client, name: str, order) -> str:
    content = page(client, name, order).content.decode()
    found = DIGEST_SHOWN.search(content)
    return found[1] if found else ""


ORDERS = pytest.mark.parametrize("order", [ordered_capture, ordered_void])


class TestEndingInReview:
    @ORDERS
    def test_two_people_end_it(self, held, order):
        # Given
        made = in_review(order(held))
        maker, checker = desk("finance_maker"), desk("finance_checker")
        operation = made.operation

        # When
        asked = press(maker, "ask_resolution", operation, **EVIDENCE)

        # Then
        assert asked.status_code == 302
        seen = words(page(checker, "approve_resolution", operation))
        assert "100.00" in seen
        assert EVIDENCE["reference"] in seen

        # When
        agreed = press(
            checker,
            "approve_resolution",
            operation,
            shown_digest=shown_digest(checker, "approve_resolution", operation),
        )
        run_jobs()

        # Then
        assert agreed.status_code == 302
        made.refresh_from_db()
        held.refresh_from_db()
        ended = "paid" if isinstance(made, Capture) else "closed"
        assert (made.status, held.status) == ("succeeded", ended)

    @ORDERS
    def test_nobody_agrees_with_themselves(self, held, order):
        # Given
        made = in_review(order(held))
        boss = desk(is_superuser=True)
        press(boss, "ask_resolution", made.operation, **EVIDENCE)
        digest = digest_of(ApprovalRequest.objects.get().payload).hex()

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(
                boss,
                "approve_resolution",
                made.operation,
                shown_digest=digest,
            )
        refused(response, SelfApprovalError.code, status=SelfApprovalError.status)
        made.refresh_from_db()
        assert made.status == "unknown"

    @ORDERS
    def test_what_was_not_shown_is_not_agreed_to(self, held, order):
        # Given
        made = in_review(order(held))
        checker = desk("finance_checker")
        press(
            desk("finance_maker"),
            "ask_resolution",
            made.operation,
            **EVIDENCE,
        )

        # When
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(
                checker,
                "approve_resolution",
                made.operation,
                shown_digest="0" * 64,
            )

        # Then
        refused(response, "stale_approval")

    @ORDERS
    def test_a_no_leaves_it_in_review(self, held, order):
        # Given
        made = in_review(order(held))
        checker = desk("finance_checker")
        maker = desk("finance_maker")
        press(maker, "ask_resolution", made.operation, **EVIDENCE)
        sent = {"shown_digest": shown_digest(checker, "reject_resolution", made.operation)}

        # When, Then: not without a reason
        with nothing_written():
            silent = press(checker, "reject_resolution", made.operation, **sent)
        assert (silent.status_code, "This field is required." in words(silent)) == (200, True)

        # When
        press(
            checker,
            "reject_resolution",
            made.operation,
            reason="Not there.",
            **sent,
        )

        # Then
        made.operation.refresh_from_db()
        assert (made.operation.status, ApprovalRequest.objects.get().state) == (
            "manual_review",
            "rejected",
        )

    @pytest.mark.parametrize("missing", EVIDENCE)
    def test_nobody_asks_without_evidence_and_reason(self, held, missing):
        # Given
        made = in_review(ordered_capture(held))
        maker = desk("finance_maker")
        sent = {name: text for name, text in EVIDENCE.items() if name != missing}

        # When, Then
        with nothing_written():
            response = press(maker, "ask_resolution", made.operation, **sent)
        assert (response.status_code, "This field is required." in words(response)) == (200, True)

    @pytest.mark.parametrize(
        ("role", "deed"),
        [
            ("finance_checker", "ask_resolution"),
            ("support", "ask_resolution"),
            ("finance_maker", "approve_resolution"),
            ("auditor", "approve_resolution"),
            ("finance_maker", "reject_resolution"),
        ],
    )
    def test_who_may_not_is_turned_away(self, held, role, deed):
        # Given
        made = in_review(ordered_void(held))
        client = desk(role)

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(client, deed, made.operation, **EVIDENCE)
        assert response.status_code == 403

    @ORDERS
    def test_what_is_not_in_review_is_not_asked_for(self, held, order):
        # Given
        made = order(held)
        maker = desk("finance_maker")

        # When, Then
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = press(maker, "ask_resolution", made.operation, **EVIDENCE)
        refused(response, "order_not_in_review")

"""Tiers in the back office: asked for by a maker, agreed to by a finance head on its page."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import ApprovalRequest, ApprovalTier
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

LIST = "admin:ledger_approvaltier_changelist"
ASKED = {
    "kind": "refund",
    "currency": "CNY",
    "above": "1,000.00",
    "required": "2",
    "needs_head": "on",
    "reason": "many refunds",
}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


def ask(client: Client, **other: str):
    return client.post(
        reverse("admin:ledger_approvaltier_ask_tier"), {**ASKED, **other}, follow=True
    )


def press(client: Client, request: ApprovalRequest, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    address = reverse(f"admin:ledger_approvalrequest_{name}", args=[request.pk])
    shown = client.get(address).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    return client.post(address, {"shown_digest": found[1] if found else "", **more}, follow=True)


def test_the_list_says_in_words_who_must_agree(maker):
    page = words(maker.get(reverse(LIST)))

    assert "1,000,000.00" in page
    assert "2 people, a finance head among them" in page
    assert "any amount" in page


def test_a_maker_asks_and_a_head_agrees(maker):
    # Given
    head = desk("finance_head")

    # When
    assert "A finance head has to agree now" in words(ask(maker))
    request = ApprovalRequest.objects.get()
    assert request.maker == actor_of(maker)
    found = head.get(reverse("admin:ledger_approvalrequest_changelist"), {"waits_for": "me"})
    assert request.pk in words(found)
    said = words(press(head, request, "approve_tier"))

    # Then
    assert "It holds for whatever is asked for from now on" in said
    tier = ApprovalTier.objects.get(kind="refund")
    assert (tier.currency, tier.above_minor, tier.required, tier.needs_head) == (
        "CNY",
        100_000,
        2,
        True,
    )


def test_a_head_says_no(maker):
    ask(maker)
    request = ApprovalRequest.objects.get()

    press(desk("finance_head"), request, "reject_tier", reason="too many")

    assert ApprovalRequest.objects.get().state == "rejected"
    assert not ApprovalTier.objects.filter(kind="refund").exists()


def test_a_checker_neither_asks_nor_agrees(maker):
    checker = desk("finance_checker")
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert ask(checker).status_code == 403
    ask(maker)
    request = ApprovalRequest.objects.get()
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert press(checker, request, "approve_tier").status_code == 403


def test_a_superuser_is_no_head(maker):
    # Given
    ask(maker)
    request = ApprovalRequest.objects.get()

    # When a superuser agrees
    said = words(press(desk(is_superuser=True), request, "approve_tier"))

    # Then it is one word, and not a head's
    assert "A finance head has to approve it, too" in said
    assert ApprovalRequest.objects.get().state == "pending"
    assert not ApprovalTier.objects.filter(kind="refund").exists()


@pytest.mark.parametrize("above", ["1.001", "many"])
def test_nonsense_is_said_at_its_field(maker, above):
    with nothing_written():
        response = ask(maker, above=above)
    assert response.status_code == 200
    assert not ApprovalRequest.objects.exists()

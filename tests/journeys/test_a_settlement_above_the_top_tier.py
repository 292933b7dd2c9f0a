"""A settlement above the top tier: two people, one of them a head who types the amount."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.models import ApprovalDecision
from settlements.actions.settlements import release_review
from settlements.models import Payout, Settlement
from tests.factories.settlements import (
    available_money,
    drafted_settlement,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db

TWO_MILLION_MINOR = 200_000_000


@pytest.fixture(autouse=True)
def friday(settings, tmp_path):
    """It is Friday noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def settlement() -> Settlement:
    """A draft of 1,960,000.00, over a limit, which a risk officer let go on."""
    merchant = settled_merchant()
    available_money(merchant, channel=house().channel, amounts_minor=[TWO_MILLION_MINOR])
    drafted = drafted_settlement(merchant)
    return release_review(drafted.pk, actor="user:900001", at=NEXT_NOON, reason="known merchant")


def press(client: Client, row: Settlement, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    address = reverse(f"admin:settlements_settlement_{name}", args=[row.pk])
    shown = client.get(address).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    return client.post(address, {"shown_digest": found[1] if found else "", **more}, follow=True)


def test_two_people_pay_it_and_the_head_types_the_amount(settlement):
    # Given
    maker, checker, head = desk("finance_maker"), desk("finance_checker"), desk("finance_head")
    press(maker, settlement, "submit")

    # When a checker agrees, who types the amount as well
    assert press(checker, settlement, "approve").status_code == 200
    assert not ApprovalDecision.objects.exists()
    said = words(press(checker, settlement, "approve", amount="1,960,000.00"))

    # Then it is not enough
    assert "Your approval counts: 1 of 2" in said
    assert "A finance head has to approve it, too." in said
    settlement.refresh_from_db()
    assert (settlement.status, Payout.objects.count()) == ("submitted", 0)

    # When the head types another amount, and then the amount
    press(head, settlement, "approve", amount="196,000.00")
    settlement.refresh_from_db()
    assert settlement.status == "submitted"
    press(head, settlement, "approve", amount="1960000.00")

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "approved"
    assert Payout.objects.get().amount_minor == settlement.net_minor == 196_000_000
    assert list(ApprovalDecision.objects.order_by("id").values_list("approver", "as_head")) == [
        (actor_of(checker), False),
        (actor_of(head), True),
    ]


def test_a_superuser_has_no_shortcut(settlement):
    # Given
    maker, checker, boss = desk("finance_maker"), desk("finance_checker"), desk(is_superuser=True)
    press(maker, settlement, "submit")

    # When a superuser and a checker agree
    press(boss, settlement, "approve", amount="1960000.00")
    press(boss, settlement, "approve", amount="1960000.00")
    press(checker, settlement, "approve", amount="1960000.00")

    # Then a head is still missing
    settlement.refresh_from_db()
    assert (settlement.status, Payout.objects.count()) == ("submitted", 0)
    assert ApprovalDecision.objects.filter(as_head=True).count() == 0
    assert ApprovalDecision.objects.count() == 2

"""A merchant asks to be paid, in the five steps of docs/recipes/requesting-a-settlement.md."""

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import expect

from payments.actions.maturity import mature
from settlements.actions import transfers
from settlements.models import Payout, Settlement
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.factories.passwords import PIN, members_password
from tests.factories.payments import MemberFactory, UserFactory
from tests.factories.settlements import alipay_destination_of, wallet_at
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.journeys.conftest import PASSWORD
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.browser

PAYEE = {"user_id": "2088000000000101", "logon_id": "seller@example.com", "real_name": "张三"}


@pytest.fixture
def tea_house(story):
    """It is Friday noon: 100.00 of Thursday is available, and it goes to an Alipay account."""
    merchant = story.merchants["tea"]
    payment = story.order("T-1", tea=10_000)
    run_jobs()
    story.pay(story.shown(payment), at=NOON)
    run_jobs()
    story.move_to(NEXT_NOON)
    mature(currency="CNY", business_date=FRIDAY, actor="t", at=NEXT_NOON)
    wallet = wallet_at(story.market, story.other_side)
    story.other_side.alipay.open_payee(**PAYEE)
    alipay_destination_of(merchant)
    members_password(person("mei", member_of=merchant))
    person("lin", role="finance_maker")
    person("wang", role="finance_checker")
    return merchant, wallet


def person(username, *, role=None, member_of=None):
    user = UserFactory(username=username, is_staff=role is not None)
    user.set_password(PASSWORD)
    user.save()
    if role:
        user.groups.add(Group.objects.get(name=role))
    return MemberFactory(merchant=member_of, user=user) if member_of else None


def press(page, name):
    """Press a button of a page, and the one that asks whether it is meant; wait for the answer."""
    page.get_by_role("link", name=name).click()
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def approve(settlement, *, maker, checker):
    """Let one submit and another approve what both see."""
    page = f"/admin/settlements/settlement/{settlement.pk}/change/"
    maker.goto(page)
    press(maker, "Submit")
    checker.goto(page)
    press(checker, "Approve")


def send_and_ask():
    """Let a worker send the transfer, and ask what became of it when its time has come."""
    run_jobs()
    let_machines_wait()
    transfers.defer_due(at=NEXT_NOON)
    run_jobs()


def test_a_merchant_is_paid_to_alipay(story, tea_house, desk_of, recipe_of):
    # Given
    merchant, wallet = tea_house
    recipe = recipe_of("requesting-a-settlement.md")
    mei = desk_of("mei")

    with recipe.step("Ask for everything that is available"):
        mei.goto("/portal/settlements/")
        mei.get_by_role("link", name="Request a settlement").click()
        expect(mei.get_by_text("98.00 CNY")).to_be_visible()
        expect(mei.get_by_text("Alipay account ···· .com")).to_be_visible()

    with recipe.step("Type the settlement password"):
        mei.locator("input[name=pin]").fill("161803")
        mei.get_by_role("button", name="Have").click()
        expect(mei.get_by_role("alert").first).to_contain_text("No money has moved.")
        assert not Settlement.objects.exists()
        mei.locator("input[name=pin]").fill(PIN)
        with mei.expect_navigation():
            mei.get_by_role("button", name="Have").click()

    with recipe.step("Pass the checks"):
        settlement = Settlement.objects.get()
        assert (settlement.status, settlement.net_minor) == ("draft", 9_700)
        assert_balances(merchant.pk, settlement_hold="97.00", merchant_available="0")

    with recipe.step("Be approved by two people and paid"):
        approve(settlement, maker=desk_of("lin"), checker=desk_of("wang"))
        send_and_ask()

    with recipe.step("See where the money is"):
        payout = Payout.objects.get()
        assert payout.status == "succeeded"
        mei.goto(f"/portal/settlements/{settlement.pk}/")
        expect(mei.get_by_text("paid out").first).to_be_visible()
        expect(mei.get_by_text("Alipay").first).to_be_visible()
        assert_balances(merchant.pk, settlement_hold="0")
        assert_balances(wallet.pk, payouts_in_transit="0", channel_wallet="-97.00")
        assert verify().violations == []

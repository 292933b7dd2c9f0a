"""Payers who refuse, come twice, come late, are declined, or are asked for a code: paid once."""

import pytest
from playwright.sync_api import expect

from payments.models import PaymentAttempt, PaymentMethod
from settlements.queries.integrity import verify
from tests.books import assert_balances
from tests.journeys.scenes import (
    CARD_WITH_CODE,
    COMPUTER,
    DECLINED_CARD,
    choose,
    come_back,
    learn,
    leave_for,
    open_all_channels,
    pay,
    scene_of,
)
from tests.journeys.tills import checkout_of, heading
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.browser

PAGE, CARD = scene_of(PaymentMethod.ALIPAY_PAGE), scene_of(PaymentMethod.CARD_PAGE)
H5, CODE = scene_of(PaymentMethod.WECHAT_H5), scene_of(PaymentMethod.ALIPAY_QR)


@pytest.fixture
def till(story):
    """Let a payment of 100.00 wait for its payer at a marketplace with all channels."""
    open_all_channels(story)
    payment, address = checkout_of(story)
    return story, payment, address


def assert_paid_once(story, payment, payer, *, tries):
    heading(payer, "Thank you, your money has arrived")
    assert story.shown(payment)["status"] == "paid"
    assert list(PaymentAttempt.objects.order_by("id").values_list("status", flat=True)) == tries
    assert_balances(story.merchants["tea"].pk, merchant_pending="98.00", service_fee="2.00")
    assert verify().violations == []


def test_who_refuses_at_alipay_is_told_that_nothing_was_taken(till, phone_of):
    # Given
    story, payment, address = till
    payer = phone_of(**COMPUTER)
    choose(payer, PAGE.method, address)
    leave_for(payer, PAGE)

    # When the payer refuses, which closes the order in the wallet, and comes back
    payer.get_by_role("button", name="Refuse").click()
    expect(payer.get_by_text("Nothing was paid.")).to_be_visible()
    payer.goto(f"/checkout/back/{payment['id']}/")
    run_jobs()
    payer.reload()

    # Then
    heading(payer, "This payment is closed")
    assert story.shown(payment)["status"] == "closed"
    assert PaymentAttempt.objects.get().status == "closed"
    assert_balances(story.merchants["tea"].pk, merchant_pending="0", service_fee="0")
    assert verify().violations == []


def test_who_refuses_at_wechat_may_still_pay_the_same_order(till, phone_of):
    # Given
    story, payment, address = till
    payer = phone_of(**H5.device)
    choose(payer, H5.method, address)
    leave_for(payer, H5)

    # When
    payer.get_by_role("button", name="Refuse").click()
    pay(payer, H5)
    come_back(payer, H5, address=address)
    learn(story)

    # Then
    assert_paid_once(story, payment, payer, tries=["succeeded"])


@pytest.mark.parametrize("scene", [PAGE, CARD], ids=["alipay_page", "card_page"])
def test_two_tabs_pay_once(till, phone_of, scene):
    # Given two tabs at the channel, ready to pay
    story, payment, address = till
    payer = phone_of(**COMPUTER)
    choose(payer, scene.method, address)
    other = payer.context.new_page()
    other.goto(address)
    for tab in (payer, other):
        leave_for(tab, scene)

    # When both pay
    pay(payer, scene)
    come_back(payer, scene, address=address)
    pay(other, scene)

    # Then
    learn(story)
    assert_paid_once(story, payment, payer, tries=["succeeded"])


def test_the_old_tab_cannot_pay_after_the_close(till, phone_of):
    # Given a payer who left one tab at Alipay, and chose the card in another
    story, payment, address = till
    forgotten = phone_of(**COMPUTER)
    choose(forgotten, PAGE.method, address)
    leave_for(forgotten, PAGE)
    payer = forgotten.context.new_page()
    payer.goto(address)
    payer.get_by_text("Pay another way").click()
    choose(payer, CARD.method)
    heading(payer, "Pay by bank card")

    # When the forgotten tab pays
    pay(forgotten, PAGE)

    # Then
    expect(forgotten.get_by_text("Nothing was paid.")).to_be_visible()
    leave_for(payer, CARD)
    pay(payer, CARD)
    come_back(payer, CARD, address=address)
    learn(story)
    assert_paid_once(story, payment, payer, tries=["closed", "succeeded"])


def test_a_declined_card_is_said_and_another_pays(till, phone_of):
    # Given
    story, payment, address = till
    payer = phone_of(**COMPUTER)
    choose(payer, CARD.method, address)
    leave_for(payer, CARD)

    # When
    pay(payer, CARD, card=DECLINED_CARD)
    expect(payer.get_by_text("Declined")).to_be_visible()
    pay(payer, CARD)

    # Then
    come_back(payer, CARD, address=address)
    learn(story)
    assert_paid_once(story, payment, payer, tries=["succeeded"])


def test_a_card_whose_bank_asks_for_a_code(till, phone_of):
    # Given
    story, payment, address = till
    payer = phone_of(**COMPUTER)
    choose(payer, CARD.method, address)
    leave_for(payer, CARD)

    # When the code is wrong once
    for code in ("123456", "111111"):
        pay(payer, CARD, card=CARD_WITH_CODE)
        payer.get_by_label("Code from your bank").fill(code)
        payer.get_by_role("button", name="Confirm").click()

    # Then
    come_back(payer, CARD, address=address)
    learn(story)
    assert_paid_once(story, payment, payer, tries=["succeeded"])


def test_who_closes_the_tab_pays_later(till, phone_of):
    # Given
    story, payment, address = till
    first = phone_of(**COMPUTER)
    choose(first, PAGE.method, address)
    leave_for(first, PAGE)
    payer = first.context.new_page()
    first.close()

    # When
    payer.goto(address)
    heading(payer, "Pay with Alipay")
    leave_for(payer, PAGE)
    pay(payer, PAGE)
    come_back(payer, PAGE, address=address)
    learn(story)

    # Then
    assert_paid_once(story, payment, payer, tries=["succeeded"])


def test_who_leaves_a_declined_card_pays_by_a_code(till, phone_of):
    # Given a payer whose bank says no
    story, payment, address = till
    payer = phone_of(**COMPUTER)
    choose(payer, CARD.method, address)
    leave_for(payer, CARD)
    pay(payer, CARD, card=DECLINED_CARD)
    expect(payer.get_by_text("Declined")).to_be_visible()
    payer.goto(address)

    # When
    payer.get_by_text("Pay another way").click()
    choose(payer, CODE.method)

    # Then the code is there at once, with a word about the card's page
    heading(payer, "Pay with Alipay")
    expect(payer.get_by_text("Do not use the code or page from before")).to_be_visible()
    leave_for(payer, CODE)
    pay(payer, CODE)
    come_back(payer, CODE, address=address)
    learn(story)
    assert_paid_once(story, payment, payer, tries=["closed", "succeeded"])

"""A payer pays on our page, in a browser: two tabs, the wrong browser, too late, no scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from payments.actions import attempts
from payments.checkout import views
from payments.models import PaymentAttempt
from tests.instants import NOON
from tests.journeys.tills import SHOP, checkout_of, heading
from tests.rig.stage import open_wechat_account, run_jobs

pytestmark = pytest.mark.browser

PAID_AT = NOON + timedelta(minutes=3)


def test_a_payer_chooses_scans_and_sees_that_it_is_paid(story, phone_of):
    # Given
    payment, address = checkout_of(story)
    payer = phone_of()
    payer.goto(address)
    heading(payer, "How do you want to pay?")
    expect(payer.get_by_text("Old Tea House")).to_be_visible()
    expect(payer.get_by_text("100.00 CNY")).to_be_visible()

    # When: Alipay is chosen, and a worker orders the code
    payer.get_by_role("button", name="Alipay QR code").click()
    heading(payer, "One moment, your code is being made")
    run_jobs()

    # Then: the code comes by itself
    expect(payer.get_by_role("img", name="QR code to scan")).to_be_visible()
    code = PaymentAttempt.objects.get().qr_code
    assert payer.get_by_role("link", name="Pay on this device").get_attribute("href") == code

    # When: it is paid at the channel
    story.pay(story.shown(payment), at=PAID_AT)
    run_jobs()

    # Then: so does the result
    heading(payer, "Thank you, your money has arrived")
    assert story.shown(payment)["status"] == "paid"
    assert payer.get_by_role("link", name="Back to the shop").first.get_attribute("href") == SHOP


def test_two_tabs_make_one_try_and_show_the_same_code(story, phone_of):
    # Given two tabs of one browser, both asking how to pay
    _payment, address = checkout_of(story)
    first = phone_of()
    first.goto(address)
    second = first.context.new_page()
    second.goto(address)

    # When both choose
    for tab in (first, second):
        tab.get_by_role("button", name="Alipay QR code").click()
        heading(tab, "One moment, your code is being made")
    run_jobs()

    # Then
    attempt = PaymentAttempt.objects.get()
    for tab in (first, second):
        tab.reload()
        link = tab.get_by_role("link", name="Pay on this device")
        assert link.get_attribute("href") == attempt.qr_code


def test_another_browser_is_told_what_to_do(story, phone_of):
    # Given
    _payment, address = checkout_of(story)
    phone_of().goto(address)

    # When
    stranger = phone_of()
    answer = stranger.goto(address)

    # Then
    assert answer.status == 403
    heading(stranger, "This page belongs to another browser")
    assert stranger.get_by_text("Old Tea House").count() == 0


def test_who_comes_too_late_is_told_so_and_a_link_needs_no_session(story, phone_of):
    # Given a payment link, which anybody may open
    _payment, address = checkout_of(story, payer_no=None, kind="payment_links")
    payer = phone_of()
    payer.goto(address)
    heading(payer, "How do you want to pay?")

    # When its two hours are over, and the payer still presses
    story.move_to(NOON + timedelta(hours=2))
    payer.get_by_role("button", name="Alipay QR code").click()

    # Then
    heading(payer, "The time to pay has run out")
    expect(payer.get_by_text("The payment has expired.")).to_be_visible()
    assert not PaymentAttempt.objects.exists()


def test_who_changes_their_mind_pays_by_wechat_and_never_twice(story, phone_of):
    # Given a payer who was shown Alipay's code
    wechat = open_wechat_account(story.market, other_side=story.other_side)
    payment, address = checkout_of(story)
    payer = phone_of()
    payer.goto(address)
    payer.get_by_role("button", name="Alipay QR code").click()
    heading(payer, "One moment, your code is being made")
    run_jobs()
    heading(payer, "Pay with Alipay")

    # When WeChat Pay is chosen instead
    payer.get_by_text("Pay another way").click()
    payer.get_by_role("button", name="WeChat Pay QR code").click()
    heading(payer, "Your other way to pay is being made ready")
    run_jobs()

    # Then the first code is closed before the second is shown
    heading(payer, "Pay with WeChat Pay")
    first, second = PaymentAttempt.objects.order_by("id")
    assert (first.status, second.status) == ("closed", "awaiting_payer")

    # When that one is paid
    story.other_side.pay(
        app_id=wechat.merchant_no, out_trade_no=second.operation.channel_no, at=PAID_AT
    )
    attempts.query_attempt(second.pk, at=PAID_AT)

    # Then
    heading(payer, "Thank you, your money has arrived")
    shown = story.shown(payment)
    assert (shown["status"], shown["method"]) == ("paid", "wechat_native")


def test_without_scripts_the_page_looks_again_by_itself(story, phone_of, monkeypatch):
    # Given
    monkeypatch.setattr(views, "AT_ONCE", views.Pace(script_seconds=1, page_seconds=1))
    payment, address = checkout_of(story)
    payer = phone_of(java_script_enabled=False)
    payer.goto(address)

    # When
    payer.get_by_role("button", name="Alipay QR code").click()
    heading(payer, "One moment, your code is being made")
    run_jobs()

    # Then
    expect(payer.get_by_role("img", name="QR code to scan")).to_be_visible()
    story.pay(story.shown(payment), at=PAID_AT)
    run_jobs()
    heading(payer, "Thank you, your money has arrived")

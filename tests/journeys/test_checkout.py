"""A payer pays on our page, in a browser: two tabs, the wrong browser, too late, no scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from payments.actions import attempts
from payments.checkout import views
from payments.models import PaymentAttempt
from tests.instants import NOON
from tests.rig.stage import open_wechat_account, run_jobs

pytestmark = pytest.mark.browser

PATIENCE_MS = 10_000
PAID_AT = NOON + timedelta(minutes=3)
SHOP = "https://shop.example/orders/1"


@pytest.fixture
def browser_of(new_context, live_server):
    """Return a function that opens a browser of somebody's own; the first one is a phone."""

    def open_browser(**terms):
        phone = {"width": 390, "height": 844}
        context = new_context(
            locale="en-GB", base_url=live_server.url, **{"viewport": phone, **terms}
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    return open_browser


def checkout_of(story, *, payer_no="P-1", kind="checkout_sessions"):
    """Have the partner create a payment of 100.00, and a page to pay it on."""
    created = story.post(
        "/v1/payments",
        {
            "merchant_order_no": "T-1001",
            "amount": 10_000,
            "currency": "CNY",
            "description": "Tea and books",
            "allocations": [{"merchant_id": story.merchants["tea"].id, "amount": 10_000}],
            "payer_no": payer_no,
        },
    ).json()
    session = story.post(f"/v1/payments/{created['id']}/{kind}", {"return_url": SHOP})
    assert session.status_code == 201, session.text
    return created, session.json()["checkout_url"]


def heading(page, text):
    expect(page.get_by_role("heading", name=text)).to_be_visible(timeout=PATIENCE_MS)


def test_a_payer_chooses_scans_and_sees_that_it_is_paid(story, browser_of):
    # Given
    payment, address = checkout_of(story)
    payer = browser_of()
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


def test_two_tabs_make_one_try_and_show_the_same_code(story, browser_of):
    # Given two tabs of one browser, both asking how to pay
    _payment, address = checkout_of(story)
    first = browser_of()
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


def test_another_browser_is_told_what_to_do(story, browser_of):
    # Given
    _payment, address = checkout_of(story)
    browser_of().goto(address)

    # When
    stranger = browser_of()
    answer = stranger.goto(address)

    # Then
    assert answer.status == 403
    heading(stranger, "This page belongs to another browser")
    assert stranger.get_by_text("Old Tea House").count() == 0


def test_who_comes_too_late_is_told_so_and_a_link_needs_no_session(story, browser_of):
    # Given a payment link, which anybody may open
    _payment, address = checkout_of(story, payer_no=None, kind="payment_links")
    payer = browser_of()
    payer.goto(address)
    heading(payer, "How do you want to pay?")

    # When its two hours are over, and the payer still presses
    story.move_to(NOON + timedelta(hours=2))
    payer.get_by_role("button", name="Alipay QR code").click()

    # Then
    heading(payer, "The time to pay has run out")
    expect(payer.get_by_text("The payment has expired.")).to_be_visible()
    assert not PaymentAttempt.objects.exists()


def test_who_changes_their_mind_pays_by_wechat_and_never_twice(story, browser_of):
    # Given a payer who was shown Alipay's code
    wechat = open_wechat_account(story.market, other_side=story.other_side)
    payment, address = checkout_of(story)
    payer = browser_of()
    payer.goto(address)
    payer.get_by_role("button", name="Alipay QR code").click()
    heading(payer, "One moment, your code is being made")
    run_jobs()
    heading(payer, "Pay with Alipay")

    # When WeChat Pay is chosen instead
    payer.get_by_text("Pay another way").click()
    payer.get_by_role("button", name="WeChat Pay QR code").click()
    heading(payer, "The earlier code is being withdrawn")
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


def test_without_scripts_the_page_looks_again_by_itself(story, browser_of, monkeypatch):
    # Given
    monkeypatch.setattr(views, "REFRESH_SECONDS", 1)
    payment, address = checkout_of(story)
    payer = browser_of(java_script_enabled=False)
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

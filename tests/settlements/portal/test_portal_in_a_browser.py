"""The portal in a real browser: nothing sticks out on a phone, nothing breaks the policy."""

from datetime import timedelta

import pytest
from django.conf import settings

from tests.factories.payments import MemberFactory, paid_payment
from tests.factories.settlements import available_money, house, paying_payout, settled_merchant
from tests.instants import NEXT_NOON

PASSWORD = "correct horse battery"
PHONE, DESK = 390, 1440


@pytest.fixture
def settlement_of_lan(transactional_db, monkeypatch):
    """Have lan own a merchant with a payout at the bank, a fee and new money."""
    monkeypatch.setattr("config.clock.now", lambda: NEXT_NOON + timedelta(hours=3))
    merchant = settled_merchant(payout_fee_minor=100)
    member = MemberFactory(merchant=merchant, user__username="lan")
    member.user.set_password(PASSWORD)
    member.user.save()
    ours = house()
    available_money(merchant, channel=ours.channel, amounts_minor=[123_456])
    payout = paying_payout(merchant, bank=ours.bank)
    paid_payment(merchant, channel=ours.channel, amounts_minor=[1_234_567_890], at=NEXT_NOON)
    return payout.settlement_id


def sign_in(page, live_server):
    page.goto(f"{live_server.url}/portal/")
    page.get_by_label("Login").fill("lan")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/portal/")


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_fits_and_keeps_the_policy(page, live_server, settlement_of_lan, width):
    # Given
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, live_server)

    for path in (
        "/portal/",
        "/portal/payments/",
        "/portal/settlements/",
        f"/portal/settlements/{settlement_of_lan}/",
        "/portal/statement/",
        "/portal/merchants/",
        "/accounts/2fa/",
    ):
        # When
        response = page.goto(live_server.url + path)

        # Then
        assert response.status == 200
        assert page.evaluate("document.documentElement.scrollWidth") == width, path
    assert said == []


@pytest.mark.browser
def test_a_merchant_reads_the_statement_by_keyboard(page, live_server, settlement_of_lan):
    # Given
    sign_in(page, live_server)

    # When
    page.get_by_role("navigation", name="Portal").get_by_role("link", name="Statement").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/portal/statement/")
    page.keyboard.press("Tab")

    # Then
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert page.get_by_text("Ties out").is_visible()
    table = page.get_by_role("table", name="Lines and payouts")
    assert table.get_by_role("columnheader").count() == 12
    assert table.get_by_role("row").count() == 1 + 1 + 4 + 1


@pytest.mark.browser
def test_the_statement_is_downloaded_and_the_language_changed(page, live_server, settlement_of_lan):
    # Given
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/portal/statement/")

    # When
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    page.get_by_role("button", name="简体中文").click()
    page.wait_for_load_state()

    # Then
    content = download.value.path().read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 7
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    assert page.url == f"{live_server.url}/portal/statement/"
    assert settings.LANGUAGE_COOKIE_NAME in {cookie["name"] for cookie in page.context.cookies()}

"""A merchant asks by a link and whoever has it pays: by a code, and on the page of the channel."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from payments.actions import attempts
from payments.models import Payment, PaymentAttempt
from payments.queries.links import address_of
from tests.factories.payments import payment_link
from tests.instants import NOON
from tests.journeys.tills import heading
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.browser

PAID_AT = NOON + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("choice", "stage"),
    [
        ("Alipay QR code", "One moment, your code is being made"),
        ("Alipay on a computer", "One moment"),
    ],
)
def test_who_has_the_address_pays_once_and_the_next_one_is_told(
    story, phone_of, live_server, settings, choice, stage
):
    # Given
    settings.PUBLIC_URL = live_server.url
    link = payment_link(story.merchants["tea"])
    payer = phone_of()

    # When: they open it, and press
    payer.goto(address_of(link))
    heading(payer, "You are asked to pay")
    expect(payer.get_by_text("100.00 CNY")).to_be_visible()
    assert not Payment.objects.exists()
    payer.get_by_role("button", name="Pay", exact=True).click()
    heading(payer, "How do you want to pay?")
    payer.get_by_role("button", name=choice).click()
    heading(payer, stage)
    run_jobs()

    # Then: there is a code to scan, or a way to the channel's page
    attempt = PaymentAttempt.objects.select_related("operation").get()
    if attempt.qr_code:
        expect(payer.get_by_role("img", name="QR code to scan")).to_be_visible(timeout=10_000)
    else:
        way = payer.get_by_role("link", name="On to Alipay")
        expect(way).to_be_visible(timeout=10_000)
        with payer.expect_navigation():
            way.click()
        payer.go_back()

    # When it is paid at the channel
    story.other_side.pay(
        app_id=story.market.plan.app_id, out_trade_no=attempt.operation.channel_no, at=PAID_AT
    )
    attempts.query_attempt(attempt.pk, at=PAID_AT)

    # Then: they see it, and so does whoever comes next
    heading(payer, "Thank you, your money has arrived")
    payer.goto(address_of(link))
    heading(payer, "This has been paid")
    stranger = phone_of()
    stranger.goto(address_of(link))
    heading(stranger, "This has been paid")
    assert stranger.get_by_role("button", name="Pay", exact=True).count() == 0
    assert Payment.objects.get().link_id == link.pk

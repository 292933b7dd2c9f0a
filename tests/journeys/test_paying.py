"""A payer pays in the five steps of docs/recipes/paying.md, with a payment password."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from payments.actions import attempts
from payments.models import Payer, PaymentAttempt
from risk.models import PaymentPassword, Screening
from risk.pins import PasswordOwner
from tests.factories.passwords import PIN, WRONG_PIN, set_password
from tests.instants import NOON
from tests.journeys.tills import checkout_of, heading
from tests.rig.stage import open_wechat_account, run_jobs

pytestmark = pytest.mark.browser

PAID_AT = NOON + timedelta(minutes=3)
NUMBER = "P-1"


@pytest.fixture
def with_password(story):
    """The payer has paid here before, and set a password then."""
    payer = Payer.objects.create(external_no=NUMBER, created_at=NOON)
    return set_password(PasswordOwner.payer(payer.pk))


def type_pin(page, pin):
    page.locator("input[name=pin]").fill(pin)
    with page.expect_navigation():
        page.get_by_role("button", name="Confirm payment").click()


def tried(story):
    return list(PaymentAttempt.objects.values_list("method", "status"))


@pytest.mark.parametrize(
    ("choice", "method"),
    [("Alipay QR code", "alipay_qr"), ("WeChat Pay QR code", "wechat_native")],
)
def test_a_payer_pays_with_a_password(
    story,
    with_password,
    phone_of,
    recipe_of,
    choice,
    method,
):
    # Given
    wechat = open_wechat_account(story.market, other_side=story.other_side)
    recipe = recipe_of("paying.md")
    payment, address = checkout_of(story, payer_no=NUMBER)
    payer = phone_of()

    with recipe.step("Choose how to pay"):
        payer.goto(address)
        heading(payer, "How do you want to pay?")
        payer.get_by_role("button", name=choice).click()
        heading(payer, "Type your payment password")
        assert tried(story) == []

    with recipe.step("Type the payment password"):
        # Three wrong ones are counted and said; the right one forgives them.
        for left in (4, 3, 2):
            type_pin(payer, WRONG_PIN)
            expect(payer.get_by_role("alert")).to_contain_text(str(left))
            assert story.shown(payment)["status"] == "created"
        type_pin(payer, PIN)

    with recipe.step("Pass the checks"):
        heading(payer, "One moment, your code is being made")
        assert story.shown(payment)["status"] == "awaiting_payment"
        receipt = Screening.objects.order_by("-at", "-id").first()
        assert receipt.verdict == "allow"
        assert "password.given" in [found["code"] for found in receipt.findings]
        assert PaymentPassword.objects.get().attempts == 0

    with recipe.step("Pay at the channel"):
        run_jobs()
        expect(payer.get_by_role("img", name="QR code to scan")).to_be_visible()
        attempt = PaymentAttempt.objects.select_related("operation").get()
        assert attempt.method == method
        app_id = wechat.merchant_no if method == "wechat_native" else story.market.plan.app_id
        story.other_side.pay(app_id=app_id, out_trade_no=attempt.operation.channel_no, at=PAID_AT)
        attempts.query_attempt(attempt.pk, at=PAID_AT)

    with recipe.step("See the result"):
        heading(payer, "Thank you, your money has arrived")
        payer.get_by_role("link", name="My payments").click()
        expect(payer.get_by_text("T-1001")).to_be_visible()
        shown = story.shown(payment)
        assert (shown["status"], shown["method"]) == ("paid", method)


def test_five_wrong_passwords_lock_and_nothing_was_taken(
    story,
    with_password,
    phone_of,
):
    # Given
    payment, address = checkout_of(story, payer_no=NUMBER)
    payer = phone_of()
    payer.goto(address)
    payer.get_by_role("button", name="Alipay QR code").click()
    heading(payer, "Type your payment password")

    # When
    for _ in range(5):
        type_pin(payer, WRONG_PIN)

    # Then the page says so, and offers nothing to type into any more
    expect(payer.get_by_role("alert")).to_contain_text("locked until")
    expect(payer.get_by_text("Nothing was taken.")).to_be_visible()
    assert payer.locator("input[name=pin]").count() == 0
    assert PaymentPassword.objects.get().attempts == 5

    # When the right one comes too late, sent to the page all the same
    refused = payer.request.post(payer.url, form={"pin": PIN})

    # Then
    assert refused.status in (403, 423)
    assert story.shown(payment)["status"] == "created"
    assert tried(story) == []

# ruff: noqa: F811  fixtures are imported
"""Where a payment stands, as its payer sees it."""

import re

import pytest
import time_machine

from payments.actions import checkout
from payments.models import PaymentAttempt
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    minted_session,
    owed_payment,
)
from tests.instants import NOON
from tests.payments.checkout.till import at_noon, bring, minted, path, payment, waiting  # noqa: F401
from tests.rig.pages import words

pytestmark = pytest.mark.django_db(transaction=True)


INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)


class TestStages:
    """Each says what to do next."""

    def shown(self, client, path) -> str:
        answer = client.get(path)
        assert answer.status_code == 200
        return words(answer)

    def test_choose(self, client, path, payment):
        # Given
        AlipayAccountFactory()

        # When
        page = self.shown(client, path)

        # Then
        assert "Old Tea House 100.00 CNY Goods How do you want to pay? Alipay QR code" in page
        assert "WeChat" not in page
        assert "Pay before 2026-03-05 14:00 (Asia/Shanghai)" in page
        assert payment.merchant_order_no in page

    def test_choose_where_nothing_is_offered(self, client, path):
        AlipayAccountFactory(currency="USD")
        AlipayAccountFactory(is_enabled=False)

        assert "This cannot be paid at the moment" in self.shown(client, path)

    def test_choose_again_after_a_failure(self, client, path, payment):
        # Given
        attempt = waiting(payment)
        for row in (attempt.operation, attempt):
            row.status = "failed"
            row.save(update_fields=["status"])

        # When, Then
        page = self.shown(client, path)
        assert "The last try did not work. Nothing was taken." in page
        assert "How do you want to pay?" in page

    def test_waiting_with_the_code(self, client, path, payment):
        # Given
        waiting(payment)
        AlipayAccountFactory(channel="wechatpay")

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert "Scan this code with Alipay" in words(answer)
        assert re.search(r'<svg [^>]*class="qr-code"', html)
        assert 'href="https://qr.alipay.com/bax0"' in html
        assert 'value="wechat_native"' in html
        assert 'value="alipay_qr"' not in html
        assert 'http-equiv="refresh"' in html

    def test_a_code_that_is_no_address_is_no_link(self, client, path, payment):
        waiting(payment, qr_code="weixin://wxpay/bizpayurl?pr=x")

        assert "weixin:" not in client.get(path).content.decode()

    @pytest.mark.parametrize("status", ["prepared", "sending"])
    def test_before_there_is_a_code(self, client, path, minted, status):
        # Given
        AlipayAccountFactory()
        AlipayAccountFactory(channel="wechatpay")
        checkout.confirm(minted.session, method="alipay_qr", token="", client_ip=None, at=NOON)
        if status == "sending":
            PaymentAttempt.objects.update(status=status)

        # When, Then
        page = self.shown(client, path)
        assert "One moment, your code is being made" in page
        # What was not sent yet may be left at once; what was is asked about first.
        assert ("WeChat Pay QR code" in page) is (status == "prepared")
        assert "Alipay QR code" not in page

    @pytest.mark.parametrize("status", ["unknown", "processing"])
    def test_while_nobody_knows(self, client, path, payment, status):
        # Given
        waiting(payment)
        if status == "processing":
            PaymentAttempt.objects.update(status="unknown")
        PaymentAttempt.objects.update(status=status)

        # When, Then
        page = self.shown(client, path)
        assert "We are checking with the payment service" in page
        assert "please do not pay again" in page

    def test_while_another_method_is_made_ready(self, client, path, payment):
        waiting(payment, is_withdrawn=True)

        page = self.shown(client, path)

        assert "Your other way to pay is being made ready" in page
        assert "if both are paid, one goes back to you" in page
        assert "Scan" not in page

    @pytest.mark.parametrize(
        ("steps", "said"),
        [
            (["risk_review"], "This payment is being looked at"),
            (["rejected"], "This payment cannot be made Nothing was taken."),
            (["awaiting_payment", "closing"], "We are checking with the payment service"),
            (["awaiting_payment", "paid"], "Thank you, your money has arrived"),
            (["awaiting_payment", "conflicted"], "Please do not pay again."),
            (["closed"], "This payment is closed"),
            (["closed", "paid_late"], "Your money has arrived, but not as expected"),
            (["closed", "paid_late", "refunding_late"], "Your money goes back to you"),
            (["closed", "paid_late"], "It is kept safe while somebody decides"),
            (
                ["closed", "paid_late", "refunding_late", "refunded_late"],
                "Your money goes back to you It came late, or it was not the amount",
            ),
            (
                ["awaiting_payment", "conflicted", "refunding_late", "refunded_late"],
                "Your money goes back to you It came late, or it was not the amount",
            ),
        ],
    )
    def test_of_what_is_past_choosing(self, client, path, payment, steps, said):
        # Given
        bring(payment, *steps)

        # When
        page = self.shown(client, path)

        # Then
        assert said in page
        assert "Scan" not in page

    def test_a_reason_of_risk_is_never_named(self, client, path, payment):
        bring(payment, "rejected", status_code="limit.payer.day")

        assert "limit" not in self.shown(client, path)

    def test_expired(self, client, path, payment):
        # When
        with time_machine.travel(payment.expires_at, tick=False):
            page = self.shown(client, path)

        # Then
        assert "The time to pay has run out" in page
        assert "Nothing was taken. Order again at the shop." in page

    def test_expired_with_a_code_we_are_checking(self, client, path, payment):
        waiting(payment)

        with time_machine.travel(payment.expires_at, tick=False):
            page = self.shown(client, path)

        assert "We are checking with the payment service" in page
        assert "Scan" not in page

    def test_the_way_back_is_the_shop_s(self, client, path):
        html = client.get(path).content.decode()

        assert '<a href="https://shop.example/orders/1" rel="noreferrer">Back to the shop' in html


class TestPolicy:
    @pytest.mark.parametrize("is_waiting", [False, True])
    def test_nothing_is_inline_and_nothing_from_elsewhere(self, client, path, payment, is_waiting):
        # Given
        if is_waiting:
            waiting(payment)

        # When
        answer = client.get(path)

        # Then
        html = answer.content.decode()
        assert INLINE.search(html) is None
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        sources = re.findall(r"(?:src|stylesheet\" href)=\"([^\"]+)\"", html)
        assert sources
        assert all(source.startswith("/static/") for source in sources)
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"

    def test_names_are_never_markup(self, client):
        payment = owed_payment(MerchantFactory(name="<b>x</b>"), payer_no="P9")

        html = client.get(f"/checkout/{minted_session(payment).token}").content.decode()

        assert "<b>x</b>" not in html

    def test_speaks_to_each_in_their_language(self, client, path):
        answer = client.get(path, headers={"Accept-Language": "zh-hans"})

        assert 'lang="zh-hans"' in answer.content.decode()

"""The scenes in which a payer stands: what is signed for each, and what the payer then does."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from payments.channels.alipay import signing
from payments.channels.base import PayerActionKind, PayRequest

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
NO = "pay_01jdexample0000000000000000"
PAGE = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="茶 & Tea",
    method="alipay_page",
    expires_at=datetime(2026, 1, 5, 3, 0, 59, 999_999, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
    return_url="https://shop.example.com/paid?order=1&lang=zh",
)
MINI = replace(PAGE, method="alipay_mini", payer_account="2088102146225135")
TRADE_NO = "2026010522001419931441931972"


def carried(text: str) -> dict[str, str]:
    """Read what a payer carries to the gateway."""
    pairs = parse_qsl(text, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def require_signed(params: dict[str, str], our_keys) -> dict[str, str]:
    """Verify the signature over everything else, and give it back without."""
    sign = params.pop("sign")
    text = signing.request_text(params).encode()
    assert signing.is_signed(text, sign, our_keys.private.public_key())
    return params


class TestCarriedByThePayer:
    @pytest.mark.parametrize(
        ("method", "interface", "product_code", "more"),
        [
            ("alipay_page", "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY", {}),
            (
                "alipay_wap",
                "alipay.trade.wap.pay",
                "QUICK_WAP_WAY",
                {"quit_url": "https://shop.example.com/paid?order=1&lang=zh"},
            ),
        ],
    )
    def test_a_browser_is_sent_to_the_gateway_with_everything_signed(
        self, channel, gateway, config, our_keys, method, interface, product_code, more
    ):
        # When
        outcome = channel.pay(replace(PAGE, method=method))

        # Then
        assert (outcome.kind, outcome.qr_code, outcome.raw) == ("awaiting_payer", "", "")
        assert outcome.action.kind == PayerActionKind.REDIRECT
        assert outcome.action.url.startswith(f"{config.gateway_url}?")
        params = require_signed(carried(urlsplit(outcome.action.url).query), our_keys)
        assert json.loads(params.pop("biz_content")) == {
            "out_trade_no": NO,
            "total_amount": "12.34",
            "subject": "茶   Tea",
            "product_code": product_code,
            "time_expire": "2026-01-05 11:00:59",
            **more,
        }
        assert params == {
            "app_id": "2021000000000001",
            "method": interface,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-01-05 10:30:00",
            "version": "1.0",
            "notify_url": "https://pay.example.com/notify/alipay/chn_1/",
            "return_url": "https://shop.example.com/paid?order=1&lang=zh",
        }
        assert gateway.received == []

    def test_an_app_gets_an_order_string_that_comes_back_nowhere(self, channel, gateway, our_keys):
        # When
        outcome = channel.pay(replace(PAGE, method="alipay_app"))

        # Then
        assert outcome.kind == "awaiting_payer"
        assert outcome.action.kind == PayerActionKind.INVOKE
        (name,) = outcome.action.fields
        assert name == "order_string"
        text = outcome.action.fields["order_string"]
        assert " " not in text
        assert "+" not in text
        params = require_signed(carried(text), our_keys)
        assert params["method"] == "alipay.trade.app.pay"
        assert json.loads(params["biz_content"])["product_code"] == "QUICK_MSECURITY_PAY"
        assert "return_url" not in params
        assert gateway.received == []

    def test_certificate_mode_names_its_certificates_there_too(self, certified, our_keys):
        # When
        outcome = certified.pay(PAGE)

        # Then
        params = require_signed(carried(urlsplit(outcome.action.url).query), our_keys)
        assert params["app_cert_sn"] == "866efef280dec9137a87d047ac446315"
        assert params["alipay_root_cert_sn"].startswith("687b59193f3f462dd5336e5abf83c5d8_")

    def test_without_a_place_to_come_back_to_none_is_named(self, channel):
        # When
        outcome = channel.pay(replace(PAGE, method="alipay_wap", return_url=""))

        # Then
        params = carried(urlsplit(outcome.action.url).query)
        assert "return_url" not in params
        assert "quit_url" not in json.loads(params["biz_content"])

    @pytest.mark.parametrize("method", ["alipay_page", "alipay_wap", "alipay_app"])
    @pytest.mark.parametrize("change", [{"amount_minor": 0}, {"expires_at": AT}])
    def test_signs_nothing_that_the_channel_cannot_take(self, channel, method, change):
        # When
        outcome = channel.pay(replace(PAGE, method=method, **change))

        # Then
        assert (outcome.kind, outcome.code, outcome.action) == ("failed", "REFUSED_HERE", None)


class TestMiniProgram:
    @pytest.mark.parametrize(
        ("account", "name"),
        [
            ("2088102146225135", "buyer_id"),
            ("074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5", "buyer_open_id"),
            ("20881021462251350", "buyer_open_id"),
        ],
    )
    def test_orders_a_trade_for_one_payer(self, channel, gateway, answers, account, name):
        # Given
        answers(code="10000", msg="Success", out_trade_no=NO, trade_no=TRADE_NO)

        # When
        outcome = channel.pay(replace(MINI, payer_account=account))

        # Then
        (received,) = gateway.received
        assert received.params["method"] == "alipay.trade.create"
        assert received.params["notify_url"] == "https://pay.example.com/notify/alipay/chn_1/"
        assert json.loads(received.data["biz_content"]) == {
            "out_trade_no": NO,
            "total_amount": "12.34",
            "subject": "茶   Tea",
            "product_code": "JSAPI_PAY",
            "time_expire": "2026-01-05 11:00:59",
            name: account,
            "op_app_id": "2021000000000001",
        }
        assert (outcome.kind, outcome.channel_ref) == ("awaiting_payer", TRADE_NO)
        assert outcome.action.kind == PayerActionKind.INVOKE
        assert outcome.action.fields == {"trade_no": TRADE_NO}

    @pytest.mark.parametrize("node", [{"out_trade_no": "other", "trade_no": TRADE_NO}, {}])
    def test_knows_nothing_without_the_trade_that_was_asked_for(self, channel, answers, node):
        # Given
        answers(code="10000", msg="Success", **{"out_trade_no": NO, **node})

        # Then
        outcome = channel.pay(MINI)
        assert (outcome.kind, outcome.action) == ("unknown", None)

    @pytest.mark.parametrize("account", ["", " ", "2088\0", "x" * 129])
    def test_sends_nothing_without_a_payer(self, channel, gateway, account):
        # When
        outcome = channel.pay(replace(MINI, payer_account=account))

        # Then
        assert (outcome.kind, outcome.code) == ("failed", "REFUSED_HERE")
        assert gateway.received == []


class TestCancel:
    @pytest.mark.parametrize(
        ("node", "kind", "code"),
        [
            ({"retry_flag": "N", "action": "close"}, "closed", "10000"),
            ({"retry_flag": "N", "action": "refund"}, "unknown", "CLOSED_AFTER_PAYMENT"),
            ({"retry_flag": "N"}, "unknown", "NOT_FOUND"),
            ({"retry_flag": "Y"}, "unknown", "RETRY"),
            ({"retry_flag": "Y", "action": "close"}, "unknown", "RETRY"),
            ({"action": "close"}, "unknown", "RETRY"),
            ({"retry_flag": "N", "action": "dance"}, "unknown", "UNREADABLE_ANSWER"),
            (
                {"retry_flag": "N", "action": "close", "out_trade_no": "other"},
                "unknown",
                "OTHER_NUMBER",
            ),
        ],
    )
    def test_says_closed_only_when_no_money_had_moved(
        self, channel, gateway, answers, node, kind, code
    ):
        # Given
        answers(code="10000", msg="Success", **{"out_trade_no": NO, **node})

        # When
        outcome = channel.cancel(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)
        (received,) = gateway.received
        assert received.params["method"] == "alipay.trade.cancel"
        assert received.data == {"biz_content": f'{{"out_trade_no":"{NO}"}}'}


class TestCoupons:
    PAID = {
        "code": "10000",
        "msg": "Success",
        "out_trade_no": NO,
        "trade_no": TRADE_NO,
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "12.34",
        "send_pay_date": "2026-01-05 10:31:07",
    }

    def test_the_order_s_amount_the_payer_s_and_ours_are_three(self, channel, answers):
        # Given
        funds = [{"amount": "2.00", "fund_channel": "COUPON"}]
        answers(**self.PAID, buyer_pay_amount="10.34", receipt_amount="12.00", fund_bill_list=funds)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.amount_minor) == ("succeeded", 1234)
        assert (outcome.payer_minor, outcome.settled_minor) == (1034, 1200)
        assert '"fund_bill_list":[{"amount":"2.00","fund_channel":"COUPON"}]' in outcome.raw

    def test_says_nothing_of_them_before_anything_was_paid(self, channel, answers):
        # Given
        node = {**self.PAID, "trade_status": "WAIT_BUYER_PAY", "send_pay_date": ""}
        answers(**node, buyer_pay_amount="0.00", receipt_amount="0.00")

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.payer_minor, outcome.settled_minor) == (None, None)

    @pytest.mark.parametrize("funds", [{}, {"fund_bill_list": []}], ids=["no list", "empty"])
    def test_zeros_without_funds_say_nothing_of_who_paid(self, channel, answers, funds):
        # Given what Alipay answers of a trade that was paid on a page
        answers(**self.PAID, buyer_pay_amount="0.00", receipt_amount="0.00", **funds)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.amount_minor) == ("succeeded", 1234)
        assert (outcome.payer_minor, outcome.settled_minor) == (None, None)

    def test_a_zero_beside_the_funds_is_an_amount(self, channel, answers):
        # Given a payer who paid nothing, since Alipay's coupon paid all of it
        funds = [{"amount": "12.34", "fund_channel": "COUPON"}]
        answers(**self.PAID, buyer_pay_amount="0.00", receipt_amount="12.34", fund_bill_list=funds)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.payer_minor, outcome.settled_minor) == (0, 1234)

    def test_believes_a_sum_without_funds(self, channel, answers):
        # Given
        answers(**self.PAID, buyer_pay_amount="0.00", receipt_amount="12.00")

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.payer_minor, outcome.settled_minor) == (None, 1200)

    @pytest.mark.parametrize("name", ["buyer_pay_amount", "receipt_amount"])
    @pytest.mark.parametrize("text", ["-1.00", "1.234", "ten"])
    def test_does_not_believe_a_garbled_share(self, channel, answers, name, text):
        # Given
        answers(**self.PAID, **{name: text})

        # Then
        outcome = channel.query(NO, at=AT)
        assert (outcome.kind, outcome.code) == ("unknown", "UNREADABLE_ANSWER")

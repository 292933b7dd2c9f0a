"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import json
from dataclasses import replace

import pytest

from payments.channels.alipay import orders, signing
from payments.channels.base import (
    OutcomeKind,
)
from tests.payments.channels.gateway import Gateway, Reply
from tests.payments.channels.trade_requests import AT, NO, PAID, REQUEST


def content_of(gateway: Gateway) -> dict[str, str]:
    return json.loads(gateway.received[-1].data["biz_content"])


class TestWhatIsSent:
    def test_sends_a_precreate_exactly_as_the_protocol_says(self, channel, gateway, answers):
        # Given
        answers(code="10000", msg="Success", out_trade_no=NO, qr_code="https://qr.alipay.com/b1")

        # When
        channel.pay(REQUEST)

        # Then
        (received,) = gateway.received
        assert {key: text for key, text in received.params.items() if key != "sign"} == {
            "app_id": "2021000000000001",
            "method": "alipay.trade.precreate",
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-01-05 10:30:00",
            "version": "1.0",
            "notify_url": "https://pay.example.com/notify/alipay/chn_1/",
        }
        assert received.data == {
            "biz_content": '{"out_trade_no":"pay_01jdexample0000000000000000",'
            '"total_amount":"12.34","subject":"Tea",'
            '"product_code":"FACE_TO_FACE_PAYMENT","time_expire":"2026-01-05 11:00:59"}'
        }

    def test_sends_a_query_with_the_number_only(self, channel, gateway, answers):
        # Given
        answers(**PAID)

        # When
        channel.query(NO, at=AT)

        # Then
        (received,) = gateway.received
        assert received.params["method"] == "alipay.trade.query"
        assert "notify_url" not in received.params
        assert received.data == {"biz_content": f'{{"out_trade_no":"{NO}"}}'}

    def test_signs_query_string_and_body_together(self, channel, gateway, answers, our_keys):
        # Given
        answers(**PAID)

        # When
        channel.pay(replace(REQUEST, subject="茶 100% + 咖啡"))

        # Then
        (received,) = gateway.received
        everything = {**received.params, **received.data}
        sign = everything.pop("sign")
        text = "&".join(f"{key}={everything[key]}" for key in sorted(everything))
        assert signing.is_signed(text.encode(), sign, our_keys.private.public_key())
        assert "sign_type=RSA2" in text
        assert '"subject":"茶 100% + 咖啡"' in text

    @pytest.mark.parametrize(
        ("amount_minor", "currency", "total_amount", "trans_currency"),
        [
            (1, "CNY", "0.01", None),
            (100, "CNY", "1.00", None),
            (10_000_000_000, "CNY", "100000000.00", None),
            (1234, "BRL", "12.34", "BRL"),
            (1234, "JPY", "1234", "JPY"),
            (1234, "KWD", "1.234", "KWD"),
        ],
    )
    def test_writes_amounts_in_the_major_unit(
        self, channel, gateway, answers, amount_minor, currency, total_amount, trans_currency
    ):
        # Given
        answers(code="10000", out_trade_no=NO, qr_code="q")

        # When
        channel.pay(replace(REQUEST, amount_minor=amount_minor, currency=currency))

        # Then
        assert content_of(gateway)["total_amount"] == total_amount
        assert content_of(gateway).get("trans_currency") == trans_currency

    @pytest.mark.parametrize(
        ("subject", "sent"),
        [
            ("Tea/Coffee=2&more", "Tea Coffee 2 more"),
            ("line\nbreak\0 \ud800", "line break"),
            ("茶" * 300, "茶" * 256),
            (" &/= ", NO),
            ("", NO),
        ],
    )
    def test_sends_a_subject_that_the_channel_takes(self, channel, gateway, answers, subject, sent):
        # Given
        answers(code="10000", out_trade_no=NO, qr_code="q")

        # When
        channel.pay(replace(REQUEST, subject=subject))

        # Then
        assert content_of(gateway)["subject"] == sent

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "alipay_face"},
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"amount_minor": 10_000_000_001},
            {"currency": "XXX"},
            {"currency": "cny"},
            {"channel_no": ""},
            {"channel_no": "pay-1"},
            {"channel_no": "付1"},
            {"channel_no": "x" * 65},
            {"channel_no": "pay_1\n"},
            {"expires_at": AT},
        ],
    )
    def test_fails_an_order_that_the_channel_cannot_take_and_sends_nothing(
        self, channel, gateway, change
    ):
        # When
        outcome = channel.pay(replace(REQUEST, **change))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
        assert outcome.message
        assert gateway.received == []


class TestPay:
    def test_waits_for_the_payer_with_the_code_to_scan(self, channel, answers):
        # Given
        answers(code="10000", msg="Success", out_trade_no=NO, qr_code="https://qr.alipay.com/b1")

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert outcome.kind == OutcomeKind.AWAITING_PAYER
        assert outcome.qr_code == "https://qr.alipay.com/b1"
        assert outcome.paid_at is None
        assert outcome.amount_minor is None
        assert '"qr_code":"https://qr.alipay.com/b1"' in outcome.raw

    @pytest.mark.parametrize("sub_code", sorted(orders.FAILURE_CODES))
    def test_fails_for_the_codes_of_the_closed_list(self, channel, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code, sub_msg="refused")

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("failed", sub_code, "refused")

    @pytest.mark.parametrize(
        "node",
        [
            {"code": "20000", "sub_code": "isp.unknow-error"},
            {"code": "20000", "sub_code": "aop.unknow-error"},
            {"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"},
            {"code": "40004", "sub_code": "SYSTEM_ERROR"},
            {"code": "40004", "sub_code": "ACQ.TRADE_HAS_SUCCESS"},
            {"code": "40004", "sub_code": "ACQ.TRADE_HAS_CLOSE"},
            {"code": "40004", "sub_code": "ACQ.CONTEXT_INCONSISTENT"},
            {"code": "40004", "sub_code": "ACQ.A_CODE_OF_NEXT_YEAR"},
            {"code": "40004"},
            {"code": "10003"},
            {"code": "10003", "sub_code": "", "out_trade_no": NO, "qr_code": "q"},
            {"sub_code": "", "code": ""},
            {"code": ["10000"], "out_trade_no": NO, "qr_code": "q"},
            {"code": "10000", "out_trade_no": "another", "qr_code": "q"},
            {"code": "10000", "qr_code": "q"},
            {"code": "10000", "out_trade_no": NO},
            {"code": "10000", "out_trade_no": NO, "qr_code": " "},
            {"code": "10000", "out_trade_no": NO, "qr_code": {"a": "b"}},
        ],
    )
    def test_knows_nothing_after_any_other_answer(self, channel, answers, node):
        # Given
        answers(**node)

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert outcome.kind == OutcomeKind.UNKNOWN
        assert outcome.code
        assert outcome.qr_code == ""

    def test_reads_a_signed_error_of_the_gateway(self, channel, gateway, signed):
        # Given
        node = {"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-app-id"}
        gateway.reply = lambda _: Reply(signed("error_response", node))

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", "isv.invalid-app-id")

"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.base import (
    Outcome,
    OutcomeKind,
)
from payments.channels.wechatpay import mapping
from tests.payments.channels.wechatpay.adapter_orders import NO, ORDER, REQUEST
from tests.payments.channels.wechatpay.conftest import OUR_SERIAL
from tests.payments.channels.wechatpay.platform import AT, KEY_ID

AUTHORIZATION = re.compile(
    r'WECHATPAY2-SHA256-RSA2048 mchid="1230000109",nonce_str="([0-9A-F]{32})",'
    r'signature="([A-Za-z0-9+/]{342}==)",timestamp="1767580200",serial_no="(\w+)"'
)


class TestWhatIsSent:
    def test_sends_a_native_order_exactly_as_the_protocol_says(self, channel, gateway, answers):
        # Given
        answers({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"})

        # When
        channel.pay(REQUEST)

        # Then
        (received,) = gateway.received
        assert (received.method, received.target) == ("POST", "/v3/pay/transactions/native")
        assert received.body.decode() == (
            '{"appid":"wxd678efh567hg6787","mchid":"1230000109","description":"Tea 茶",'
            f'"out_trade_no":"{NO}","time_expire":"2026-01-05T11:00:59+08:00",'
            '"notify_url":"https://pay.example.com/notify/chn_2/",'
            '"amount":{"total":1234,"currency":"CNY"}}'
        )
        assert received.headers["content-type"] == "application/json"
        assert received.headers["accept"] == "application/json"
        assert received.headers["user-agent"] == "tianping"
        assert received.headers["wechatpay-serial"] == KEY_ID

    def test_asks_by_our_number_and_for_our_merchant(self, channel, gateway, answers):
        # Given
        answers(ORDER)

        # When
        channel.query("A-b_c|d*e", at=AT)

        # Then
        (received,) = gateway.received
        assert (received.method, received.body) == ("GET", b"")
        assert received.target == (
            "/v3/pay/transactions/out-trade-no/A-b_c%7Cd%2Ae?mchid=1230000109"
        )

    def test_closes_for_our_merchant(self, channel, gateway, answers):
        # Given
        answers(status=204)

        # When
        channel.close(NO, at=AT)

        # Then
        (received,) = gateway.received
        assert received.target == f"/v3/pay/transactions/out-trade-no/{NO}/close"
        assert (received.method, received.body) == ("POST", b'{"mchid":"1230000109"}')

    @pytest.mark.parametrize(
        "call",
        [
            lambda channel: channel.pay(REQUEST),
            lambda channel: channel.query("A-b_c|d*e", at=AT),
            lambda channel: channel.close(NO, at=AT),
        ],
        ids=["pay", "query", "close"],
    )
    def test_signs_method_address_instant_nonce_and_body(self, channel, gateway, our_keys, call):
        # When
        call(channel)

        # Then
        (received,) = gateway.received
        found = AUTHORIZATION.fullmatch(received.headers["authorization"])
        nonce, signature, serial = found.groups()
        assert serial == OUR_SERIAL
        text = f"{received.method}\n{received.target}\n1767580200\n{nonce}\n".encode()
        our_keys.private.public_key().verify(
            base64.b64decode(signature),
            text + received.body + b"\n",
            PKCS1v15(),
            SHA256(),
        )

    def test_never_repeats_a_nonce(self, channel, gateway):
        for _ in range(20):
            channel.query(NO, at=AT)

        nonces = {
            AUTHORIZATION.fullmatch(received.headers["authorization"]).group(1)
            for received in gateway.received
        }
        assert len(nonces) == 20

    def test_stamps_with_machine_time_whatever_the_business_s_instant(
        self, channel, gateway, answers
    ):
        # Given
        answers({"code_url": "q"})

        # When
        channel.pay(replace(REQUEST, at=AT - timedelta(days=9)))

        # Then
        assert 'timestamp="1767580200"' in gateway.received[-1].headers["authorization"]

    @pytest.mark.parametrize(
        ("subject", "sent"),
        [
            ("a/b=c&d 100%", "a/b=c&d 100%"),
            ("line\nbreak\0 \ud800", "line break"),
            # It counts bytes of UTF-8, and no half of a character is sent.
            ("茶" * 300, "茶" * 42),
            ("x" * 300, "x" * 127),
            ("x" + "🀄" * 99, "x" + "🀄" * 31),
            (" ", NO),
            ("", NO),
        ],
    )
    def test_sends_a_description_that_the_channel_takes(
        self, channel, gateway, answers, subject, sent
    ):
        # Given
        answers({"code_url": "q"})

        # When
        channel.pay(replace(REQUEST, subject=subject))

        # Then
        description = json.loads(gateway.received[-1].body)["description"]
        assert description == sent
        assert len(description.encode()) <= 127

    @pytest.mark.parametrize("channel_no", ["abc123", "x" * 32, "A-b_c|d*e"])
    def test_sends_every_number_that_the_channel_takes(self, channel, gateway, answers, channel_no):
        answers({"code_url": "q"})

        assert channel.pay(replace(REQUEST, channel_no=channel_no)).kind == "awaiting_payer"

    @pytest.mark.parametrize(
        "change",
        [
            {"method": "alipay_qr"},
            {"method": "wechat_jsapi"},
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"currency": "XXX"},
            {"currency": "cny"},
            {"channel_no": ""},
            {"channel_no": "abc12"},
            {"channel_no": "x" * 33},
            {"channel_no": "pay.12345"},
            {"channel_no": "付1234567"},
            {"channel_no": "pay_123\n"},
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
        answers({"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"})

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert outcome == Outcome(
            OutcomeKind.AWAITING_PAYER,
            code="OK",
            qr_code="weixin://wxpay/bizpayurl?pr=p4lpSuKzz",
            raw='{"code_url": "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"}',
        )

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (400, "APPID_MCHID_NOT_MATCH"),
            (400, "PARAM_ERROR"),
            (401, "SIGN_ERROR"),
            (403, "NO_AUTH"),
            (404, "MCH_NOT_EXISTS"),
        ],
    )
    def test_fails_for_the_codes_of_the_closed_list(self, channel, answers, status, code):
        # Given
        assert code in mapping.FAILURE_CODES
        assert len(mapping.FAILURE_CODES) == 5
        answers({"code": code, "message": "refused"}, status=status)

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("failed", code, "refused")

    @pytest.mark.parametrize(
        ("status", "content", "code"),
        [
            (400, {"code": "INVALID_REQUEST", "message": "商户订单号重复"}, "INVALID_REQUEST"),
            (403, {"code": "OUT_TRADE_NO_USED"}, "OUT_TRADE_NO_USED"),
            (400, {"code": "ORDERPAID"}, "ORDERPAID"),
            (400, {"code": "ORDER_CLOSED"}, "ORDER_CLOSED"),
            (429, {"code": "FREQUENCY_LIMITED"}, "FREQUENCY_LIMITED"),
            (429, {"code": "RATELIMIT_EXCEEDED"}, "RATELIMIT_EXCEEDED"),
            (500, {"code": "SYSTEM_ERROR"}, "SYSTEM_ERROR"),
            (400, {"code": "A_CODE_OF_NEXT_YEAR"}, "A_CODE_OF_NEXT_YEAR"),
            # A code of the list with a status that takes it back.
            (500, {"code": "PARAM_ERROR"}, "PARAM_ERROR"),
            (202, {"code": "PARAM_ERROR"}, "PARAM_ERROR"),
            (404, {"code": "NOT_FOUND"}, "HTTP_STATUS"),
            (404, {"code": ["PARAM_ERROR"]}, "HTTP_STATUS"),
            (400, {}, "HTTP_STATUS"),
            (202, None, "HTTP_STATUS"),
            (204, None, "HTTP_STATUS"),
            (302, None, "HTTP_STATUS"),
            (200, None, "UNREADABLE_ANSWER"),
            (200, {"prepay_id": "wx2016"}, "UNREADABLE_ANSWER"),
            (200, {"code_url": " "}, "UNREADABLE_ANSWER"),
            (200, {"code_url": {"a": "b"}}, "UNREADABLE_ANSWER"),
            (200, ["code_url"], "UNREADABLE_ANSWER"),
        ],
    )
    def test_knows_nothing_after_any_other_answer(self, channel, answers, status, content, code):
        # Given
        answers(content, status=status)

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.qr_code) == (OutcomeKind.UNKNOWN, code, "")
        assert outcome.message

import base64
import json
import random
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.base import (
    ChannelConfigurationError,
    Outcome,
    OutcomeKind,
    PayRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from payments.channels.wechatpay import mapping
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.conftest import OUR_SERIAL
from tests.payments.channels.wechatpay.platform import AT, KEY_ID

NO = "ATT_01jdexample0000000000000000"[:30]
REQUEST = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="Tea 茶",
    method="wechat_native",
    expires_at=datetime(2026, 1, 5, 3, 0, 59, 999_999, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
)
ORDER = {
    "appid": "wxd678efh567hg6787",
    "mchid": "1230000109",
    "out_trade_no": NO,
    "trade_state": "NOTPAY",
    "trade_state_desc": "订单未支付",
}
PAID = {
    **ORDER,
    "transaction_id": "4200001000202601050000000001",
    "trade_type": "NATIVE",
    "trade_state": "SUCCESS",
    "trade_state_desc": "支付成功",
    "bank_type": "CMC",
    "success_time": "2026-01-05T10:31:07+08:00",
    "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "amount": {"total": 1234, "payer_total": 1200, "currency": "CNY", "payer_currency": "CNY"},
}
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


class TestQuery:
    @pytest.mark.parametrize("state", ["SUCCESS", "REFUND"])
    def test_reads_a_paid_order_exactly(self, channel, answers, state):
        # Given
        answers({**PAID, "trade_state": state})

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code=state,
            message="支付成功",
            channel_ref="4200001000202601050000000001",
            amount_minor=1234,
            currency="CNY",
            paid_at=datetime(2026, 1, 5, 2, 31, 7, tzinfo=UTC),
            payer_ref="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            payer_minor=1200,
        )
        assert '"total": 1234' in outcome.raw

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"trade_state": "NOTPAY"}, "awaiting_payer", None),
            ({"trade_state": "USERPAYING"}, "awaiting_payer", None),
            ({"trade_state": "CLOSED"}, "closed", None),
            ({"trade_state": "REVOKED"}, "closed", None),
            # Said of another method than ours, and nothing certain of money.
            ({"trade_state": "PAYERROR"}, "unknown", None),
            ({"trade_state": "ACCEPT"}, "unknown", None),
            ({"trade_state": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"trade_state": ["SUCCESS"]}, "unknown", "UNREADABLE_ANSWER"),
        ],
    )
    def test_reads_an_order_that_is_not_paid(self, channel, answers, change, kind, code):
        # Given
        answers({**ORDER, **change})

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code or change["trade_state"])
        assert (outcome.amount_minor, outcome.paid_at) == (None, None)

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"trade_state": "CLOSED"}, "CLOSED_AFTER_PAYMENT"),
            ({"out_trade_no": NO.lower()}, "OTHER_NUMBER"),
            ({"out_trade_no": None}, "OTHER_NUMBER"),
            ({"mchid": "1230000108"}, "OTHER_NUMBER"),
            ({"appid": "wxd678efh567hg6788"}, "OTHER_NUMBER"),
            ({"appid": None}, "OTHER_NUMBER"),
            ({"amount": None}, "UNREADABLE_ANSWER"),
            ({"amount": 1234}, "UNREADABLE_ANSWER"),
            ({"amount": {}}, "UNREADABLE_ANSWER"),
            ({"amount": {"payer_total": 1234}}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": "1234"}}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": 12.34}}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": 1234.0}}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": True}}, "UNREADABLE_ANSWER"),
            ({"amount": {"total": -1234}}, "UNREADABLE_ANSWER"),
            ({"success_time": None}, "UNREADABLE_ANSWER"),
            ({"success_time": ""}, "UNREADABLE_ANSWER"),
            ({"success_time": "2026-01-05 10:31:07"}, "UNREADABLE_ANSWER"),
            ({"success_time": "2026-01-05T10:31:07"}, "UNREADABLE_ANSWER"),
            ({"success_time": "2026-02-30T10:31:07+08:00"}, "UNREADABLE_ANSWER"),
            ({"success_time": "2026-W01-1T10:31:07+08:00"}, "UNREADABLE_ANSWER"),
        ],
    )
    def test_succeeds_only_when_everything_that_decides_is_there(
        self, channel, answers, change, code
    ):
        # Given
        answers({**PAID, **change})

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)

    @pytest.mark.parametrize(
        ("text", "instant"),
        [
            ("2026-01-05T02:31:07Z", datetime(2026, 1, 5, 2, 31, 7, tzinfo=UTC)),
            ("2026-01-05T10:31:07.250+08:00", datetime(2026, 1, 5, 2, 31, 7, 250_000, tzinfo=UTC)),
            ("2026-01-04T22:31:07-04:00", datetime(2026, 1, 5, 2, 31, 7, tzinfo=UTC)),
        ],
    )
    def test_reads_every_zone(self, channel, answers, text, instant):
        answers({**PAID, "success_time": text})

        assert channel.query(NO, at=AT).paid_at == instant

    def test_believes_the_currency_of_the_answer_and_no_other(self, channel, answers):
        # Given, When, Then
        answers({**PAID, "amount": {"total": 1234, "currency": "HKD"}})
        assert channel.query(NO, at=AT).currency == "HKD"

        # It may be left out for the only currency of the channel.
        answers({**PAID, "amount": {"total": 1234}})
        assert channel.query(NO, at=AT).currency == "CNY"

    @pytest.mark.parametrize("code", ["ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"])
    def test_says_not_found_which_is_not_failed(self, channel, answers, code):
        # Given
        answers({"code": code, "message": "订单不存在"}, status=404)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == (
            "unknown",
            "NOT_FOUND",
            "订单不存在",
        )

    def test_an_address_that_is_not_found_says_nothing_of_the_order(self, channel, answers):
        answers({"code": "NOT_FOUND", "message": "请求的资源不存在"}, status=404)

        assert channel.query(NO, at=AT).code == "HTTP_STATUS"

    @pytest.mark.parametrize("code", [*sorted(mapping.FAILURE_CODES), "SYSTEM_ERROR"])
    def test_never_fails_an_order_because_asking_was_refused(self, channel, answers, code):
        # Given
        answers({"code": code, "message": "refused"}, status=400)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", code)


class TestClose:
    @pytest.mark.parametrize(
        ("status", "content", "kind", "code"),
        [
            (204, None, "closed", "CLOSED"),
            (400, {"code": "ORDER_CLOSED", "message": "该订单已关闭"}, "closed", "ORDER_CLOSED"),
            (404, {"code": "ORDER_NOT_EXIST"}, "unknown", "NOT_FOUND"),
            (404, {"code": "RESOURCE_NOT_EXISTS"}, "unknown", "NOT_FOUND"),
            (400, {"code": "ORDERPAID"}, "unknown", "ORDERPAID"),
            (400, {"code": "ORDER_PAID"}, "unknown", "ORDER_PAID"),
            (401, {"code": "SIGN_ERROR"}, "unknown", "SIGN_ERROR"),
            (400, {"code": "PARAM_ERROR"}, "unknown", "PARAM_ERROR"),
            (500, {"code": "SYSTEM_ERROR"}, "unknown", "SYSTEM_ERROR"),
            (200, {}, "unknown", "HTTP_STATUS"),
            (202, None, "unknown", "HTTP_STATUS"),
        ],
    )
    def test_is_closed_only_when_the_channel_says_so(
        self, channel, answers, status, content, kind, code
    ):
        # Given
        answers(content, status=status)

        # When
        outcome = channel.close(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)

    def test_does_not_believe_an_unsigned_answer(self, channel, gateway):
        gateway.reply = lambda _: Reply(status=204)

        outcome = channel.close(NO, at=AT)

        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")


class TestTrouble:
    """No trouble at the channel raises, and none is mistaken for a failure."""

    @pytest.mark.parametrize(
        "call",
        [
            lambda channel: channel.pay(REQUEST),
            lambda channel: channel.query(NO, at=AT),
            lambda channel: channel.close(NO, at=AT),
        ],
        ids=["pay", "query", "close"],
    )
    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(fault="silence"), "NO_ANSWER"),
            (Reply(fault="reset"), "NO_ANSWER"),
            (Reply(b"{}", fault="cut"), "NO_ANSWER"),
            (Reply(b"x" * 1_048_577), "NO_ANSWER"),
            (Reply(b"oops", status=500), "HTTP_STATUS"),
            (Reply(b'{"code":"SIGN_ERROR"}', status=401), "HTTP_STATUS"),
            (Reply(b'{"code":"PARAM_ERROR"}', status=400), "HTTP_STATUS"),
            (Reply(b"{}", status=404), "HTTP_STATUS"),
            (Reply(status=302, headers=(("Location", "/"),)), "BAD_SIGNATURE"),
            (Reply(b""), "BAD_SIGNATURE"),
            (Reply(b"<html>\0</html>"), "BAD_SIGNATURE"),
            (Reply(status=204), "BAD_SIGNATURE"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_knows_nothing(self, channel, gateway, call, reply, code):
        # Given
        gateway.reply = lambda _: reply

        # When
        outcome = call(channel)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)
        assert outcome.message
        assert outcome.amount_minor is None
        assert "\0" not in outcome.raw

    @pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"a"', b"\xca\xf7", b"[" * 50_000])
    def test_cannot_read_what_is_not_one_json_object(self, channel, answers, body):
        # Given
        answers(body=body)

        # When, Then
        assert channel.query(NO, at=AT).code == "UNREADABLE_ANSWER"
        assert channel.pay(REQUEST).code == "UNREADABLE_ANSWER"

    def test_knows_that_nothing_was_sent_when_nobody_listens(self, config, transport):
        # Given
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        channel = channel_for(replace(config, gateway_url=f"http://127.0.0.1:{port}"), transport)

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.NOT_SENT, "NOT_CONNECTED")

    def test_does_not_believe_a_success_that_another_signed(self, channel, gateway, stranger):
        # Given
        gateway.reply = lambda _: stranger.reply(PAID)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")
        assert '"SUCCESS"' in outcome.raw

    def test_does_not_believe_a_failure_that_another_signed(self, channel, gateway, stranger):
        # Given
        gateway.reply = lambda _: stranger.reply({"code": "PARAM_ERROR"}, status=400)

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")

    @pytest.mark.parametrize("seconds", [-300, 0, 300])
    def test_believes_an_answer_near_the_instant_of_the_request(self, channel, answers, seconds):
        answers(PAID, at=AT + timedelta(seconds=seconds))

        assert channel.query(NO, at=AT).kind == "succeeded"

    @pytest.mark.parametrize("seconds", [-301, 301, 86_400])
    def test_does_not_believe_an_answer_to_an_earlier_or_later_question(
        self, channel, answers, seconds
    ):
        answers(PAID, at=AT + timedelta(seconds=seconds))

        assert channel.query(NO, at=AT).code == "BAD_SIGNATURE"

    def test_does_not_believe_a_genuine_answer_that_was_cut_or_changed(
        self, channel, gateway, platform
    ):
        # Given
        genuine = platform.reply(PAID)
        changed = (
            genuine.body[:-1],
            genuine.body[:100],
            genuine.body.replace(b"1234,", b"1235,"),
            genuine.body + b"\n",
            b"",
        )
        for body in changed:
            gateway.reply = lambda _, body=body: replace(genuine, body=body)

            # When, Then
            assert channel.query(NO, at=AT).code == "BAD_SIGNATURE"

    def test_believes_no_answer_with_a_changed_byte(self, channel, gateway, platform):
        # Given
        genuine = platform.reply(PAID)
        signed = {name: text for name, text in genuine.headers if not name.endswith("-Type")}
        gateway.reply = lambda _: genuine
        assert channel.query(NO, at=AT).kind == "succeeded"
        choose = random.Random(20260108)

        for number in range(500):
            # When: in the body, or in one of the four headers that sign it
            if number % 2:
                at = choose.randrange(len(genuine.body))
                other = bytes([genuine.body[at] ^ choose.randrange(1, 256)])
                mutated = replace(genuine, body=genuine.body[:at] + other + genuine.body[at + 1 :])
            else:
                name = choose.choice(sorted(signed))
                at = choose.randrange(len(signed[name]))
                other = choose.choice(
                    [c for c in map(chr, range(33, 127)) if c != signed[name][at]]
                )
                text = signed[name][:at] + other + signed[name][at + 1 :]
                mutated = replace(genuine, headers=tuple({**signed, name: text}.items()))
            gateway.reply = lambda _, mutated=mutated: mutated
            outcome = channel.query(NO, at=AT)

            # Then
            assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")

    def test_keeps_at_most_8_kib_of_an_answer_and_only_what_a_database_takes(
        self, channel, answers
    ):
        # Given
        content = {**PAID, "trade_state_desc": "a\0b\ud800" + "x" * 999, "attach": "y" * 15_000}
        answers(body=json.dumps(content).encode())

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert outcome.kind == OutcomeKind.SUCCEEDED
        assert outcome.message == "a b " + "x" * 296
        assert len(outcome.raw.encode()) <= 8_192

    def test_lets_the_guard_speak(self, config):
        # Given
        class InTransactionError(Exception):
            pass

        def guard() -> None:
            raise InTransactionError

        # When, Then: our own mistake is no outcome
        with pytest.raises(InTransactionError):
            channel_for(config, Transport(guard)).pay(REQUEST)


class TestConfiguration:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"private_key_pem": ""}, "only listens"),
            ({"key_serial": ""}, "key_serial"),
            ({"gateway_url": "api.mch.weixin.qq.com"}, "gateway_url"),
            ({"channel_public_key_pem": "", "channel_key_id": ""}, "channel_public_key_pem"),
        ],
    )
    def test_sends_nothing_without_what_a_request_needs(
        self, config, transport, gateway, change, words
    ):
        # Given
        channel = channel_for(replace(config, **change), transport)

        # When, Then
        for call in (lambda: channel.pay(REQUEST), lambda: channel.query(NO, at=AT)):
            with pytest.raises(ChannelConfigurationError, match=words):
                call()
        assert gateway.received == []

    @pytest.mark.parametrize(
        "change",
        [
            {"api_key": "0123456789abcdef"},
            {"api_key": "0123456789abcdefghijklmnopqrstuvw"},
            {"api_key": "值" * 32},
            {"notify_url": "https://pay.example.com/notify/?account=1"},
            {"notify_url": "https://pay.example.com/notify/#1"},
            {"channel_key_id": ""},
            {"channel_key_id": "D7CE59D1F522D701"},
            {"channel_public_key_pem": ""},
            {"channel_public_key_pem": "值"},
            {"private_key_pem": "值"},
        ],
    )
    def test_refuses_an_account_that_can_never_work(self, config, transport, change):
        # When
        with pytest.raises(ChannelConfigurationError) as refusal:
            channel_for(replace(config, **change), transport)

        # Then
        assert refusal.value.__cause__ is None
        assert "0123456789" not in str(refusal.value)

    def test_never_shows_a_key(self, config):
        assert config.api_key not in repr(config)

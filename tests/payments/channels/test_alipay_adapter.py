import json
import socket
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.alipay import orders, signing
from payments.channels.base import (
    ChannelConfig,
    ChannelConfigurationError,
    Outcome,
    OutcomeKind,
    PayRequest,
    RefundRequest,
    TransferRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from tests.payments.channels.gateway import Gateway, Reply

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
NO = "pay_01jdexample0000000000000000"
REQUEST = PayRequest(
    channel_no=NO,
    amount_minor=1234,
    currency="CNY",
    subject="Tea",
    method="alipay_qr",
    expires_at=datetime(2026, 1, 5, 3, 0, 59, 999_999, tzinfo=UTC),
    at=AT,
    stamped_at=AT,
)
PAID = {
    "code": "10000",
    "msg": "Success",
    "out_trade_no": NO,
    "trade_no": "2026010522001419931441931972",
    "trade_status": "TRADE_SUCCESS",
    "total_amount": "12.34",
    "send_pay_date": "2026-01-05 10:31:07",
    "buyer_user_id": "2088102146225135",
    "buyer_logon_id": "159****5620",
}
REFUND = RefundRequest(
    channel_no="ref_01jdexample0000000000000000",
    pay_channel_no=NO,
    amount_minor=234,
    total_minor=1234,
    currency="CNY",
    reason="",
    stamped_at=AT,
)
TRANSFER = TransferRequest(
    channel_no="pyo_01jdexample0000000000000000",
    amount_minor=1234,
    currency="CNY",
    account="2088102146225135",
    account_type="user_id",
    holder_name="",
    title="Settlement",
    remark="",
    stamped_at=AT,
)
UNKNOWN_CODES = [
    "ACQ.SYSTEM_ERROR",
    "SYSTEM_ERROR",
    "isp.unknow-error",
    "aop.unknow-error",
    "REQUEST_PROCESSING",
    "TRANSFER_ERROR",
    "A_CODE_OF_NEXT_YEAR",
]
CALLS = {
    "pay": lambda channel: channel.pay(REQUEST),
    "query": lambda channel: channel.query(NO, at=AT),
    "close": lambda channel: channel.close(NO, at=AT),
    "refund": lambda channel: channel.refund(REFUND),
    "query_refund": lambda channel: channel.query_refund(
        REFUND.channel_no, pay_channel_no=NO, at=AT
    ),
    "transfer": lambda channel: channel.transfer(TRANSFER),
    "query_transfer": lambda channel: channel.query_transfer(TRANSFER.channel_no, at=AT),
}


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


class TestQuery:
    @pytest.mark.parametrize("status", ["TRADE_SUCCESS", "TRADE_FINISHED"])
    def test_reads_a_paid_trade_exactly(self, channel, answers, status):
        # Given
        answers(**{**PAID, "trade_status": status})

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code=status,
            message="Success",
            channel_ref="2026010522001419931441931972",
            amount_minor=1234,
            currency="CNY",
            paid_at=datetime(2026, 1, 5, 2, 31, 7, tzinfo=UTC),
            payer_ref="2088102146225135",
        )
        assert '"total_amount":"12.34"' in outcome.raw

    def test_believes_the_currency_of_the_answer_and_no_other(self, channel, answers):
        # Given, When, Then
        answers(**PAID, trans_currency="BRL")
        assert channel.query(NO, at=AT).currency == "BRL"

        # An answer that does not repeat it means CNY, so the caller finds the difference.
        answers(**PAID)
        assert channel.query(NO, at=AT).currency == "CNY"

    def test_prefers_the_open_id_of_the_payer(self, channel, answers):
        # Given
        answers(**PAID, buyer_open_id="074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5")

        # When, Then
        assert channel.query(NO, at=AT).payer_ref == (
            "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"
        )

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"trade_status": "WAIT_BUYER_PAY", "send_pay_date": ""}, "awaiting_payer", None),
            ({"trade_status": "TRADE_CLOSED", "send_pay_date": ""}, "closed", None),
            ({"trade_status": "TRADE_CLOSED"}, "unknown", "CLOSED_AFTER_PAYMENT"),
            ({"trade_status": "TRADE_PENDING"}, "unknown", "TRADE_PENDING"),
            ({"trade_status": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"trade_status": {"is": "TRADE_SUCCESS"}}, "unknown", "UNREADABLE_ANSWER"),
            ({"out_trade_no": NO.upper()}, "unknown", "OTHER_NUMBER"),
            ({"out_trade_no": ""}, "unknown", "OTHER_NUMBER"),
            ({"total_amount": "12.345"}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": "12,34"}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": "1e3"}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": "-12.34"}, "unknown", "UNREADABLE_ANSWER"),
            ({"trans_currency": "XXX"}, "unknown", "UNREADABLE_ANSWER"),
            ({"trans_currency": "JPY"}, "unknown", "UNREADABLE_ANSWER"),
            ({"send_pay_date": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"send_pay_date": "2026-02-30 10:00:00"}, "unknown", "UNREADABLE_ANSWER"),
            ({"send_pay_date": "2026-01-05T10:31:07Z"}, "unknown", "UNREADABLE_ANSWER"),
            ({"send_pay_date": "0001-01-01 00:00:00"}, "unknown", "UNREADABLE_ANSWER"),
        ],
    )
    def test_succeeds_only_when_everything_that_decides_is_there(
        self, channel, answers, change, kind, code
    ):
        # Given
        answers(**{**PAID, **change})

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code or change["trade_status"])

    def test_says_not_found_which_is_not_failed(self, channel, gateway, nothing_there):

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("unknown", "NOT_FOUND", "无")

    @pytest.mark.parametrize("sub_code", [*sorted(orders.FAILURE_CODES), "ACQ.SYSTEM_ERROR"])
    def test_never_fails_an_order_because_asking_was_refused(self, channel, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", sub_code)

    def test_reads_an_amount_written_as_a_number_without_rounding_it(
        self, channel, gateway, alipay_keys
    ):
        # Given
        text = json.dumps(PAID).replace('"12.34"', "90071992547409.91")
        sign = signing.sign(text, alipay_keys.private)
        gateway.reply = lambda _: Reply(
            f'{{"alipay_trade_query_response":{text},"sign":"{sign}"}}'.encode()
        )

        # When, Then
        assert channel.query(NO, at=AT).amount_minor == 9007199254740991


class TestClose:
    def test_sends_the_number_only(self, channel, gateway, answers):
        # Given
        answers(code="10000", out_trade_no=NO)

        # When
        channel.close(NO, at=AT)

        # Then
        (received,) = gateway.received
        assert received.params["method"] == "alipay.trade.close"
        assert "notify_url" not in received.params
        assert received.data == {"biz_content": f'{{"out_trade_no":"{NO}"}}'}

    def test_reads_a_closed_trade(self, channel, answers):
        # Given
        answers(code="10000", msg="Success", out_trade_no=NO, trade_no="2026010522001")

        # When
        outcome = channel.close(NO, at=AT)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.CLOSED, code="10000", message="Success", channel_ref="2026010522001"
        )

    @pytest.mark.parametrize(
        ("node", "code"),
        [
            ({"code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR"}, "ACQ.TRADE_STATUS_ERROR"),
            ({"code": "40004", "sub_code": "ACQ.INVALID_PARAMETER"}, "ACQ.INVALID_PARAMETER"),
            ({"code": "40002", "sub_code": "isv.invalid-signature"}, "isv.invalid-signature"),
            ({"code": "10003", "out_trade_no": NO}, "10003"),
            ({"code": "10000"}, "OTHER_NUMBER"),
            ({"code": "", "out_trade_no": NO}, "UNREADABLE_ANSWER"),
        ],
    )
    def test_leaves_it_open_after_any_other_answer(self, channel, answers, node, code):
        # Given
        answers(**node)

        # When
        outcome = channel.close(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)

    def test_does_not_know_a_trade_that_nobody_has_scanned(self, channel, nothing_there):
        # When
        outcome = channel.close(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "NOT_FOUND")


class TestTrouble:
    """No trouble at the channel raises, and none is mistaken for a failure."""

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize(
        ("reply", "code"),
        [
            (Reply(fault="silence"), "NO_ANSWER"),
            (Reply(fault="reset"), "NO_ANSWER"),
            (Reply(b"{}", fault="cut"), "NO_ANSWER"),
            (Reply(b"x" * 1_048_577), "NO_ANSWER"),
            (Reply(b"oops", status=500), "HTTP_STATUS"),
            (Reply(b"oops", status=502), "HTTP_STATUS"),
            (Reply(status=302, headers=(("Location", "/"),)), "HTTP_STATUS"),
            (Reply(b"{}", status=404), "HTTP_STATUS"),
            (Reply(b""), "UNREADABLE_ANSWER"),
            (Reply(b"<html></html>"), "UNREADABLE_ANSWER"),
            (Reply(b"\xca\xf7"), "UNREADABLE_ANSWER"),
            (Reply(b'{"a":"\0"}'), "UNREADABLE_ANSWER"),
            (Reply(b"[" * 500_000), "UNREADABLE_ANSWER"),
            (Reply(b'{"error_response":{"code":"40002"}}'), "BAD_SIGNATURE"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_knows_nothing(self, certified, gateway, call, reply, code):
        # Given
        gateway.reply = lambda _: reply

        # When
        outcome = CALLS[call](certified)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)
        assert outcome.message
        assert outcome.amount_minor is None
        assert "\0" not in outcome.raw

    @pytest.mark.parametrize("call", CALLS)
    def test_knows_nothing_when_the_channel_has_trouble_inside(self, certified, answers, call):
        # Given
        for code in UNKNOWN_CODES:
            answers(code="20000", msg="Service Currently Unavailable", sub_code=code)

            # When
            outcome = CALLS[call](certified)

            # Then
            assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, code)

    @pytest.mark.parametrize("call", CALLS)
    def test_does_not_take_a_success_of_which_every_number_is_another_s(
        self, certified, answers, call
    ):
        # Given
        answers(
            code="10000",
            out_trade_no="another",
            out_request_no="another",
            out_biz_no="another",
            trade_status="TRADE_SUCCESS",
            refund_status="REFUND_SUCCESS",
            fund_change="Y",
            status="SUCCESS",
            qr_code="q",
        )

        # When
        outcome = CALLS[call](certified)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.UNKNOWN, "OTHER_NUMBER")

    def test_knows_that_nothing_was_sent_when_nobody_listens(self, config, transport):
        # Given
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        channel = channel_for(
            replace(config, gateway_url=f"http://127.0.0.1:{port}/gateway.do"), transport
        )

        # When
        outcome = channel.pay(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.NOT_SENT, "NOT_CONNECTED")

    def test_does_not_believe_a_success_that_another_signed(
        self, channel, gateway, signed, strangers_keys, our_keys
    ):
        for key in (strangers_keys.private, our_keys.private):
            # Given
            raw = signed("alipay_trade_query_response", PAID, key=key)
            gateway.reply = lambda _, raw=raw: Reply(raw)

            # When
            outcome = channel.query(NO, at=AT)

            # Then
            assert (outcome.kind, outcome.code) == ("unknown", "BAD_SIGNATURE")
            assert outcome.raw == raw.decode()

    def test_does_not_believe_a_genuine_answer_that_was_cut_or_changed(
        self, channel, gateway, signed
    ):
        # Given
        raw = signed("alipay_trade_query_response", PAID)
        for body in (raw[:-1], raw[:100], raw.replace(b"12.34", b"12.35"), raw + b"x"):
            gateway.reply = lambda _, body=body: Reply(body)

            # When, Then
            assert channel.query(NO, at=AT).kind == OutcomeKind.UNKNOWN

    def test_does_not_take_a_genuine_answer_to_another_call(self, channel, gateway, signed):
        # Given
        raw = signed("alipay_trade_refund_response", PAID)
        gateway.reply = lambda _: Reply(raw)

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "UNREADABLE_ANSWER")

    def test_cannot_read_an_encrypted_answer(self, channel, gateway, signed):
        # Given
        gateway.reply = lambda _: Reply(signed("alipay_trade_query_response", "eyJjb2RlIjoi"))

        # When, Then
        assert channel.query(NO, at=AT).code == "UNREADABLE_ANSWER"

    def test_keeps_at_most_8_kib_of_an_answer_and_only_what_a_database_takes(
        self, channel, answers
    ):
        # Given
        answers(**PAID, body="茶" * 5_000, note="\0")

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert outcome.kind == OutcomeKind.SUCCEEDED
        assert len(outcome.raw.encode()) <= 8_192
        assert "\0" not in outcome.raw
        assert outcome.raw.startswith('{"alipay_trade_query_response"')

    def test_keeps_no_word_of_the_channel_that_a_database_refuses(
        self, channel, gateway, alipay_keys
    ):
        # Given halves of characters and NULs, which JSON can carry and PostgreSQL cannot
        text = json.dumps({**PAID, "trade_no": "20\0\ud80026", "msg": "a\0b" + "x" * 999})
        sign = signing.sign(text, alipay_keys.private)
        gateway.reply = lambda _: Reply(
            f'{{"alipay_trade_query_response":{text},"sign":"{sign}"}}'.encode()
        )

        # When
        outcome = channel.query(NO, at=AT)

        # Then
        assert outcome.kind == OutcomeKind.SUCCEEDED
        assert outcome.channel_ref == "20  26"
        assert outcome.message == "a b" + "x" * 297

    def test_lets_the_guard_speak(self, config):
        # Given
        class InTransactionError(Exception):
            pass

        def guard() -> None:
            raise InTransactionError

        # When, Then: our own mistake is no outcome
        with pytest.raises(InTransactionError):
            channel_for(config, Transport(guard)).pay(REQUEST)


def test_an_adapter_without_a_private_key_refuses_to_send(config: ChannelConfig) -> None:
    # Given what the web process has: the channel's key, not ours
    listener = channel_for(replace(config, private_key_pem=""), Transport())

    # Then nothing leaves the house
    for name in ("pay", "query", "close", "refund", "query_refund", "query_transfer"):
        with pytest.raises(ChannelConfigurationError, match="only listens"):
            CALLS[name](listener)

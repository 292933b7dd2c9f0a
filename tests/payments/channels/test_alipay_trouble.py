"""What goes wrong between us and Alipay: nothing of it is taken for a failure."""

import json
import socket
from dataclasses import replace

import pytest

from payments.channels.alipay import signing
from payments.channels.base import (
    ChannelConfig,
    ChannelConfigurationError,
    OutcomeKind,
    RefundRequest,
    TransferRequest,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from tests.payments.channels.gateway import Reply
from tests.payments.channels.trade_requests import AT, NO, PAID, REQUEST

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

"""What goes wrong between us and WeChat Pay: nothing of it is taken for a failure."""

import json
import random
import socket
from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import (
    OutcomeKind,
)
from payments.channels.registry import channel_for
from payments.channels.transport import Transport
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.adapter_orders import NO, PAID, REQUEST
from tests.payments.channels.wechatpay.platform import AT


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
            (Reply(b'{"code":"SIGN_ERROR"}', status=401), "TURNED_AWAY"),
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

"""What WeChat Pay says of an order, asked for it: each state is an outcome of ours, or none."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.base import (
    Outcome,
    OutcomeKind,
)
from payments.channels.wechatpay import mapping
from tests.payments.channels.gateway import Reply
from tests.payments.channels.wechatpay.adapter_orders import NO, ORDER, PAID
from tests.payments.channels.wechatpay.platform import AT


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

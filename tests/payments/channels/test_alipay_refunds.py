"""What WeChat Pay is sent and what its answers say: the adapter, message by message."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.alipay import mapping, refunds
from payments.channels.base import Outcome, OutcomeKind, RefundRequest
from tests.payments.channels.refund_requests import (
    AT,
    DEFINITE,
    NO,
    PAY_NO,
    REFUNDED,
    REFUNDED_AT,
    ask,
)

REQUEST = RefundRequest(
    channel_no=NO,
    pay_channel_no=PAY_NO,
    amount_minor=234,
    total_minor=1234,
    currency="CNY",
    reason="茶杯碎了",
    stamped_at=AT,
)


MOVED = {
    "code": "10000",
    "msg": "Success",
    "trade_no": "2026010522001419931441931972",
    "out_trade_no": PAY_NO,
    "buyer_logon_id": "159****5620",
    "fund_change": "Y",
    "refund_fee": "2.34",
    "gmt_refund_pay": "2026-01-06 10:30:02",
}


class TestWhatIsSent:
    def test_sends_a_refund_exactly_as_the_protocol_says(self, channel, gateway, answers):
        # Given
        answers(**MOVED)

        # When
        channel.refund(REQUEST)

        # Then
        (received,) = gateway.received
        assert {key: text for key, text in received.params.items() if key != "sign"} == {
            "app_id": "2021000000000001",
            "method": "alipay.trade.refund",
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-01-06 10:30:00",
            "version": "1.0",
        }
        assert received.data == {
            "biz_content": '{"out_trade_no":"pay_01jdexample0000000000000000",'
            '"refund_amount":"2.34","out_request_no":"ref_01jdexample0000000000000000",'
            '"query_options":["refund_detail_item_list"],"refund_reason":"茶杯碎了"}'
        }

    def test_sends_the_same_refund_again_as_it_was(self, channel, gateway, answers):
        # Given
        answers(**MOVED)

        # When
        channel.refund(REQUEST)
        channel.refund(replace(REQUEST, stamped_at=datetime(2026, 1, 7, tzinfo=UTC)))

        # Then
        first, second = gateway.received
        assert first.data == second.data

    def test_asks_for_the_time_and_the_fee_of_a_refund(self, channel, gateway, answers):
        # Given
        answers(**REFUNDED)

        # When
        ask(channel)

        # Then
        (received,) = gateway.received
        assert received.params["method"] == "alipay.trade.fastpay.refund.query"
        assert received.data == {
            "biz_content": '{"out_trade_no":"pay_01jdexample0000000000000000",'
            '"out_request_no":"ref_01jdexample0000000000000000",'
            '"query_options":["gmt_refund_pay","refund_charge_info_list",'
            '"refund_detail_item_list"]}'
        }

    @pytest.mark.parametrize(
        ("change", "biz_content"),
        [
            ({"reason": ""}, ',"query_options":["refund_detail_item_list"]}'),
            ({"reason": " \n\ud800"}, ',"query_options":["refund_detail_item_list"]}'),
            ({"reason": "a\nb"}, '"refund_reason":"a b"}'),
            ({"reason": "茶" * 300}, '"refund_reason":"' + "茶" * 256 + '"}'),
            ({"reason": "", "currency": "BRL"}, '"refund_currency":"BRL"}'),
        ],
    )
    def test_sends_what_the_channel_takes(self, channel, gateway, answers, change, biz_content):
        # Given
        answers(**MOVED)

        # When
        channel.refund(replace(REQUEST, **change))

        # Then
        assert gateway.received[0].data["biz_content"].endswith(biz_content)

    @pytest.mark.parametrize(
        "change",
        [
            {"amount_minor": 0},
            {"amount_minor": -1},
            {"amount_minor": 1235},
            {"amount_minor": 10_000_000_001, "total_minor": 10_000_000_001},
            {"currency": "XXX"},
            {"channel_no": ""},
            {"channel_no": "ref-1"},
            {"pay_channel_no": ""},
            {"pay_channel_no": "x" * 65},
        ],
    )
    def test_fails_what_the_channel_cannot_take_and_sends_nothing(self, channel, gateway, change):
        # When
        outcome = channel.refund(replace(REQUEST, **change))

        # Then
        assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "REFUSED_HERE")
        assert outcome.message
        assert gateway.received == []


class TestRefund:
    def test_succeeds_when_money_moved(self, channel, answers):
        # Given
        answers(**MOVED)

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code="10000",
            message="Success",
            channel_ref="2026010522001419931441931972",
            amount_minor=234,
            currency="CNY",
            paid_at=REFUNDED_AT,
        )
        assert '"fund_change":"Y"' in outcome.raw

    def test_takes_the_sum_of_all_refunds_for_what_it_is(self, channel, answers):
        # Given a second partial refund: the answer's sum is not this one's amount
        answers(**{**MOVED, "refund_fee": "12.34"})

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.amount_minor) == (OutcomeKind.SUCCEEDED, 234)

    @pytest.mark.parametrize(
        "change",
        [
            {"fund_change": "N"},
            {"fund_change": "N", "refund_fee": "2.34", "gmt_refund_pay": "2026-01-06 10:30:02"},
            {"fund_change": "N", "refund_fee": "0.00", "gmt_refund_pay": ""},
            {"gmt_refund_pay": ""},
            {"gmt_refund_pay": None},
        ],
    )
    def test_leaves_it_to_a_question_when_not_all_is_said(self, channel, answers, change):
        # Given
        answers(**{**MOVED, **change})

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert outcome.kind is OutcomeKind.PROCESSING
        assert outcome.paid_at is None
        assert outcome.amount_minor is None

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"fund_change": None}, "UNREADABLE_ANSWER"),
            ({"fund_change": "y"}, "UNREADABLE_ANSWER"),
            ({"fund_change": ""}, "UNREADABLE_ANSWER"),
            ({"refund_fee": "2.33"}, "UNREADABLE_ANSWER"),
            ({"refund_fee": "-2.34"}, "UNREADABLE_ANSWER"),
            ({"refund_fee": "2,34"}, "UNREADABLE_ANSWER"),
            ({"refund_fee": None}, "UNREADABLE_ANSWER"),
            ({"refund_currency": "BRL"}, "UNREADABLE_ANSWER"),
            ({"refund_currency": "XXX"}, "UNREADABLE_ANSWER"),
            ({"gmt_refund_pay": "yesterday"}, "UNREADABLE_ANSWER"),
            ({"send_back_fee": "all of it"}, "UNREADABLE_ANSWER"),
            ({"refund_charge_info_list": [{"refund_charge_fee": "x"}]}, "UNREADABLE_ANSWER"),
            ({"out_trade_no": None}, "OTHER_NUMBER"),
            ({"out_trade_no": "pay_2"}, "OTHER_NUMBER"),
            ({"code": "10003"}, "10003"),
            ({"code": ["10000"]}, "UNREADABLE_ANSWER"),
        ],
    )
    def test_knows_nothing_after_an_answer_that_cannot_be_right(
        self, channel, answers, change, code
    ):
        # Given
        answers(**{**MOVED, **change})

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert outcome.kind is OutcomeKind.UNKNOWN
        assert outcome.code == code

    @pytest.mark.parametrize("sub_code", [*DEFINITE, "isv.invalid-signature"])
    def test_fails_for_the_codes_of_the_closed_list(self, channel, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code, sub_msg="refused")

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("failed", sub_code, "refused")

    def test_the_closed_list_is_closed(self):
        assert set(DEFINITE) | mapping.GATEWAY_REFUSALS == refunds.FAILURE_CODES

    @pytest.mark.parametrize(
        "sub_code",
        [
            # Still owed: the same number again after a top-up.
            "ACQ.SELLER_BALANCE_NOT_ENOUGH",
            # A refund of another amount has the number, and may have been paid.
            "ACQ.DISCORDANT_REPEAT_REQUEST",
            "ACQ.INVALID_PARAMETER",
            "",
        ],
    )
    def test_does_not_fail_for_others(self, channel, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code)

        # When
        outcome = channel.refund(REQUEST)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", sub_code or "40004")

    def test_reads_another_currency_where_the_answer_names_it(self, channel, answers):
        # Given
        answers(**{**MOVED, "refund_currency": "KWD", "refund_fee": "0.234"})

        # When
        outcome = channel.refund(replace(REQUEST, currency="KWD"))

        # Then
        assert (outcome.kind, outcome.amount_minor, outcome.currency) == ("succeeded", 234, "KWD")

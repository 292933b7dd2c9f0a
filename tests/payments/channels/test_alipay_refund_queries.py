"""What Alipay says of a refund, asked for it."""

from dataclasses import replace

import pytest

from payments.channels.base import Outcome, OutcomeKind
from tests.payments.channels.refund_requests import DEFINITE, REFUNDED, REFUNDED_AT, ask


class TestQueryRefund:
    def test_reads_a_refund_exactly(self, channel, answers):
        # Given
        answers(**REFUNDED)

        # When
        outcome = ask(channel)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code="REFUND_SUCCESS",
            message="Success",
            channel_ref="2026010522001419931441931972",
            amount_minor=234,
            currency="CNY",
            paid_at=REFUNDED_AT,
        )

    def test_believes_the_amount_of_the_answer_for_the_caller_to_compare(self, channel, answers):
        # Given
        answers(**{**REFUNDED, "refund_amount": "2.35"})

        # When, Then
        assert ask(channel).amount_minor == 235

    @pytest.mark.parametrize(
        ("charges", "fee_minor"),
        [
            ([], 0),
            ([{"refund_charge_fee": "0.01", "charge_type": "trade"}], 1),
            ([{"refund_charge_fee": "0.01"}, {"refund_charge_fee": "0.20"}], 21),
        ],
    )
    def test_adds_up_what_the_channel_gave_back_of_its_fee(
        self, channel, answers, charges, fee_minor
    ):
        # Given
        answers(**REFUNDED, refund_charge_info_list=charges)

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.fee_minor) == ("succeeded", fee_minor)

    @pytest.mark.parametrize(
        "node",
        [
            # As Alipay answers about a number that it never received, or that failed.
            {"code": "10000", "msg": "Success"},
            {**REFUNDED, "refund_status": None},
            {**REFUNDED, "refund_status": ""},
            {"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"},
        ],
    )
    def test_says_not_found_which_is_not_failed(self, channel, answers, node):
        # Given
        answers(**node)

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "NOT_FOUND")
        assert (outcome.amount_minor, outcome.paid_at) == (None, None)

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"refund_status": "REFUND_PROCESSING"}, "processing", "REFUND_PROCESSING"),
            ({"refund_status": "REFUND_FAIL"}, "unknown", "REFUND_FAIL"),
            ({"refund_status": "refund_success"}, "unknown", "refund_success"),
            ({"out_request_no": "ref_2"}, "unknown", "OTHER_NUMBER"),
            ({"out_request_no": None}, "unknown", "OTHER_NUMBER"),
            ({"out_request_no": "ref_2", "refund_status": ""}, "unknown", "OTHER_NUMBER"),
            ({"out_trade_no": "pay_2"}, "unknown", "OTHER_NUMBER"),
            ({"out_trade_no": None, "out_request_no": None}, "unknown", "OTHER_NUMBER"),
            ({"refund_amount": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_amount": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_amount": "-2.34"}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_amount": "2.345"}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_amount": "12.35"}, "unknown", "UNREADABLE_ANSWER"),
            ({"total_amount": "1e3"}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_currency": "JPY"}, "unknown", "UNREADABLE_ANSWER"),
            ({"gmt_refund_pay": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"gmt_refund_pay": "2026-02-30 10:00:00"}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_charge_info_list": {}}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_charge_info_list": "["}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_charge_info_list": ["0.01"]}, "unknown", "UNREADABLE_ANSWER"),
            ({"refund_charge_info_list": [{}]}, "unknown", "UNREADABLE_ANSWER"),
            ({"code": "10003"}, "unknown", "10003"),
        ],
    )
    def test_succeeds_only_when_everything_that_decides_is_there(
        self, channel, answers, change, kind, code
    ):
        # Given
        answers(**{**REFUNDED, **change})

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)

    @pytest.mark.parametrize("sub_code", [*DEFINITE[1:], "ACQ.SYSTEM_ERROR"])
    def test_never_fails_a_refund_because_asking_was_refused(self, channel, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code)

        # When
        outcome = ask(channel)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", sub_code)

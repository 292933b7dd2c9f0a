"""What Alipay says of a transfer, asked for it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.base import Outcome, OutcomeKind
from tests.payments.channels.transfer_requests import ASKED, AT, DEFINITE, NO


class TestQueryTransfer:
    def test_reads_a_transfer_exactly(self, certified, answers):
        # Given
        answers(**ASKED)

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert replace(outcome, raw="") == Outcome(
            OutcomeKind.SUCCEEDED,
            code="SUCCESS",
            message="Success",
            channel_ref="20260106110070000006910000000001",
            amount_minor=49_900,
            currency="CNY",
            paid_at=datetime(2026, 1, 6, 2, 30, 3, tzinfo=UTC),
            fee_minor=50,
        )

    def test_says_of_a_failure_why(self, certified, answers):
        # Given
        answers(
            code="10000",
            msg="Success",
            out_biz_no=NO,
            status="FAIL",
            error_code="PAYEE_USER_INFO_ERROR",
            fail_reason="支付宝账号和姓名不匹配",
        )

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == (
            "failed",
            "PAYEE_USER_INFO_ERROR",
            "支付宝账号和姓名不匹配",
        )
        assert (outcome.amount_minor, outcome.currency, outcome.paid_at) == (None, "", None)

    def test_knows_a_transfer_that_came_back(self, certified, answers):
        # Given
        answers(**{**ASKED, "status": "REFUND", "fail_reason": "收款账户异常"})

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == (
            "returned",
            "REFUND",
            "收款账户异常",
        )
        assert (outcome.amount_minor, outcome.fee_minor) == (49_900, 50)

    @pytest.mark.parametrize(
        ("change", "kind", "code"),
        [
            ({"status": "DEALING", "pay_date": ""}, "processing", "DEALING"),
            ({"status": "WAIT_PAY", "pay_date": ""}, "processing", "WAIT_PAY"),
            ({"status": "CLOSED", "pay_date": ""}, "failed", "CLOSED"),
            ({"status": "FAIL", "pay_date": ""}, "failed", "FAIL"),
            ({"status": "REFUND", "error_code": "X"}, "returned", "X"),
            ({"error_code": "X"}, "succeeded", "SUCCESS"),
            ({"order_fee": None, "trans_amount": None}, "succeeded", "SUCCESS"),
            ({"status": "PENDING"}, "unknown", "PENDING"),
            ({"status": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"status": None}, "unknown", "UNREADABLE_ANSWER"),
            ({"out_biz_no": "pyo_2"}, "unknown", "OTHER_NUMBER"),
            ({"out_biz_no": None}, "unknown", "OTHER_NUMBER"),
            ({"pay_date": ""}, "unknown", "UNREADABLE_ANSWER"),
            ({"pay_date": "now"}, "unknown", "UNREADABLE_ANSWER"),
            ({"trans_amount": "499.001"}, "unknown", "UNREADABLE_ANSWER"),
            ({"trans_amount": "-499.00"}, "unknown", "UNREADABLE_ANSWER"),
            ({"order_fee": "half"}, "unknown", "UNREADABLE_ANSWER"),
            ({"order_fee": "-0.50"}, "unknown", "UNREADABLE_ANSWER"),
            ({"trans_currency": "JPY"}, "unknown", "UNREADABLE_ANSWER"),
            ({"code": "10003"}, "unknown", "10003"),
        ],
    )
    def test_believes_only_what_is_written_whole(self, certified, answers, change, kind, code):
        # Given
        answers(**{**ASKED, **change})

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == (kind, code)

    def test_says_not_found_which_is_not_failed(self, certified, answers):
        # Given
        answers(code="40004", msg="Business Failed", sub_code="ORDER_NOT_EXIST", sub_msg="无")

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code, outcome.message) == ("unknown", "NOT_FOUND", "无")

    @pytest.mark.parametrize("sub_code", [*DEFINITE, "SYSTEM_ERROR", "ACQ.TRADE_NOT_EXIST"])
    def test_never_fails_a_transfer_because_asking_was_refused(self, certified, answers, sub_code):
        # Given
        answers(code="40004", msg="Business Failed", sub_code=sub_code)

        # When
        outcome = certified.query_transfer(NO, at=AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", sub_code)

    def test_can_be_asked_in_key_mode_too(self, channel, answers):
        # Given a transfer of a time when the account had certificates
        answers(**ASKED)

        # When, Then
        assert channel.query_transfer(NO, at=AT).kind is OutcomeKind.SUCCEEDED

"""What Alipay says of a trade, asked for it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from payments.channels.alipay import orders, signing
from payments.channels.base import (
    Outcome,
    OutcomeKind,
)
from tests.payments.channels.gateway import Reply
from tests.payments.channels.trade_requests import AT, NO, PAID


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

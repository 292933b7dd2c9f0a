# ruff: noqa: F811  fixtures are imported
"""Closing, refunds and transfers, against the simulated Alipay over real HTTP."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels.base import (
    NotificationAbout,
)
from tests.instants import NOON
from tests.payments.channels.simulated_alipay import (  # noqa: F401
    LATER,
    PAID_AT,
    account,
    mailbox,
    open_account,
    patient_transport,
)


class TestClose:
    def test_closes_a_trade_that_waits_for_its_payer_and_again(self, account):
        # Given
        number = account.order()
        account.tell("scan", out_trade_no=number)

        for _ in range(2):
            # When
            outcome = account.channel.close(number, at=NOON)

            # Then
            assert outcome.kind == "closed"
        assert account.channel.query(number, at=NOON).kind == "closed"

    def test_does_not_know_a_trade_that_nobody_has_scanned(self, account):
        # When
        outcome = account.channel.close(account.order(), at=NOON)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "NOT_FOUND")

    def test_leaves_a_paid_trade_to_a_question(self, account):
        # Given
        number = account.paid_order()

        # When
        outcome = account.channel.close(number, at=PAID_AT)

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "ACQ.TRADE_STATUS_ERROR")
        assert account.channel.query(number, at=PAID_AT).kind == "succeeded"


class TestRefunds:
    @pytest.mark.parametrize("currency", ["CNY", "BRL"])
    def test_a_part_and_the_rest_go_back_with_the_fee_s_share(self, open_account, currency):
        # Given
        account = open_account(currency)
        paid = account.paid_order()
        returned_fees = []

        for amount_minor in (2_500, 7_500):
            request = account.refund_of(paid, amount_minor=amount_minor)

            # When
            ordered, asked = account.channel.refund(request), account.ask_refund(request)

            # Then
            for outcome in (ordered, asked):
                assert outcome.kind == "succeeded"
                assert (outcome.amount_minor, outcome.currency) == (amount_minor, currency)
                assert outcome.paid_at == PAID_AT + timedelta(minutes=1)
            assert ordered.fee_minor == asked.fee_minor
            returned_fees.append(asked.fee_minor)
        assert returned_fees == [15, 45]

        # And the pay query of a trade refunded in full says neither paid nor closed.
        outcome = account.channel.query(paid, at=PAID_AT)
        assert (outcome.kind, outcome.code) == ("unknown", "CLOSED_AFTER_PAYMENT")

    def test_the_same_refund_again_moves_nothing_and_is_asked_about(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.channel.refund(request)

        # When
        again = account.channel.refund(request)

        # Then
        assert again.kind == "processing"
        assert account.ask_refund(request).amount_minor == 2_500

    def test_another_refund_under_a_used_number_is_not_taken_for_the_first(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.channel.refund(request)

        # When
        outcome = account.channel.refund(replace(request, amount_minor=2_400))

        # Then
        assert (outcome.kind, outcome.code) == ("unknown", "ACQ.DISCORDANT_REPEAT_REQUEST")

    def test_more_than_is_left_fails_for_certain(self, account):
        # Given
        paid = account.paid_order()
        account.channel.refund(account.refund_of(paid, amount_minor=9_999))

        # When
        request = account.refund_of(paid, amount_minor=2)
        outcome = account.channel.refund(request)

        # Then
        assert (outcome.kind, outcome.code) == ("failed", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        assert account.ask_refund(request).code == "NOT_FOUND"

    def test_one_for_which_money_is_missing_succeeds_later_under_its_number(self, account):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.tell(
            "alipay/plans",
            kind="refund_refused",
            number=request.channel_no,
            error_code="ACQ.SELLER_BALANCE_NOT_ENOUGH",
        )

        # When
        first = account.channel.refund(request)

        # Then
        assert (first.kind, first.code) == ("unknown", "ACQ.SELLER_BALANCE_NOT_ENOUGH")
        assert account.ask_refund(request).code == "NOT_FOUND"
        assert account.channel.refund(request).kind == "succeeded"

    def test_one_that_takes_its_time_is_processing_and_then_done(self, account, simulator):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        account.tell(
            "alipay/plans", kind="refund_delayed", number=request.channel_no, seconds=3_600
        )

        # When
        outcome = account.channel.refund(request)

        # Then
        assert outcome.kind == "processing"
        assert account.ask_refund(request).kind == "unknown"
        simulator.set_clock(LATER)
        assert account.ask_refund(request, at=LATER).kind == "succeeded"

    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500", "bad_signature"])
    def test_an_answer_that_is_lost_is_found_by_asking(self, account, fault):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)
        detail = {"seconds": 5} if fault.startswith("timeout") else {}
        detail |= {"after_commit": True} if fault == "http_500" else {}
        account.tell("faults", kind=fault, method="alipay.trade.refund", **detail)

        # When
        outcome = account.channel.refund(request)

        # Then
        assert outcome.kind == "unknown"
        assert account.ask_refund(request).kind == "succeeded"

    def test_its_notification_names_its_own_number(self, account, mailbox):
        # Given
        request = account.refund_of(account.paid_order(), amount_minor=2_500)

        # When
        account.channel.refund(request)
        letter = mailbox.about(request.channel_no)
        notification = account.channel.verify_notification(
            headers=letter.headers, body=letter.body, at=NOON
        )

        # Then
        assert notification.about is NotificationAbout.REFUND
        assert notification.channel_no == request.channel_no

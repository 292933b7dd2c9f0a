# ruff: noqa: F811  fixtures are imported
"""Tries at a real channel over real HTTP: placed once, believed only when asked, never lost."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, payments
from payments.actions.channels import NetworkInTransactionError, channel_of
from payments.channels.base import PayRequest
from payments.models import (
    BalanceTransaction,
)
from tests.books import assert_entry
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.attempt_desk import _database_now, counter  # noqa: F401
from tests.rig.counter import PAID_AT
from tests.rig.stage import let_machines_wait, run_jobs


class TestSend:
    """Placing the order."""

    def test_gets_the_payer_a_code_to_scan(self, counter):
        # When
        counter.send()

        # Then
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert counter.attempt.qr_code.startswith(f"{counter.other_side.url}/payer/")
        assert counter.story == ["order_accepted", "precreate 10000"]

    def test_is_what_the_job_of_confirming_does(self, counter):
        # When
        assert run_jobs() == ["payments.send_attempt"]

        # Then
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")

    def test_happens_once(self, counter):
        # Given
        counter.send()

        # When
        counter.send()

        # Then
        assert counter.story == ["order_accepted", "precreate 10000"]
        assert counter.attempt.operation.sends == 1

    def test_refuses_while_a_transaction_is_open(self, counter):
        # When
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            counter.send()
        with transaction.atomic(), pytest.raises(NetworkInTransactionError):
            channel_of(counter.attempt.channel_account).query("ATT_1", at=NOON)

        # Then
        assert counter.statuses == ("awaiting_payment", "prepared", "prepared")
        assert counter.story == []

    def test_what_never_left_is_sent_later_under_the_same_number(self, counter):
        # Given
        counter.unplug()
        counter.send()
        assert counter.statuses == ("awaiting_payment", "prepared", "prepared")
        number = counter.attempt.operation.channel_no

        # When the line is back and the pause over
        counter.plug_in()
        assert attempts.defer_due(at=NOON) == 0
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 1
        run_jobs(queues=["money"])

        # Then
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert counter.story == ["order_accepted", "precreate 10000"]
        assert (counter.attempt.operation.channel_no, counter.attempt.operation.sends) == (
            number,
            2,
        )

    def test_an_order_that_expired_before_it_was_sent_fails_and_may_be_tried_again(self, counter):
        # Given
        payment = counter.attempt.payment
        assert used_minor(payment.payer_id) == 10_000

        # When the job runs so late that nobody may pay any more
        attempts.send_attempt(counter.attempt_id, at=payment.expires_at)

        # Then nothing left, the limits are back, and the payment is still owed
        assert counter.statuses == ("awaiting_payment", "failed", "failed")
        assert counter.attempt.operation.code == "REFUSED_HERE"
        assert counter.story == []
        assert used_minor(payment.payer_id) == 0

        # When
        with transaction.atomic():
            payments.confirm_payment(
                payment.id, method="alipay_qr", client_ip=None, actor="key:t", at=NOON
            )

        # Then
        assert used_minor(payment.payer_id) == 10_000
        assert payment.attempts.count() == 2


class TestQuery:
    """Asking, and believing the verified answer alone."""

    def test_books_what_was_paid(self, counter):
        # Given
        counter.send()
        counter.payer_pays()

        # When
        counter.ask()

        # Then
        counter.assert_paid_once()
        payment = counter.attempt.payment
        allocation = payment.allocations.get()
        assert payment.paid_at == PAID_AT
        assert_entry(
            f"{allocation.id}:paid",
            """Dr 1101 100.00 CNY
               Cr 2001 98.00 CNY
               Cr 4001 2.00 CNY
               Dr 5001 0.60 CNY
               Cr 1101 0.60 CNY""",
        )
        assert counter.attempt.operation.channel_ref.startswith("2026030522001")

    def test_changes_nothing_the_second_time(self, counter):
        # Given
        counter.send()
        counter.payer_pays()
        counter.ask()

        # When
        counter.ask()

        # Then
        counter.assert_paid_once()
        assert counter.story[-1] == "query 10000"
        assert counter.attempt.operation.queries == 1

    def test_a_code_that_nobody_scanned_waits_and_is_not_ordered_again(self, counter):
        # Given
        counter.send()

        # When
        counter.ask()

        # Then
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert counter.story == ["order_accepted", "precreate 10000", "query ACQ.TRADE_NOT_EXIST"]

    def test_a_code_that_was_scanned_and_not_paid_closes_the_payment(self, counter):
        # Given
        counter.send()
        counter.payer_scans()
        counter.other_side.set_clock(NOON + timedelta(hours=2))

        # When
        counter.ask()

        # Then the channel will take no money for it, so the limits are free again
        assert counter.statuses == ("closed", "closed", "closed")
        assert counter.attempt.payment.status_code == "closed_at_channel"
        assert used_minor(counter.attempt.payment.payer_id) == 0
        assert BalanceTransaction.objects.count() == 0

    def test_asks_nothing_of_what_was_never_sent(self, counter):
        # When
        counter.ask()

        # Then
        assert counter.statuses == ("awaiting_payment", "prepared", "prepared")
        assert counter.story == []

    def test_money_that_came_otherwise_than_asked_waits_in_suspense(self, counter):
        # Given somebody's order of 99.00 under our number, and that was paid
        attempt = counter.attempt
        channel_of(attempt.channel_account).pay(
            PayRequest(
                channel_no=attempt.operation.channel_no,
                amount_minor=9_900,
                currency="CNY",
                subject="Goods",
                method="alipay_qr",
                expires_at=attempt.payment.expires_at,
                at=NOON,
                stamped_at=_database_now(),
            )
        )
        counter.send()
        assert counter.statuses == ("awaiting_payment", "unknown", "unknown")
        counter.payer_pays()

        # When
        counter.ask()

        # Then
        assert counter.statuses == ("conflicted", "succeeded", "succeeded")
        assert counter.attempt.payment.status_code == "amount_differs"
        assert_entry(f"{attempt.payment_id}:conflicted", "Dr 1101 99.00 CNY\nCr 2901 99.00 CNY")
        assert BalanceTransaction.objects.count() == 0

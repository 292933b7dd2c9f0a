"""Tries at a real channel over real HTTP: placed once, believed only when asked, never lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts, operations, payments
from payments.actions.channels import NetworkInTransactionError, channel_of
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import PayRequest
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    DatabaseClock,
    Payment,
    PaymentAttempt,
)
from payments.states import OperationStatus
from tests.books import assert_entry
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.rig.counter import PAID_AT, Counter
from tests.rig.stage import let_machines_wait, run_jobs


@pytest.fixture
def counter(marketplace, simulator):
    """A marketplace's counter: one payment of 100.00 that is confirmed, and its channel."""
    return Counter(marketplace, simulator)


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


FAULTS = [
    ("timeout_before", {}),
    ("timeout_after_commit", {}),
    ("http_500", {}),
    ("http_500", {"after_commit": True}),
    ("bad_signature", {}),
    ("truncated_json", {}),
    ("system_error", {}),
    ("system_error", {"after_commit": True}),
]
every_fault = pytest.mark.parametrize(
    ("kind", "fields"), FAULTS, ids=[kind + "+" * len(fields) for kind, fields in FAULTS]
)


@every_fault
class TestUnknown:
    """An answer that cannot be believed means neither yes nor no."""

    def test_to_the_order_is_resolved_by_asking(self, counter, kind, fields):
        # Given
        counter.fail(kind, "precreate", **fields)
        counter.send()
        assert counter.statuses == ("awaiting_payment", "unknown", "unknown")
        number = counter.attempt.operation.channel_no

        # When its time has come, the janitor has it asked about
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 1
        assert "payments.query_attempt" in run_jobs()

        # Then the channel did not know it, so the same number was placed again, and is paid
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert counter.attempt.operation.channel_no == number
        assert counter.calls == [
            f"precreate {kind}",
            "query ACQ.TRADE_NOT_EXIST",
            "precreate 10000",
        ]
        assert counter.story.count("order_accepted") == 1
        counter.payer_pays()
        counter.ask()
        counter.assert_paid_once()

    def test_to_the_question_is_asked_again(self, counter, kind, fields):
        # Given
        counter.send()
        counter.payer_pays()
        counter.fail(kind, "query", **fields)
        counter.ask()
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        assert BalanceTransaction.objects.count() == 0

        # When
        let_machines_wait()
        attempts.defer_due(at=NOON)
        run_jobs()

        # Then
        counter.assert_paid_once()
        assert counter.calls == ["precreate 10000", f"query {kind}", "query 10000"]


class TestTrouble:
    """Dead workers, dead lines, and many failures in a row."""

    def test_many_failures_in_a_row_never_fail_the_payment(self, counter):
        # Given every way to fail, one after the other
        for kind, fields in FAULTS:
            counter.fail(kind, "precreate", **fields)
        counter.fail("http_500", "query", count=4)

        # When
        counter.send()
        for _ in range(len(FAULTS) + 4):
            counter.ask()
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")
        counter.payer_pays()
        counter.ask()

        # Then
        counter.assert_paid_once()

    def test_a_sender_that_died_before_the_call_is_asked_about_first(self, counter):
        # Given
        sender_dies(counter)

        # When
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 1
        run_jobs()

        # Then
        assert counter.story == ["query ACQ.TRADE_NOT_EXIST", "order_accepted", "precreate 10000"]
        assert counter.statuses == ("awaiting_payment", "awaiting_payer", "awaiting_payer")

    def test_a_sender_that_died_after_the_call_orders_nothing_twice(self, counter):
        # Given the channel accepted, and nobody heard it
        attempt = counter.attempt
        sender_dies(counter)
        channel_of(attempt.channel_account).pay(
            PayRequest(
                channel_no=attempt.operation.channel_no,
                amount_minor=10_000,
                currency="CNY",
                subject="Goods",
                method="alipay_qr",
                expires_at=attempt.payment.expires_at,
                at=NOON,
                stamped_at=_database_now(),
            )
        )

        # When
        let_machines_wait()
        attempts.defer_due(at=NOON)
        run_jobs()
        counter.payer_pays()
        counter.ask()

        # Then
        assert counter.story.count("order_accepted") == 1
        counter.assert_paid_once()

    def test_a_sender_that_died_and_a_line_that_is_dead_send_nothing_blindly(self, counter):
        # Given
        sender_dies(counter)
        let_machines_wait()
        counter.unplug()

        # When the question does not even leave
        counter.ask()

        # Then the order may have left, so it is asked about before anything is sent
        assert counter.statuses[1:] == ("unknown", "unknown")
        counter.plug_in()
        let_machines_wait()
        attempts.defer_due(at=NOON)
        run_jobs()
        assert counter.story[0] == "query ACQ.TRADE_NOT_EXIST"

    def test_who_finds_somebody_else_asking_asks_when_they_are_done(self, counter):
        # Given a question under way whose answer was given before the payer paid
        counter.send()
        with transaction.atomic():
            asking = operations.claim_to_ask(counter.attempt_id)
        assert asking is not None
        counter.payer_pays()

        # When a notification makes us ask as well, even twice
        counter.ask()
        counter.ask()

        # Then one more question waits for the end of the first
        (job,) = ProcrastinateJob.objects.filter(task_name="payments.query_attempt")
        assert job.scheduled_at == counter.attempt.operation.lease_until
        assert counter.calls == ["precreate 10000"]
        let_machines_wait()
        run_jobs()
        counter.assert_paid_once()

    def test_an_answer_that_comes_after_the_lease_was_taken_over_changes_nothing(self, counter):
        # Given
        counter.send()
        with transaction.atomic():
            operations.claim_to_ask(counter.attempt_id)
        let_machines_wait()
        counter.payer_pays()

        # When
        counter.ask()

        # Then
        counter.assert_paid_once()

    def test_after_the_last_question_people_look_and_the_payment_stays_open(self, counter):
        # Given an order whose outcome nobody could tell
        counter.fail("timeout_after_commit", "precreate")
        counter.send()
        ChannelOperation.objects.update(queries=len(QUERY_DELAYS) - 1)
        counter.fail("http_500", "query")

        # When
        counter.ask()

        # Then
        assert counter.statuses == ("awaiting_payment", "manual_review", "manual_review")
        assert used_minor(counter.attempt.payment.payer_id) == 10_000
        let_machines_wait()
        assert attempts.defer_due(at=NOON) == 0

        # When somebody confirms again, money may still come of the first try
        with transaction.atomic():
            payments.confirm_payment(
                counter.attempt.payment_id,
                method="alipay_qr",
                client_ip=None,
                actor="key:t",
                at=NOON,
            )

        # Then
        assert PaymentAttempt.objects.count() == 1


def sender_dies(counter: Counter) -> None:
    """Let somebody take the order to send it, and never be heard of again."""
    with transaction.atomic():
        assert operations.claim_to_send(counter.attempt_id) is not None
        PaymentAttempt.objects.update(status=OperationStatus.SENDING)


def _database_now():
    return Payment.objects.annotate(now=DatabaseClock()).values_list("now", flat=True).first()

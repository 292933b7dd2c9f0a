# ruff: noqa: F811  fixtures are imported
"""Orders to pay whose outcome nobody knows, and what goes wrong on the way."""

import pytest
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts, operations, payments
from payments.actions.channels import channel_of
from payments.actions.order_courses import QUERY_DELAYS
from payments.channels.base import PayRequest
from payments.models import (
    BalanceTransaction,
    ChannelOperation,
    PaymentAttempt,
)
from payments.states import OperationStatus
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.attempt_desk import _database_now, counter  # noqa: F401
from tests.rig.counter import Counter
from tests.rig.stage import let_machines_wait, run_jobs

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

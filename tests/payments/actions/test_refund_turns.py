# ruff: noqa: F811  fixtures are imported
"""Refunds that take their time, and whose turn it is when there are several."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import attempts, refund_orders
from payments.actions.channels import channel_of
from payments.channels.base import RefundRequest
from payments.models import ChannelOperation, DatabaseClock, PaymentAttempt
from payments.states import OperationStatus
from tests.factories.payments import confirmed_payment, refund_asked  # noqa: F401
from tests.instants import NOON
from tests.payments.actions.refund_desk import LATER, desk, standing  # noqa: F401
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_that_takes_its_time_is_asked_about_until_it_is_done(desk):
    # Given
    desk.plan("refund_delayed", seconds=86_400)
    refund = desk.ask_for()
    run_jobs()
    desk.settle()
    assert standing(refund)[0] == "processing"
    assert desk.on_the_way == "100.00"

    # When
    desk.other_side.set_clock(NOON + timedelta(days=2))
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.on_the_way == "0.00"


def test_a_sender_that_died_orders_nothing_twice(desk):
    # Given the channel took the order, and nobody heard it
    refund = desk.ask_for(3_000)
    ChannelOperation.objects.filter(subject=refund.pk).update(
        status=OperationStatus.SENDING, first_sent_at=DatabaseClock(), lease_until=DatabaseClock()
    )
    order = refund_orders._read(refund.pk)
    channel_of(order.account).refund(order.request)

    # When
    desk.settle()

    # Then
    assert standing(refund) == ("succeeded", "succeeded")
    assert desk.story(refund).count("refund_accepted") == 1


@pytest.mark.resends_blindly
def test_a_foreign_amount_under_our_number_is_not_believed(desk):
    # Given somebody refunded 1.00 under our number
    refund = desk.ask_for(3_000)
    order = refund_orders._read(refund.pk)
    channel_of(order.account).refund(
        RefundRequest(
            **{
                **{name: getattr(order.request, name) for name in RefundRequest.__slots__},
                "amount_minor": 100,
            }
        )
    )

    # When
    run_jobs()
    desk.settle()

    # Then
    assert standing(refund) == ("unknown", "unknown")
    assert refund.operation.code == "AMOUNT_DIFFERS"
    assert desk.on_the_way == "30.00"


class TestTurns:
    """Channels want refunds of one payment apart: three seconds at Alipay."""

    def test_the_second_waits_for_the_first(self, desk):
        # Given
        first = desk.ask_for(1_000)
        second = desk.ask_for(2_000)

        # When
        run_jobs()

        # Then
        assert standing(first) == ("succeeded", "succeeded")
        assert standing(second) == ("submitting", "prepared")
        waiting = ProcrastinateJob.objects.get(status="todo", task_name="payments.send_refund")
        assert waiting.args["refund_id"] == second.pk
        assert waiting.scheduled_at is not None

        # When its time has come
        ChannelOperation.objects.filter(subject=first.pk).update(
            last_sent_at=DatabaseClock() - timedelta(seconds=3)
        )
        desk.settle()

        # Then
        assert standing(second) == ("succeeded", "succeeded")
        assert desk.on_the_way == "0.00"

    def test_a_job_that_comes_too_early_puts_itself_off(self, desk):
        # Given
        first = desk.ask_for(1_000)
        run_jobs()
        second = desk.ask_for(2_000)
        assert standing(first) == ("succeeded", "succeeded")

        # When
        refund_orders.send_refund(second.pk, at=LATER)

        # Then
        assert standing(second) == ("submitting", "prepared")
        assert desk.story(second) == []
        turns = ProcrastinateJob.objects.filter(status="todo", task_name="payments.send_refund")
        sent_at = ChannelOperation.objects.get(subject=first.pk).last_sent_at
        assert {job.scheduled_at for job in turns} == {sent_at + timedelta(seconds=3)}


def test_the_janitor_looks_after_refunds_and_payments_apart(desk):
    # Given
    refund = desk.ask_for()
    ChannelOperation.objects.filter(subject=refund.pk).update(next_query_at=DatabaseClock())

    # When, Then
    assert attempts.defer_due(at=LATER) == 0
    assert refund_orders.defer_due(at=LATER) == 1
    assert PaymentAttempt.objects.get().status == "succeeded"

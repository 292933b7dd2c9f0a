"""Refunds of one payment leave one after the other, as far apart as their channel wants them."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.actions import refund_orders
from payments.channels import registry
from payments.models import ChannelOperation, DatabaseClock, Refund
from tests.factories.payments import paid_payment, refund_asked
from tests.instants import NOON
from tests.payments.holding import MISSING, UNKNOWN, HoldingChannel, holding_channel
from tests.rig.races import at_once
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4
SPACING = timedelta(minutes=1)


class Noting(HoldingChannel):
    """Notes when each refund came, by this machine's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.came_at: list[float] = []

    def refund(self, request):
        self.came_at.append(time.monotonic())
        return super().refund(request)


@pytest.fixture
def channel(monkeypatch, settings) -> Noting:
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    holding_channel(monkeypatch)
    channel = Noting()
    monkeypatch.setitem(registry._BUILDERS, "alipay", lambda _config, _transport: channel)
    want_apart(monkeypatch, SPACING)
    return channel


def want_apart(monkeypatch, spacing: timedelta) -> None:
    traits = replace(registry.TRAITS["alipay"], refund_spacing=spacing)
    monkeypatch.setitem(registry.TRAITS, "alipay", traits)


def asked_for(*amounts_minor: int) -> list[Refund]:
    payment = paid_payment()
    return [refund_asked(payment, amount_minor=amount) for amount in amounts_minor]


def send(refund: Refund) -> None:
    refund_orders.send_refund(refund.pk, at=NOON)


def order_of(refund: Refund) -> ChannelOperation:
    return ChannelOperation.objects.get(subject=refund.pk)


def let_the_spacing_pass() -> None:
    ChannelOperation.objects.exclude(last_sent_at=None).update(
        last_sent_at=DatabaseClock() - SPACING
    )


def waiting_jobs(refund: Refund) -> list[ProcrastinateJob]:
    jobs = ProcrastinateJob.objects.filter(status="todo", task_name="payments.send_refund")
    return list(jobs.filter(args__refund_id=refund.pk))


@pytest.mark.parametrize("round_no", range(ROUNDS))
def test_of_all_that_are_sent_at_once_one_leaves(channel, round_no):
    # Given
    refunds = asked_for(1_000, 2_000, 3_000)

    # When
    results = at_once(*(lambda one=refund: send(one) for refund in refunds))

    # Then it is the oldest, or none yet: who came before it gave way to it
    assert results == [None] * 3
    assert len(channel.came_at) <= 1
    send(refunds[0])
    assert [request.amount_minor for request in channel.sent("refund")] == [1_000]
    assert [order_of(refund).status for refund in refunds[1:]] == ["prepared"] * 2


def test_they_come_to_the_channel_no_closer_than_it_wants(channel, monkeypatch):
    # Given
    spacing = timedelta(seconds=0.5)
    want_apart(monkeypatch, spacing)
    refunds = asked_for(1_000, 2_000, 3_000)

    # When workers try again and again
    for _ in range(60):
        at_once(*(lambda one=refund: send(one) for refund in refunds))
        if len(channel.came_at) == len(refunds):
            break
        time.sleep(0.1)

    # Then
    assert [request.amount_minor for request in channel.sent("refund")] == [1_000, 2_000, 3_000]
    first, second, third = channel.came_at
    assert min(second - first, third - second) >= spacing.total_seconds()


def test_who_waits_has_one_job_and_a_turn_of_its_own(channel):
    # Given
    first, second, third = asked_for(1_000, 2_000, 3_000)
    send(first)
    left_at = order_of(first).last_sent_at

    # When each is woken again and again, and the janitor looks
    for _ in range(3):
        for refund in (second, third):
            send(refund)
        assert refund_orders.defer_due(at=NOON) == 0

    # Then
    assert len(channel.came_at) == 1
    turns = [left_at + SPACING, left_at + 2 * SPACING]
    for refund, turn in zip((second, third), turns, strict=True):
        assert order_of(refund).next_query_at == turn
        assert len(waiting_jobs(refund)) == 1


def test_what_is_sent_again_keeps_apart_as_well(channel):
    # Given one that was lost, and another that went meanwhile
    first, second, third = asked_for(1_000, 2_000, 3_000)
    channel.says["refund"] = [UNKNOWN]
    channel.says["query_refund"] = [MISSING, MISSING]
    send(first)
    let_the_spacing_pass()
    send(second)
    assert [order_of(one).status for one in (first, second)] == ["unknown", "succeeded"]

    # When it is asked about
    refund_orders.query_refund(first.pk, at=NOON)

    # Then it waits for its turn
    assert len(channel.came_at) == 2
    assert order_of(first).next_query_at == order_of(second).last_sent_at + SPACING

    # When its turn has come, and the third's worker comes right after it
    let_the_spacing_pass()
    let_machines_wait()
    refund_orders.query_refund(first.pk, at=NOON)
    send(third)

    # Then
    assert [request.amount_minor for request in channel.sent("refund")] == [1_000, 2_000, 1_000]
    assert order_of(third).next_query_at == order_of(first).last_sent_at + SPACING


def test_the_janitor_sends_it_when_its_turn_has_come(channel):
    # Given
    first, second = asked_for(1_000, 2_000)
    run_jobs()
    assert [order_of(one).status for one in (first, second)] == ["succeeded", "prepared"]
    ProcrastinateJob.objects.filter(status="todo").delete()

    # When
    let_the_spacing_pass()
    let_machines_wait()

    # Then
    assert refund_orders.defer_due(at=NOON) == 1
    run_jobs()
    assert order_of(second).status == "succeeded"

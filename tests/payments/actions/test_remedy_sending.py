"""When another way for an abnormal refund may be ordered: it keeps R9, R11 and R12."""

from datetime import timedelta

import pytest

from ledger import fault_points
from payments.actions import holds, operations, refund_orders
from payments.models import (
    ChannelBreaker,
    ChannelOperation,
    DatabaseClock,
    HoldCover,
)
from tests.factories.parked import CHECKER, MAKER
from tests.instants import NOON
from tests.payments.undelivered import (
    let_lease_end,
    standing,
    to_be_delivered,
    undelivered_channel,
)
from tests.rig.stage import let_machines_wait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(monkeypatch):
    return undelivered_channel(monkeypatch)


def asked(refund) -> None:
    let_machines_wait()
    refund_orders.query_refund(refund.pk, at=NOON)


def test_a_hold_on_everything_keeps_it_here_and_it_goes_when_the_hold_ends(channel):
    # Given
    refund = to_be_delivered()
    hold = holds.hold_sending(HoldCover.EVERYTHING, actor="user:1", at=NOON, reason="Odd.")

    # When it is asked about more often than the schedule is long
    for _ in range(20):
        asked(refund)

    # Then it waits, and people need not agree again
    assert channel.applied == []
    assert standing() == ("unknown", "unknown", "ordered", False)
    order = ChannelOperation.objects.get(kind="refund")
    assert (order.code, order.queries) == ("DELIVERY_WAITS", 5)

    # When
    hold = holds.request_release(hold.pk, actor=MAKER, at=NOON, reason="It was nothing.")
    holds.approve_release(
        hold.pk, shown_digest=bytes(hold.approval.digest), decider=CHECKER, at=NOON
    )
    asked(refund)
    asked(refund)

    # Then
    assert len(channel.applied) == 1
    assert standing() == ("succeeded", "succeeded", "done", True)


def test_a_hold_on_payouts_is_none_on_refunds(channel):
    # Given
    refund = to_be_delivered()
    holds.hold_sending(HoldCover.PAYOUTS, actor="user:1", at=NOON, reason="Something is odd.")

    # When
    asked(refund)

    # Then
    assert len(channel.applied) == 1


def test_a_dead_line_keeps_it_here(channel):
    # Given
    refund = to_be_delivered()
    ChannelBreaker.objects.create(
        channel_account=refund.operation.channel_account,
        failed_at=[NOON] * 5,
        opened_at=DatabaseClock(),
        probe_at=DatabaseClock(),
    )

    # When
    asked(refund)

    # Then
    assert channel.applied == []
    assert standing() == ("unknown", "unknown", "ordered", False)

    # When the answer has closed the breaker
    asked(refund)

    # Then
    assert len(channel.applied) == 1


def test_who_was_paused_before_the_call_leaves_it_to_the_next_round(channel, monkeypatch):
    # Given a worker that sleeps for longer than a lease right after its COMMIT
    refund = to_be_delivered()
    lease = operations.LEASE

    def pause() -> None:
        monkeypatch.setattr(operations, "LEASE", timedelta(0))

    # When
    with fault_points.armed([("remedy.intended", pause)]):
        asked(refund)
    monkeypatch.setattr(operations, "LEASE", lease)

    # Then
    assert channel.applied == []
    assert standing() == ("unknown", "unknown", "ordered", True)
    asked(refund)
    assert len(channel.applied) == 1


def test_who_died_before_the_call_is_followed_by_one_who_asks_first(channel):
    # Given
    refund = to_be_delivered()

    def die() -> None:
        raise fault_points.CrashError("remedy.intended")

    # When
    with (
        fault_points.armed([("remedy.intended", die)]),
        pytest.raises(fault_points.CrashError),
    ):
        asked(refund)
    let_lease_end()
    asked(refund)
    asked(refund)

    # Then
    assert (len(channel.asked), len(channel.applied)) == (3, 1)
    assert standing() == ("succeeded", "succeeded", "done", True)

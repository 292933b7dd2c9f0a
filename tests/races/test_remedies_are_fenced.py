"""An abnormal refund is delivered elsewhere by who holds its lease; on connections of their own."""

import threading

import pytest

from payments.actions import holds, refund_orders
from payments.errors import LeaseLostError
from payments.models import HoldCover
from tests.instants import NOON
from tests.payments.undelivered import (
    let_lease_end,
    standing,
    to_be_delivered,
    undelivered_channel,
)
from tests.rig.races import meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel(monkeypatch):
    return undelivered_channel(monkeypatch)


def paused_after_asking(channel, refund):
    """Start a worker that is paused between the channel's answer and what follows of it."""
    has_answer, goes_on = threading.Event(), threading.Event()

    def pause() -> None:
        has_answer.set()
        goes_on.wait(10)

    channel.before_answering = pause
    worker = meanwhile(lambda: refund_orders.query_refund(refund.pk, at=NOON))
    assert has_answer.wait(10)
    return worker, goes_on


def test_f38_who_wakes_after_their_lease_orders_nothing(channel):
    # Given a worker that was paused with the answer in its hands, and another who delivered
    refund = to_be_delivered()
    worker, goes_on = paused_after_asking(channel, refund)
    let_lease_end()
    refund_orders.query_refund(refund.pk, at=NOON)
    assert len(channel.applied) == 1
    before = standing()

    # When
    goes_on.set()

    # Then
    assert isinstance(worker.exception(10), LeaseLostError)
    assert len(channel.applied) == 1
    assert standing() == before == ("processing", "processing", "ordered", True)


def test_a_hold_that_is_placed_while_the_channel_answers_counts(channel):
    # Given
    refund = to_be_delivered()
    worker, goes_on = paused_after_asking(channel, refund)

    # When
    holds.hold_sending(HoldCover.EVERYTHING, actor="user:1", at=NOON, reason="Something is odd.")
    goes_on.set()

    # Then
    assert worker.exception(10) is None
    assert channel.applied == []
    assert standing() == ("unknown", "unknown", "ordered", False)

"""Captures and voids die at each fault point as well; their channel is in the test's process.

`tests/crashes/test_every_fault_point.py` has the kinds of order that the simulator carries out.
"""

import itertools
from datetime import timedelta

import pytest
from django.db import transaction

from ledger import fault_points
from payments.actions import voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import ChannelOperation, Payment
from settlements.queries import integrity
from tests.crashes.survival import Survivor, crashing_at
from tests.instants import NOON
from tests.payments.holding import MISSING, UNKNOWN, authorised, holding_channel

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
FAMILIES = {"exchange", "order", "job"}
POINTS = sorted(point for point in fault_points.REGISTRY if point.partition(".")[0] in FAMILIES)


@pytest.fixture
def channel(monkeypatch, settings):
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    return holding_channel(monkeypatch)


@transaction.atomic
def capture(payment: Payment) -> None:
    request_capture(CaptureRequest(payment.pk, None), actor="key:test", at=LATER)


@transaction.atomic
def void(payment: Payment) -> None:
    voids.void_payment(payment.pk, actor="key:test", at=LATER)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    ("verb", "ask", "end"), [("capture", capture, "paid"), ("void", void, "closed")]
)
def test_a_crash_costs_nothing_but_time(channel, verb, ask, end, point):
    # Given: the first order is lost, and the channel does not know it
    survivor = Survivor()
    payment = authorised(channel)
    channel.says[verb] = [UNKNOWN]
    channel.says[f"query_{verb}"] = [MISSING]
    ask(payment)

    # When
    with crashing_at(point):
        survivor.works_until(lambda: Payment.objects.get().status == end)

    # Then
    assert survivor.crashes == 1
    order = ChannelOperation.objects.get(kind=verb)
    assert order.status == "succeeded"
    assert {sent.channel_no for sent in channel.sent(verb)} == {order.channel_no}
    verbs = [name for name, _ in channel.orders]
    assert (verb, verb) not in itertools.pairwise(verbs)
    assert integrity.verify().is_sound

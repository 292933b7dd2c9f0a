"""The capture that ends an authorisation at its channel is sent when no other is under way."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import capture_orders
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Capture, ChannelOperation, DatabaseClock, Payment
from settlements.queries import integrity
from tests.instants import NOON
from tests.payments.holding import MISSING, REFUSED, UNKNOWN, authorised, done, holding_channel
from tests.rig.stage import let_machines_wait, run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def channel(monkeypatch, settings):
    settings.CHANNEL_SETTLE_WINDOW_SECONDS = 0
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def capture_of(payment: Payment, amount_minor: int | None = None, *, is_final=False) -> Capture:
    wanted = CaptureRequest(payment.pk, amount_minor, is_final=is_final)
    with transaction.atomic():
        return request_capture(wanted, actor="key:test", at=LATER)


def settle() -> None:
    let_machines_wait()
    capture_orders.defer_due(at=LATER)
    run_jobs()


def test_what_was_lost_of_an_earlier_one_is_taken_before_the_last(channel):
    # Given: the first is lost on its way, so that the channel does not know it
    payment = authorised(channel)
    channel.says["capture"] = [UNKNOWN]
    channel.says["query_capture"] = [UNKNOWN, MISSING]
    first, last = capture_of(payment, 6_000), capture_of(payment)
    run_jobs()

    # Then
    first.refresh_from_db()
    last.refresh_from_db()
    assert (first.status, last.status, last.is_final) == ("unknown", "submitting", True)
    assert [order.amount_minor for order in channel.sent("capture")] == [6_000]

    # When
    settle()
    settle()
    settle()

    # Then
    assert [order.amount_minor for order in channel.sent("capture")] == [6_000, 6_000, 4_000]
    assert [order.is_final for order in channel.sent("capture")] == [False, False, True]
    assert set(Capture.objects.values_list("status", flat=True)) == {"succeeded"}
    payment.refresh_from_db()
    assert payment.status == "paid"


def test_one_that_failed_is_not_waited_for(channel):
    # Given
    payment = authorised(channel)
    channel.says["capture"] = [REFUSED]

    # When
    capture_of(payment, 6_000)
    capture_of(payment, 1_000, is_final=True)
    run_jobs()
    settle()

    # Then
    assert [order.amount_minor for order in channel.sent("capture")] == [6_000, 1_000]
    assert sorted(Capture.objects.values_list("status", flat=True)) == ["failed", "succeeded"]


def test_one_that_is_not_the_last_waits_for_nobody(channel):
    # Given
    payment = authorised(channel)
    channel.says["capture"] = [UNKNOWN]
    channel.says["query_capture"] = [UNKNOWN]

    # When
    capture_of(payment, 6_000)
    capture_of(payment, 1_000)
    run_jobs()

    # Then
    assert [order.amount_minor for order in channel.sent("capture")] == [6_000, 1_000]
    channel.made[channel.sent("capture")[0].channel_no] = done(6_000)
    settle()
    settle()
    assert set(Capture.objects.values_list("status", flat=True)) == {"succeeded"}


def test_those_that_wait_keep_nobody_away_from_those_they_wait_for(channel, monkeypatch):
    # Given a janitor who looks after one order at a time, and a lost one before the last
    monkeypatch.setattr(capture_orders, "DUE_MAX", 1)
    payment = authorised(channel)
    channel.says["capture"] = [UNKNOWN]
    channel.says["query_capture"] = [UNKNOWN, MISSING]
    first, last = capture_of(payment, 6_000), capture_of(payment)
    run_jobs()
    due = ChannelOperation.objects.filter(kind="capture")
    due.update(next_query_at=DatabaseClock() - timedelta(minutes=1))
    due.filter(subject=last.pk).update(next_query_at=DatabaseClock() - timedelta(minutes=2))

    # When
    for _ in range(2):
        capture_orders.defer_due(at=LATER)
        run_jobs()

    # Then
    assert channel.sent("query_capture") != []
    assert due.get(subject=first.pk).queries > 0

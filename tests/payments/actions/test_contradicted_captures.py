"""Captures and voids that a channel refused, and says later that it made (R8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import capture_orders, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Authorisation, BalanceTransaction, Capture, Event, Void
from settlements.queries import integrity
from tests.instants import NOON
from tests.payments.holding import REFUSED, authorised, done, holding_channel
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def channel(monkeypatch):
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def told(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_a_capture_that_was_made_after_all_is_shown_and_never_booked_twice(channel):
    # Given
    payment = authorised(channel)
    channel.says["capture"] = [REFUSED]
    with transaction.atomic():
        capture = request_capture(CaptureRequest(payment.pk), actor="key:test", at=LATER)
    run_jobs()
    channel.made[Capture.objects.select_related("operation").get().operation.channel_no] = done(
        10_000
    )

    # When
    for _ in range(2):
        capture_orders.query_capture(capture.pk, at=LATER, is_notified=True)

    # Then
    capture.refresh_from_db()
    payment.refresh_from_db()
    assert (capture.status, capture.status_code) == ("failed", "contradicted")
    assert told("capture.contradicted") == 1
    assert payment.status == "authorized"
    assert not BalanceTransaction.objects.exists()


def test_a_void_that_was_made_after_all_is_shown(channel):
    # Given
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
    run_jobs()
    void = Void.objects.select_related("operation").get()
    channel.made[void.operation.channel_no] = done(10_000)

    # When
    for _ in range(2):
        void_orders.query_void(void.pk, at=LATER, is_notified=True)

    # Then
    void.refresh_from_db()
    assert (void.status, void.status_code) == ("failed", "contradicted")
    assert told("void.contradicted") == 1
    assert Authorisation.objects.get().ended_at is None

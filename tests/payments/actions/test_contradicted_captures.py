"""Captures and voids that a channel refused, and says later that it made (R8)."""

from datetime import timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import capture_orders, contradictions, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Authorisation, BalanceTransaction, Capture, Event, Void
from settlements.queries import integrity
from tests.instants import NOON
from tests.payments.actions.test_contradictions import end
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


def test_a_void_that_was_made_after_its_hold_had_ended_is_noted(channel):
    # Given it was refused, another one was made, and the channel says that so was the first
    payment = authorised(channel)
    channel.says["void"] = [REFUSED]
    for _ in range(2):
        voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
        run_jobs()
    refused, made = Void.objects.select_related("operation").order_by("succeeded_at")[::-1]
    assert (refused.status, made.status) == ("failed", "succeeded")
    channel.made[refused.operation.channel_no] = done(10_000)
    void_orders.query_void(refused.pk, at=LATER, is_notified=True)
    ended = Authorisation.objects.get().ended_at

    # When
    end(refused.operation_id, "made")

    # Then
    refused.refresh_from_db()
    assert (refused.status, refused.status_code) == ("failed", "contradiction_ended")
    noted = AuditEntry.objects.get(action="void.contradiction_ended")
    assert noted.reason == contradictions.ENDED_WITHOUT_IT
    assert Authorisation.objects.get().ended_at == ended

"""Captures and voids that a channel refused, and says later that it made (R8)."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from ledger.models import AuditEntry
from payments.actions import authorisations, capture_orders, contradictions, void_orders, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.errors import ContradictionStandsError
from payments.models import (
    Authorisation,
    BalanceTransaction,
    Capture,
    ChannelOperation,
    Event,
    Payment,
    Void,
)
from settlements.queries import integrity
from tests.books import assert_balances, assert_entry
from tests.factories.payments import refund_asked
from tests.instants import NOON
from tests.payments.actions.test_contradictions import agree, ask, end
from tests.payments.holding import REFUSED, authorised, done, holding_channel
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)
ENDS_AT = NOON + timedelta(days=7)


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


def refused_and_taken(channel, payment: Payment, amount_minor: int | None = None) -> Capture:
    """Have a capture refused that the channel carries out all the same."""
    channel.says["capture"] = [REFUSED]
    with transaction.atomic():
        capture = request_capture(
            CaptureRequest(payment.pk, amount_minor), actor="key:test", at=LATER
        )
    run_jobs()
    capture = Capture.objects.select_related("operation", "payment").get(pk=capture.pk)
    assert capture.status == "failed"
    channel.made[capture.operation.channel_no] = done(capture.amount_minor)
    return capture


def expire(at: datetime) -> int:
    count = authorisations.expire_authorisations(actor="task:test", at=at)
    run_jobs()
    return count


def test_a_hold_that_is_refused_back_since_it_was_taken_is_not_ended_but_paid(channel):
    # Given
    payment = authorised(channel)
    capture = refused_and_taken(channel, payment)
    channel.says["void"] = [REFUSED]

    # When: its channel refuses to give back what it has taken, and is asked why
    assert expire(ENDS_AT - authorisations.MARGIN) == 1

    # Then
    capture.refresh_from_db()
    assert (capture.status, capture.status_code) == ("failed", "contradicted")

    # When, Then: people decide before anything is called ended
    assert expire(ENDS_AT + timedelta(days=30)) == 0
    assert Payment.objects.get().status == "closing"
    end(capture.operation_id, "made")

    # Then
    capture.refresh_from_db()
    assert (capture.status, capture.payment.status) == ("succeeded", "paid")
    assert capture.payment.paid_at == capture.succeeded_at
    assert Authorisation.objects.get().ended_code == "captured"
    assert_balances(capture.payment.allocations.get().merchant_id, merchant_pending="98.00")
    assert ChannelOperation.objects.get(pk=capture.operation_id).status == "succeeded"


def test_a_hold_that_two_people_found_not_taken_ends_when_it_lapses(channel):
    # Given
    capture = refused_and_taken(channel, authorised(channel))
    channel.says["void"] = [REFUSED] * 2
    expire(ENDS_AT - authorisations.MARGIN)

    # When
    end(capture.operation_id, "not_made")

    # Then
    assert expire(ENDS_AT) == 1
    assert Payment.objects.get().status == "closed"
    assert ChannelOperation.objects.get(pk=capture.operation_id).status == "failed"


def test_a_capture_that_is_found_made_after_its_hold_had_ended_is_booked(channel):
    # Given: the channel knew of no capture when it was asked, and said so only afterwards
    payment = authorised(channel)
    capture = refused_and_taken(channel, payment, 4_000)
    channel.says |= {"void": [REFUSED], "query_capture": [REFUSED]}
    expire(ENDS_AT - authorisations.MARGIN)
    assert expire(ENDS_AT) == 1
    assert Payment.objects.get().status == "closed"
    ended = Authorisation.objects.get()
    capture_orders.query_capture(capture.pk, at=ENDS_AT, is_notified=True)

    # When
    end(capture.operation_id, "made")

    # Then
    capture.refresh_from_db()
    payment.refresh_from_db()
    assert (capture.status, payment.status, payment.status_code) == ("succeeded", "paid", "")
    assert_balances(payment.allocations.get().merchant_id, merchant_pending="39.20")
    assert_entry(
        f"{capture.shares.get().pk}:captured",
        """Dr 1101 40.00 CNY
           Dr 5001 0.24 CNY
           Cr 1101 0.24 CNY
           Cr 2001 39.20 CNY
           Cr 4001 0.80 CNY""",
    )
    stands = Authorisation.objects.get()
    assert (stands.ended_at, stands.ended_code) == (ended.ended_at, "authorization_expired")
    assert [told(f"payment.{status}") for status in ("closed", "paid_late", "paid")] == [1, 1, 1]

    # When: what is booked so goes back as any other money does
    refund = refund_asked(payment, amount_minor=4_000, capture_id=capture.pk, at=ENDS_AT)
    run_jobs()

    # Then
    refund.refresh_from_db()
    assert refund.status == "succeeded"


def test_what_was_given_back_was_not_taken(channel):
    # Given
    payment = authorised(channel)
    capture = refused_and_taken(channel, payment)
    channel.says["query_capture"] = [REFUSED]
    voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
    run_jobs()
    capture_orders.query_capture(capture.pk, at=LATER, is_notified=True)
    capture_orders.query_capture(capture.pk, at=LATER, is_notified=True)
    digest = ask(capture.operation_id, "made")

    # When, Then
    with nothing_written(), pytest.raises(ContradictionStandsError):
        agree(capture.operation_id, digest)

"""Refunds of what was captured: each of one capture, by its own order at the channel."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import attempts, closing
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.errors import RefundCaptureMissingError, RefundTooLargeError
from payments.models import Capture, ChannelAccount, Payment
from settlements.queries import integrity
from tests.books import assert_entry, balance
from tests.factories.payments import AlipayAccountFactory, refund_asked
from tests.instants import NOON
from tests.payments.holding import MISSING, authorised, confirmed_holding, done, holding_channel
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def channel(monkeypatch):
    yield holding_channel(monkeypatch)
    assert integrity.verify().violations == []


def captured(payment: Payment, amount_minor: int) -> Capture:
    with transaction.atomic():
        capture = request_capture(
            CaptureRequest(payment.pk, amount_minor), actor="key:test", at=LATER
        )
    run_jobs()
    payment.refresh_from_db()
    return Capture.objects.select_related("operation").get(pk=capture.pk)


def test_a_refund_names_the_capture_s_own_order(channel):
    # Given
    payment = authorised(channel)
    capture = captured(payment, 3_000)

    # When
    refund = refund_asked(payment, at=LATER)
    run_jobs()

    # Then
    refund.refresh_from_db()
    assert (refund.status, refund.amount_minor, refund.capture_id) == (
        "succeeded",
        3_000,
        capture.pk,
    )
    (order,) = channel.sent("refund")
    assert (order.pay_channel_no, order.pay_channel_ref, order.total_minor) == (
        capture.operation.channel_no,
        f"C-{capture.operation.channel_no}",
        3_000,
    )
    assert_entry(
        f"{refund.allocations.get().pk}:request:1",
        "Dr 2001 29.40 CNY\nDr 4001 0.60 CNY\nCr 2101 30.00 CNY",
    )
    assert balance("2001", payment.allocations.get().merchant_id) == "0.00"


def test_no_more_is_refunded_than_was_captured(channel):
    payment = authorised(channel)
    captured(payment, 3_000)
    with pytest.raises(RefundTooLargeError), nothing_written():
        refund_asked(payment, amount_minor=3_001, at=LATER)


def test_a_refund_is_of_the_oldest_capture_with_enough_left(channel):
    # Given
    payment = authorised(channel)
    small, large = captured(payment, 2_000), captured(payment, 5_000)

    # When, Then
    assert refund_asked(payment, amount_minor=2_500, at=LATER).capture_id == large.pk
    assert refund_asked(payment, amount_minor=2_000, at=LATER).capture_id == small.pk
    with pytest.raises(RefundCaptureMissingError), nothing_written():
        refund_asked(payment, amount_minor=2_501, at=LATER)
    assert refund_asked(payment, at=LATER).amount_minor == 2_500


def test_all_of_several_captures_is_asked_for_one_by_one(channel):
    payment = authorised(channel)
    captured(payment, 2_000)
    captured(payment, 5_000)
    with pytest.raises(RefundCaptureMissingError), nothing_written():
        refund_asked(payment, at=LATER)


def test_a_refund_goes_to_the_account_that_took_the_money_not_to_one_that_only_held_it(channel):
    # Given: a code that was left at one account was scanned after another account held the money
    left = confirmed_holding()
    payment = left.payment
    ChannelAccount.objects.update(is_enabled=False)
    other = AlipayAccountFactory()
    channel.says |= {"query": [MISSING, MISSING], "close": [MISSING]}
    with transaction.atomic():
        closing.withdraw_attempt(left, at=NOON)
    run_jobs()
    wanted = payment.attempts.select_related("operation").exclude(pk=left.pk).get()
    for attempt in (wanted, left):
        channel.made[attempt.operation.channel_no] = done(10_000)
        attempts.query_attempt(attempt.pk, at=NOON, is_notified=True)
    run_jobs()
    payment.refresh_from_db()
    capture = captured(payment, 10_000)

    # When
    refund = refund_asked(payment, at=LATER)
    run_jobs()

    # Then
    refund.refresh_from_db()
    assert (refund.status, refund.capture_id) == ("succeeded", capture.pk)
    assert capture.operation.channel_account_id == other.pk
    assert refund.operation.channel_account_id == other.pk

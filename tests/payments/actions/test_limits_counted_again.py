# ruff: noqa: F811  fixtures are imported
"""Money that came after its limits were given back counts again; holds count until they end."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import (
    authorisations,
    capture_orders,
    closing,
    contradictions,
    limits,
    payments,
    switching,
    void_orders,
    voids,
)
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.models import Capture, PaymentAttempt, Void
from risk.models import Screening
from tests.factories.payments import confirmed_payment, owed_payment
from tests.instants import NEXT_NOON, NOON
from tests.payments.actions.limits_desk import (  # noqa: F401
    ALL,
    DAY_MINOR,
    LATER,
    NOTHING,
    cards,
    channel,
    ends,
    is_paid,
    read,
    tries_to_pay_more,
    used_up,
)
from tests.payments.actions.test_contradictions import end
from tests.payments.holding import MISSING, REFUSED, UNKNOWN, authorised, done
from tests.rig.rows import nothing_written
from tests.rig.stage import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)


class TestMoneyCameAfterAll:
    """What was paid nobody refuses: it counts whatever the limit says, and once."""

    def test_by_a_code_that_nobody_had_scanned(self, channel):
        # Given a code that its payer left, and another try that failed
        attempt = confirmed_payment(payer_no="P1")
        run_jobs()
        channel.says |= {"query": [MISSING, MISSING], "close": [MISSING]}
        with transaction.atomic():
            switching.confirm_or_switch(
                attempt.payment_id, method="alipay_page", client_ip=None, actor="k", at=NOON
            )
        run_jobs()
        assert read(attempt).operation.code == "never_scanned"
        ends(channel, PaymentAttempt.objects.exclude(pk=attempt.pk).get())
        assert used_up() == NOTHING
        assert tries_to_pay_more() == "awaiting_payment"

        # When
        assert is_paid(channel, attempt).payment.status == "paid"

        # Then
        assert used_up() == (2 * DAY_MINOR, 2 * DAY_MINOR)
        told = Screening.objects.filter(subject=attempt.payment_id).latest("at", "id")
        assert [found["code"] for found in told.findings] == [
            *("booked.platform.day", "booked.payer.day")
        ]

    def test_by_a_capture_that_two_people_found_to_be_made_after_the_hold_had_ended(self, channel):
        # Given
        payment = authorised(channel, payer_no="P1")
        channel.says["capture"] = [REFUSED]
        with transaction.atomic():
            capture = request_capture(CaptureRequest(payment.pk), actor="key:t", at=LATER)
        run_jobs()
        assert used_up() == ALL
        channel.says["void"] = [REFUSED]
        voids.start_void(payment.pk, actor="user:1", at=LATER, reason="Not needed")
        run_jobs()
        authorisations.expire_authorisations(actor="t", at=NOON + timedelta(days=31))
        payment.refresh_from_db()
        assert payment.status == "closed"
        assert used_up() == NOTHING

        # When
        order = Capture.objects.select_related("operation").get().operation
        channel.made[order.channel_no] = done(10_000, at=NEXT_NOON)
        capture_orders.query_capture(capture.pk, at=NEXT_NOON, is_notified=True)
        end(order.pk, contradictions.TruthOf.MADE)

        # Then
        payment.refresh_from_db()
        assert payment.status == "paid"
        newest = Screening.objects.filter(subject=payment.pk).latest("at", "id")
        assert newest.findings[0]["rule"] == "amount.booked"

    def test_what_is_counted_or_never_was_is_left_as_it_is(self, channel):
        # Given one that is counted, and one of nobody that no limit judged
        counted = confirmed_payment(payer_no="P1").payment
        unjudged = owed_payment()

        # When, Then
        with nothing_written(), transaction.atomic():
            limits.count(counted, at=LATER)
            limits.count(unjudged, at=LATER)
        assert used_up() == ALL


def test_what_is_held_in_vain_stays_counted_until_it_went_back(cards):
    # Given a page that was left open, of a payment that is to be held first
    limits_of = owed_payment(payer_no="P1", capture_mode="manual")
    with transaction.atomic():
        payments.confirm_payment(
            limits_of.pk, method="alipay_qr", client_ip=None, actor="key:t", at=NOON
        )
    run_jobs()
    attempt = PaymentAttempt.objects.select_related("operation", "payment").get()
    with transaction.atomic():
        closing.withdraw_attempt(attempt, at=NOON)
    run_jobs()
    attempt = read(attempt)
    assert attempt.is_left_open
    other = PaymentAttempt.objects.exclude(pk=attempt.pk).get()
    with transaction.atomic():
        closing.cancel_payment(limits_of.pk, actor="key:t", at=LATER)
    ends(cards, other)

    # When the page is used after all
    cards.says["void"] = [UNKNOWN]
    assert is_paid(cards, attempt).payment.status == "closed"
    run_jobs()

    # Then
    assert used_up() == ALL
    void = Void.objects.select_related("operation").get()
    cards.made[void.operation.channel_no] = done(10_000)
    void_orders.query_void(void.pk, at=LATER)
    assert used_up() == NOTHING

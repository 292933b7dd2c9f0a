"""A worker claims an order while its payer stands at the checkout: neither stops the other."""

import pytest
from django.db import transaction

from payments import locks
from payments.actions import attempts, closing, operations
from payments.models import Payment, PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.instants import NOON
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_claims_an_order_waits_for_its_try_before_holding_the_order():
    # Given somebody holds the try, as the checkout does on its way to the order
    AlipayAccountFactory()
    attempt = confirmed_payment()
    with transaction.atomic():
        locks.hold_attempt(attempt.pk)

        # When a worker claims the order at the same moment
        claimed = meanwhile(lambda: attempts._EXCHANGE._claim_to_send(attempt.pk, at=NOON))
        wait_until_somebody_waits()

        # Then the order is free for who came first, and then for the worker
        assert locks.locked_operation(attempt.operation_id).status == "prepared"
    assert claimed.result(timeout=10) is not None
    assert PaymentAttempt.objects.get().status == "sending"


def cancel(attempt: PaymentAttempt) -> None:
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:test", at=NOON)


def test_who_cancels_waits_for_a_sender_and_has_the_channel_asked():
    # Given a worker in the middle of its claim
    AlipayAccountFactory()
    attempt = confirmed_payment()
    with transaction.atomic():
        locks.hold_attempt(attempt.pk)
        assert operations.claim_to_send(attempt.pk) is not None
        attempts._claimed(attempt.pk)

        # When the payment is cancelled at the same moment
        cancelled = meanwhile(lambda: cancel(attempt))
        wait_until_somebody_waits()

    # Then the order may have left, so only the channel can end it
    cancelled.result(timeout=10)
    assert Payment.objects.get().status == "closing"
    assert PaymentAttempt.objects.get().status == "sending"


def test_a_sender_waits_for_who_cancels_and_sends_nothing():
    # Given somebody in the middle of cancelling
    AlipayAccountFactory()
    attempt = confirmed_payment()
    with transaction.atomic():
        closing.cancel_payment(attempt.payment_id, actor="key:test", at=NOON)

        # When a worker claims the order at the same moment
        claimed = meanwhile(lambda: attempts._EXCHANGE._claim_to_send(attempt.pk, at=NOON))
        wait_until_somebody_waits()

    # Then it never left
    assert claimed.result(timeout=10) is None
    assert Payment.objects.get().status == "closed"
    found = PaymentAttempt.objects.select_related("operation").get()
    assert (found.status, found.operation.status, found.operation.sends) == ("failed", "failed", 0)


def test_in_any_order_a_payment_is_sent_or_closed_and_never_both():
    # Given
    AlipayAccountFactory()
    rounds = [confirmed_payment(payer_no=f"P{number}") for number in range(6)]

    for attempt in rounds:
        # When
        at_once(
            lambda one=attempt: attempts._EXCHANGE._claim_to_send(one.pk, at=NOON),
            lambda one=attempt: cancel(one),
        )

        # Then
        attempt.refresh_from_db()
        stands = (attempt.payment.status, attempt.status, attempt.operation.sends)
        assert stands in [("closing", "sending", 1), ("closed", "failed", 0)]


def test_who_records_an_answer_waits_for_the_payment_before_holding_its_try():
    # Given somebody holds the payment, as who cancels it does on the way to its try
    AlipayAccountFactory()
    attempt = confirmed_payment()

    def record() -> str:
        with transaction.atomic():
            return locks.locked_attempt(attempt.pk).status

    with transaction.atomic():
        locks.locked_payment(attempt.payment_id)

        # When a worker begins to record what the channel answered
        recorded = meanwhile(record)
        wait_until_somebody_waits()

        # Then the try is free for who came first, and then for the worker
        locks.hold_attempt(attempt.pk)
    assert recorded.result(timeout=10) == "prepared"

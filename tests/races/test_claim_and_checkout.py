"""A worker claims an order while its payer stands at the checkout: neither stops the other."""

import pytest
from django.db import transaction

from payments import locks
from payments.actions import attempts
from payments.models import PaymentAttempt
from tests.factories.payments import AlipayAccountFactory, confirmed_payment
from tests.rig.races import meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_claims_an_order_waits_for_its_try_before_holding_the_order():
    # Given somebody holds the try, as the checkout does on its way to the order
    AlipayAccountFactory()
    attempt = confirmed_payment()
    with transaction.atomic():
        locks.hold_attempt(attempt.pk)

        # When a worker claims the order at the same moment
        claimed = meanwhile(lambda: attempts._EXCHANGE._claim_to_send(attempt.pk))
        wait_until_somebody_waits()

        # Then the order is free for who came first, and then for the worker
        assert locks.locked_operation(attempt.operation_id).status == "prepared"
    assert claimed.result(timeout=10) is not None
    assert PaymentAttempt.objects.get().status == "sending"

"""What the tests of checkout page and their neighbours share."""

import pytest
import time_machine

from payments.models import Payment, PaymentAttempt
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    minted_session,
    owed_payment,
)
from tests.instants import NOON


@pytest.fixture(autouse=True)
def at_noon():
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def payment():
    return owed_payment(MerchantFactory(name="Old Tea House"), payer_no="P1")


@pytest.fixture
def minted(payment):
    return minted_session(payment, return_url="https://shop.example/orders/1")


@pytest.fixture
def path(minted):
    return f"/checkout/{minted.token}"


def waiting(payment, *, qr_code="https://qr.alipay.com/bax0", **other) -> PaymentAttempt:
    """Bring the payment to where its payer has a code."""
    attempt = attempted_payment(payment, channel=AlipayAccountFactory())
    attempt.qr_code = qr_code
    for name, value in other.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=["qr_code", *other])
    return attempt


def bring(payment, *steps, **other):
    for status in steps:
        Payment.objects.filter(pk=payment.pk).update(status=status, **other)

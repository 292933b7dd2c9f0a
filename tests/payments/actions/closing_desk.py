"""What the tests of closing and their neighbours share."""

from datetime import timedelta

import pytest
from django.db import transaction

from payments.actions import closing
from payments.models import (
    Event,
    Payment,
)
from payments.screening import get_screener
from tests.factories.payments import owed_payment
from tests.factories.risk import asked_payment
from tests.instants import NOON
from tests.rig.counter import Counter
from tests.rig.stage import run_jobs

CANCELLED_AT = NOON + timedelta(minutes=1)


@pytest.fixture
def counter(marketplace, simulator):
    return Counter(marketplace, simulator)


def cancel(payment_id: str) -> Payment:
    with transaction.atomic():
        return closing.cancel_payment(payment_id, actor="key:ak_1", at=CANCELLED_AT)


def bring(payment: Payment, status: str) -> None:
    """Take a payment to a state by the states' own steps."""
    before = {"paid": ["awaiting_payment"], "conflicted": ["awaiting_payment"]}
    before |= {"closing": ["awaiting_payment"], "paid_late": ["closed"]}
    for step in [*before.get(status, []), status]:
        Payment.objects.filter(pk=payment.pk).update(status=step)


def reviewed_payment() -> Payment:
    """A payment under review whose judgement counted it against its payer's limits."""
    payment = owed_payment(payer_no="P1")
    with transaction.atomic():
        get_screener().screen(asked_payment(payer_id=payment.payer_id, payment_id=payment.pk))
    bring(payment, "risk_review")
    return payment


def kinds_of(payment: Payment) -> list[str]:
    told = Event.objects.filter(subject=payment.pk).order_by("sequence")
    return [kind.removeprefix("payment.") for kind in told.values_list("kind", flat=True)]


# --- expiry ---------------------------------------------------------------------------------------


def expire(at) -> int:
    return closing.expire_payments(actor="task:t", at=at)


# --- late money -----------------------------------------------------------------------------------


@pytest.fixture
def closed(counter):
    """A payment that was cancelled while its payer still holds the code."""
    counter.send()
    cancel(counter.attempt.payment_id)
    run_jobs()
    assert counter.statuses == ("closed", "closed", "closed")
    return counter

# ruff: noqa: F811  fixtures are imported
"""Why refunds need a lock: what happens without."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from ledger.identifiers import new_id
from payments.models import Payment, Refund
from payments.queries.refunds import paid_attempt
from tests.factories.payments import (
    paid_payment,
)
from tests.instants import NOON
from tests.races.refund_race import PAID_MINOR, THREADS, clients, living_minor  # noqa: F401
from tests.rig.database import as_owner

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def without_the_law() -> Iterator[None]:
    """Take the trigger away that would refuse what the naive version does."""
    name = "payments_refund_of_what_was_paid"
    try:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE payments_refund DISABLE TRIGGER {name}")
        yield
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE payments_refund ENABLE TRIGGER {name}")


def naive_refund(payment: Payment, amount_minor: int, *, all_have_read: threading.Barrier) -> bool:
    """Read what is left, and refund it if it fits: without the payment's lock."""
    with transaction.atomic(durable=True):
        left_minor = payment.amount_minor - living_minor(payment)
        all_have_read.wait()
        if amount_minor > left_minor:
            return False
        Refund.objects.create(
            payment=payment,
            merchant_refund_no=new_id("no"),
            amount_minor=amount_minor,
            unallocated_minor=amount_minor,
            currency="CNY",
            reason="Naive",
            requested_by="user:1",
            created_at=NOON,
        )
    return True


def test_reading_first_and_writing_after_refunds_too_much_which_is_why_there_is_a_lock(clients):
    # Given
    payment = paid_payment(amounts_minor=(1,), unallocated_minor=PAID_MINOR)
    all_have_read = threading.Barrier(THREADS, timeout=30)
    assert paid_attempt(payment)

    # When
    with without_the_law():
        answers = clients.all_at_once(
            lambda number: naive_refund(payment, 1_000, all_have_read=all_have_read)
        )

    # Then
    assert answers == [True] * THREADS
    assert living_minor(payment) == THREADS * 1_000 > payment.amount_minor


def test_and_even_the_naive_one_is_stopped_by_the_database(clients):
    # Given
    payment = paid_payment(amounts_minor=(1,), unallocated_minor=PAID_MINOR)
    all_have_read = threading.Barrier(THREADS, timeout=30)

    # When
    def one(_number: int) -> object:
        try:
            return naive_refund(payment, 1_000, all_have_read=all_have_read)
        except Exception as refusal:  # noqa: BLE001  whatever it is, nothing was refunded
            return refusal

    answers = clients.all_at_once(one)

    # Then
    assert answers.count(True) == 10
    assert living_minor(payment) == PAID_MINOR

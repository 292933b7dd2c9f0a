"""Events: numbered 1, 2, 3 … per subject, in the transaction of what happened."""

import pytest
from django.db import IntegrityError, transaction

from payments.actions.events import record_event
from payments.models import Event
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def told() -> list[tuple]:
    return list(Event.objects.order_by("subject", "sequence").values_list("subject", "sequence"))


def test_counts_per_subject():
    # When
    for subject in ("pay_1", "pay_2", "pay_1", "pay_1"):
        record_event(kind="payment.paid", subject=subject, at=NOON)

    # Then
    assert told() == [("pay_1", 1), ("pay_1", 2), ("pay_1", 3), ("pay_2", 1)]


def test_keeps_a_small_snapshot_and_its_instant():
    # When
    event_id = record_event(
        kind="payment.paid", subject="pay_1", at=NOON, payload={"amount": 100, "note": "茶"}
    )

    # Then
    event = Event.objects.get(pk=event_id)
    assert event_id.startswith("evt_")
    assert (event.kind, event.at, event.payload) == (
        "payment.paid",
        NOON,
        {"amount": 100, "note": "茶"},
    )


def test_a_number_is_given_once():
    # Given
    record_event(kind="payment.paid", subject="pay_1", at=NOON)

    # When, Then
    with (
        nothing_written(),
        pytest.raises(IntegrityError, match="payments_event_sequence"),
        transaction.atomic(),
    ):
        Event.objects.create(kind="payment.paid", subject="pay_1", sequence=1, at=NOON)


def test_costs_one_round_trip(django_assert_num_queries):
    with django_assert_num_queries(1):
        record_event(kind="payment.paid", subject="pay_1", at=NOON)


@pytest.mark.django_db(transaction=True)
def test_goes_with_what_happened_when_that_is_undone():
    # When
    with transaction.atomic():
        record_event(kind="payment.paid", subject="pay_1", at=NOON)
        transaction.set_rollback(True)
    with transaction.atomic():
        record_event(kind="payment.paid", subject="pay_1", at=NOON)

    # Then no number is lost
    assert told() == [("pay_1", 1)]
    with pytest.raises(AssertionError, match="part"):
        record_event(kind="payment.paid", subject="pay_1", at=NOON)

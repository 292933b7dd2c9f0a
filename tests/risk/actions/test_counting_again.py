"""What was paid after its limits were given back counts again, whatever they say, and once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from risk import findings
from risk.actions import screenings
from risk.models import LimitRelease, Screening
from tests.factories.risk import asked_payment, used_minor
from tests.instants import FRIDAY, NEXT_NOON, NOON, THURSDAY
from tests.rig.rows import nothing_written
from tests.risk.actions.screened import limit

pytestmark = pytest.mark.django_db

LATER = NOON + timedelta(hours=1)
PAYERS_DAY_MINOR = 500_000


def given_back(amount_minor: int = 100_000, *, payer_id: str = "pyr_1") -> str:
    """Judge a payment and give its limits back; return its id."""
    request = asked_payment(payer_id=payer_id, amount_minor=amount_minor)
    screenings.screen_payment(request)
    screenings.give_back(request.payment_id, at=NOON)
    return request.payment_id


def count_again(payment_id: str, *, on=THURSDAY, at=LATER) -> None:
    screenings.count_again(payment_id, business_date=on, at=at)


def test_it_fills_the_same_counters_with_its_reason():
    # Given a limit of the platform's day that came after the first judgement
    request = asked_payment(payer_id="pyr_1", amount_minor=100_000)
    screenings.screen_payment(request)
    limit(window="day", value_minor=10**9)
    screenings.screen_payment(request)
    screenings.give_back(request.payment_id, at=NOON)
    assert (used_minor("pyr_1"), used_minor("platform")) == (0, 0)

    # When, twice
    count_again(request.payment_id)
    with nothing_written():
        count_again(request.payment_id)

    # Then
    assert (used_minor("pyr_1"), used_minor("platform")) == (100_000, 100_000)
    told = Screening.objects.latest("at", "id")
    assert (told.verdict, told.code, told.at, told.client_ip) == ("allow", "", LATER, None)
    assert told.facts["business_date"] == "2026-03-05"
    assert [(found["rule"], found["code"]) for found in told.findings] == [
        ("amount.booked", "booked.platform.day"),
        ("amount.booked", "booked.payer.day"),
    ]
    assert "whatever they are" in findings.all_words(told.findings)[1]
    assert "1,000.00" in findings.all_words(told.findings)[1]


def test_no_limit_refuses_it_and_the_next_payment_is():
    # Given a payer whose day is used up since
    paid = given_back()
    for _ in range(5):
        screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=100_000))
    assert used_minor("pyr_1") == PAYERS_DAY_MINOR

    # When
    count_again(paid)

    # Then
    assert used_minor("pyr_1") == PAYERS_DAY_MINOR + 100_000
    refused = screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=1))
    assert refused.code == "limit.payer.day"


def test_it_counts_on_the_day_that_is_named():
    # Given
    paid = given_back()

    # When
    count_again(paid, on=FRIDAY, at=NEXT_NOON)

    # Then
    assert (used_minor("pyr_1", on=THURSDAY), used_minor("pyr_1", on=FRIDAY)) == (0, 100_000)


def test_it_is_given_back_as_any_other():
    # Given
    paid = given_back()
    count_again(paid)

    # When
    screenings.give_back(paid, at=LATER)

    # Then
    assert used_minor("pyr_1") == 0
    assert LimitRelease.objects.count() == 2


def test_what_is_counted_still_or_never_was_is_left_as_it_is():
    # Given one that is counted, one that was denied, and one that nobody judged
    counted = asked_payment(payer_id="pyr_1", amount_minor=100_000)
    denied = asked_payment(payer_id="pyr_1", amount_minor=100_001)
    for request in (counted, denied):
        screenings.screen_payment(request)

    # When, Then
    with nothing_written():
        for payment_id in (counted.payment_id, denied.payment_id, "pay_unknown"):
            count_again(payment_id)
    assert used_minor("pyr_1") == 100_000


def test_it_asks_one_question_where_nothing_changes(django_assert_num_queries):
    # Given
    request = asked_payment(payer_id="pyr_1", amount_minor=100_000)
    screenings.screen_payment(request)

    # When, Then
    with django_assert_num_queries(1):
        count_again(request.payment_id)


@pytest.mark.django_db(transaction=True)
def test_it_is_a_part():
    with transaction.atomic():
        paid = given_back()
    assert not connection.in_atomic_block
    with pytest.raises(AssertionError, match="is a part"):
        count_again(paid)

"""What a merchant earned, day by day."""

from datetime import timedelta

import pytest

from payments.queries.turnover import DayTurnover, turnover_by_day
from tests.factories.payments import FeePlanFactory, MerchantFactory, paid_payment
from tests.instants import AFTER_MIDNIGHT, BEFORE_MIDNIGHT, FRIDAY, NOON, SATURDAY, THURSDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    return MerchantFactory()


def turnover(merchant, *, from_date=THURSDAY, to_date=FRIDAY):
    return turnover_by_day(merchant.pk, from_date=from_date, to_date=to_date)


def test_adds_up_each_business_day(merchant):
    # Given two payments on Thursday, the second a second before midnight, and one after it
    paid_payment(merchant)
    paid_payment(merchant, amounts_minor=(5_000,), at=BEFORE_MIDNIGHT)
    paid_payment(merchant, amounts_minor=(1_000,), at=AFTER_MIDNIGHT)

    # When, Then
    assert turnover(merchant) == {
        "CNY": [DayTurnover(THURSDAY, 2, 15_000, 14_700), DayTurnover(FRIDAY, 1, 1_000, 980)]
    }


def test_days_without_payments_are_zeros_and_both_ends_belong_to_it(merchant):
    # Given
    paid_payment(merchant)

    # When, Then
    assert turnover(merchant, from_date=THURSDAY - timedelta(days=1), to_date=SATURDAY) == {
        "CNY": [
            DayTurnover(THURSDAY - timedelta(days=1), 0, 0, 0),
            DayTurnover(THURSDAY, 1, 10_000, 9_800),
            DayTurnover(FRIDAY, 0, 0, 0),
            DayTurnover(SATURDAY, 0, 0, 0),
        ]
    }


def test_nothing_is_no_currency(merchant):
    # Given a payment before and one after these days
    paid_payment(merchant, at=NOON - timedelta(days=1))
    paid_payment(merchant, at=NOON + timedelta(days=2))

    # When, Then
    assert turnover(merchant) == {}


def test_keeps_currencies_and_merchants_apart(merchant):
    # Given
    other = MerchantFactory(fee_plan=FeePlanFactory(currency="USD"))
    paid_payment(merchant)
    paid_payment(other)

    # When, Then
    assert list(turnover(merchant)) == ["CNY"]
    assert list(turnover(other)) == ["USD"]


def test_costs_one_query(merchant, django_assert_num_queries):
    # Given
    paid_payment(merchant)

    # When, Then
    with django_assert_num_queries(1):
        turnover(merchant, to_date=THURSDAY + timedelta(days=60))

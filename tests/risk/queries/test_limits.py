"""What binds whom, and what is used of it today."""

from datetime import timedelta

import pytest

from risk.actions import screenings
from risk.models import Limit, LimitDeed, LimitWindow
from risk.queries.limits import LimitStanding, standings
from tests.factories.risk import asked_payment
from tests.instants import FRIDAY, NOON, THURSDAY

pytestmark = pytest.mark.django_db


def test_shows_a_payers_limits_and_what_is_used_today(django_assert_num_queries):
    # Given
    screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=30_000))

    # When
    with django_assert_num_queries(2):
        shown = standings(deed=LimitDeed.PAYMENT, owner_id="pyr_1", business_date=THURSDAY, at=NOON)

    # Then
    assert shown == [
        LimitStanding("CNY", LimitWindow.TRANSACTION, 100_000, None, False),
        LimitStanding("CNY", LimitWindow.DAY, 500_000, 30_000, False),
    ]
    assert [standing.left_minor for standing in shown] == [100_000, 470_000]


def test_another_day_another_merchant_and_another_deed_are_counted_apart():
    # Given
    screenings.screen_payment(asked_payment(payer_id="pyr_1", amount_minor=30_000))

    # When
    tomorrow = standings(deed=LimitDeed.PAYMENT, owner_id="pyr_1", business_date=FRIDAY, at=NOON)
    settlements = standings(
        deed=LimitDeed.SETTLEMENT, owner_id="mer_1", business_date=THURSDAY, at=NOON
    )

    # Then
    assert [standing.used_minor for standing in tomorrow] == [None, 0]
    assert settlements == [
        LimitStanding("CNY", LimitWindow.TRANSACTION, 1_000_000, None, False),
        LimitStanding("CNY", LimitWindow.DAY, 5_000_000, 0, False),
    ]


def test_shows_ones_own_limit_in_the_place_of_the_default():
    # Given
    of_merchant = {"deed": "settlement", "subject_kind": "merchant", "currency": "CNY"}
    Limit.objects.create(
        **of_merchant, subject_id="mer_1", window="day", value_minor=7, valid_from=NOON
    )
    Limit.objects.create(
        **of_merchant, subject_id="mer_2", window="day", value_minor=8, valid_from=NOON
    )

    # When
    before = standings(
        deed=LimitDeed.SETTLEMENT,
        owner_id="mer_1",
        business_date=THURSDAY,
        at=NOON - timedelta(seconds=1),
    )
    shown = standings(deed=LimitDeed.SETTLEMENT, owner_id="mer_1", business_date=THURSDAY, at=NOON)

    # Then
    assert before[1] == LimitStanding("CNY", LimitWindow.DAY, 5_000_000, 0, False)
    assert shown[1] == LimitStanding("CNY", LimitWindow.DAY, 7, 0, True)


def test_nothing_is_left_of_a_limit_that_was_lowered_below_its_use():
    standing = LimitStanding("CNY", LimitWindow.DAY, 7, 9, True)

    assert standing.left_minor == 0


def test_the_platforms_day_is_not_shown_to_others_and_currencies_stand_apart():
    # Given
    platform = {"deed": "payment", "subject_kind": "platform", "currency": "BRL"}
    for window, value_minor in (("day", 9), ("transaction", 5)):
        Limit.objects.create(**platform, window=window, value_minor=value_minor, valid_from=NOON)

    # When
    shown = standings(deed=LimitDeed.PAYMENT, owner_id="pyr_1", business_date=THURSDAY, at=NOON)

    # Then
    assert [(standing.currency, standing.window) for standing in shown] == [
        ("BRL", "transaction"),
        ("CNY", "transaction"),
        ("CNY", "day"),
    ]

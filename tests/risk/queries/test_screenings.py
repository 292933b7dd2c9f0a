"""The judgements of one deed, for those who ask why."""

from datetime import timedelta

import pytest

from risk.actions import screenings
from risk.queries.screenings import counted_screenings, screenings_of
from tests.factories.risk import asked_payment
from tests.instants import NOON

pytestmark = pytest.mark.django_db


def test_shows_the_newest_first_and_whether_it_was_given_back(django_assert_num_queries):
    # Given
    first = screenings.screen_payment(asked_payment(payer_id="pyr_1", payment_id="pay_1"))
    screenings.give_back("pay_1", at=NOON)
    later = NOON + timedelta(minutes=1)
    second = screenings.screen_payment(
        asked_payment(payer_id="pyr_1", payment_id="pay_1", at=later)
    )
    screenings.screen_payment(asked_payment(payer_id="pyr_1", payment_id="pay_2"))

    # When
    with django_assert_num_queries(1):
        found = screenings_of("pay_1")
        released = [hasattr(screening, "release") for screening in found]

    # Then
    assert [screening.pk for screening in found] == [second.screening_id, first.screening_id]
    assert released == [False, True]


def test_counted_are_those_that_used_limits_and_kept_them():
    # Given
    screenings.screen_payment(asked_payment(payer_id="pyr_1", payment_id="pay_1"))
    screenings.give_back("pay_1", at=NOON)
    kept = screenings.screen_payment(asked_payment(payer_id="pyr_1", payment_id="pay_1"))
    screenings.screen_payment(
        asked_payment(payer_id="pyr_1", payment_id="pay_1", amount_minor=100_001)
    )

    # Then
    assert [screening.pk for screening in counted_screenings("pay_1")] == [kept.screening_id]

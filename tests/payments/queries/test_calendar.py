"""Which days are business days, and to which one an instant belongs."""

from datetime import UTC, date, datetime, timedelta

import pytest

from payments.models import BusinessDay
from payments.queries.calendar import HORIZON_DAYS, BusinessDays, business_date_of
from tests.instants import (
    AFTER_MIDNIGHT,
    BEFORE_MIDNIGHT,
    FRIDAY,
    MONDAY,
    NOON,
    SATURDAY,
    THURSDAY,
)


class TestBusinessDate:
    def test_is_the_day_in_the_zone_of_business(self):
        assert business_date_of(NOON) == THURSDAY
        assert business_date_of(BEFORE_MIDNIGHT) == THURSDAY
        assert business_date_of(AFTER_MIDNIGHT) == FRIDAY

    def test_follows_the_setting(self, settings):
        # Given São Paulo, eleven hours behind Shanghai
        settings.BUSINESS_TIME_ZONE = "America/Sao_Paulo"

        # When, Then
        assert business_date_of(AFTER_MIDNIGHT) == THURSDAY

    def test_refuses_an_instant_without_its_zone(self):
        with pytest.raises(ValueError, match="without its time zone"):
            business_date_of(datetime(2026, 3, 5, 4, 0))  # noqa: DTZ001  that is the point

    def test_does_not_mind_in_which_zone_an_instant_is_written(self):
        assert business_date_of(datetime(2026, 3, 5, 16, 0, tzinfo=UTC)) == FRIDAY


@pytest.mark.django_db
class TestBusinessDays:
    def test_without_a_calendar_they_are_monday_to_friday(self):
        # When
        is_business_day = BusinessDays(from_date=THURSDAY)

        # Then
        week = [THURSDAY + timedelta(days=count) for count in range(7)]
        assert [is_business_day(day) for day in week] == [True, True, False, False] + [True] * 3

    def test_the_calendar_decides_where_it_says_something(self):
        # Given a holiday and a working Saturday
        BusinessDay.objects.create(date=FRIDAY, is_business_day=False)
        BusinessDay.objects.create(date=SATURDAY, is_business_day=True)

        # When
        is_business_day = BusinessDays(from_date=THURSDAY)

        # Then
        assert not is_business_day(FRIDAY)
        assert is_business_day(SATURDAY)
        assert is_business_day(MONDAY)

    def test_is_read_once(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            is_business_day = BusinessDays(from_date=THURSDAY)
            [is_business_day(THURSDAY + timedelta(days=count)) for count in range(30)]

    def test_sees_as_far_as_it_was_read(self):
        # Given holidays on the last day it reads and on the next
        last = THURSDAY + timedelta(days=HORIZON_DAYS - 1)
        for day in (last, last + timedelta(days=1)):
            BusinessDay.objects.create(date=day, is_business_day=day.weekday() >= 5)

        # When
        is_business_day = BusinessDays(from_date=THURSDAY)

        # Then
        assert last == date(2026, 4, 13)  # a Monday
        assert not is_business_day(last)
        assert is_business_day(last + timedelta(days=1))

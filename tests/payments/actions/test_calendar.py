"""Filling in the business calendar, which finance then confirms."""

from datetime import date

import pytest

from ledger.models import AuditEntry
from payments.actions.calendar import fill_year
from payments.models import BusinessDay
from tests.instants import NOON
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def fill(year: int = 2026) -> int:
    return fill_year(year, actor="user:1", at=NOON)


def test_proposes_every_day_of_a_year_and_says_so():
    # When
    added = fill()

    # Then
    assert added == BusinessDay.objects.count() == 365
    assert not BusinessDay.objects.filter(is_confirmed=True).exists()
    row = AuditEntry.objects.get()
    assert (row.action, row.subject, row.after) == (
        "calendar.filled",
        "calendar:2026",
        {"days": 365},
    )


def test_knows_the_spring_festival_and_the_days_worked_for_it():
    # When
    fill()

    # Then
    assert not BusinessDay.objects.get(date=date(2026, 2, 17)).is_business_day
    assert BusinessDay.objects.get(date=date(2026, 2, 17)).name == "春节"
    assert BusinessDay.objects.get(date=date(2026, 2, 28)).is_business_day  # a Saturday


def test_a_leap_year_has_its_day():
    assert fill(2028) == 366


def test_leaves_what_finance_wrote():
    # Given
    BusinessDay.objects.create(
        date=date(2026, 1, 5), is_business_day=False, name="Moving house", is_confirmed=True
    )

    # When
    added = fill()

    # Then
    assert added == 364
    kept = BusinessDay.objects.get(date=date(2026, 1, 5))
    assert (kept.is_business_day, kept.name, kept.is_confirmed) == (False, "Moving house", True)


def test_a_second_time_changes_nothing():
    # Given
    fill()

    # When, Then
    with nothing_written():
        assert fill() == 0

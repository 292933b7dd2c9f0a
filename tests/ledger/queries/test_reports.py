"""A range of days comes to the same, whether the days before it are closed or open."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from ledger.actions import periods
from ledger.actions.approvals import Decider
from ledger.queries import account_statements, reports
from ledger.queries.account_statements import Place
from ledger.queries.periods import closed_through
from ledger.queries.reports import DayRange
from tests.ledger.admin.books import FEBRUARY, THIRD, account, small_month

pytestmark = pytest.mark.django_db

RANGES = [
    DayRange(date(2026, 3, first), date(2026, 3, last))
    for first in (1, 2, 3, 4, 5)
    for last in (5, 9)
] + [DayRange(date.min, THIRD), DayRange(FEBRUARY, FEBRUARY)]
PLACES = [None, Place(date(2026, 3, 2), 1), Place(date(2026, 3, 3), 4), Place(THIRD, 3)]


def told() -> list[object]:
    """Return all that reports say of the small month."""
    tea = account("2003", "tea").pk
    return [
        *(reports.trial_balance(days) for days in RANGES),
        *(reports.trial_balance(days, code="1001") for days in RANGES),
        *(account_statements.movement_of(tea, days) for days in RANGES),
        *(
            account_statements.page_of(tea, days, after=place, limit=2)
            for days in RANGES
            for place in PLACES
        ),
    ]


def test_closed_days_are_told_as_open_ones():
    # Given
    small_month()
    when_open = told()

    # When: each day up to the third of March is closed
    for day in (FEBRUARY, date(2026, 2, 28), *(date(2026, 3, number) for number in (1, 2, 3))):
        with transaction.atomic():
            periods.close_day(
                day,
                decider=Decider(actor="user:1", second_factor="totp"),
                at=datetime(2026, 3, 10, tzinfo=UTC),
                reason="over",
            )

    # Then
    assert closed_through() == date(2026, 3, 3)
    assert told() == when_open

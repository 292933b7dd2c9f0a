"""A range of days comes to the same, whether the days before it are closed or open."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from ledger.actions import periods
from ledger.actions.approvals import Decider
from ledger.queries import account_statements, balances, journal_book, reports
from ledger.queries.account_statements import Place
from ledger.queries.journal_book import Wanted
from ledger.queries.periods import closed_through
from ledger.queries.reports import AccountLine, DayRange
from tests.ledger.admin.books import FEBRUARY, THIRD, account, small_month

pytestmark = pytest.mark.django_db

RANGES = [
    DayRange(date(2026, 3, first), date(2026, 3, last))
    for first in (1, 2, 3, 4, 5)
    for last in (5, 9)
] + [DayRange(date.min, THIRD), DayRange(FEBRUARY, FEBRUARY)]
PLACES = [None, Place(date(2026, 3, 2), 1), Place(date(2026, 3, 3), 4), Place(THIRD, 3)]


def curve(account_id: int, days: DayRange) -> list[tuple[date, int]] | None:
    opening = account_statements.movement_of(account_id, days).opening_minor
    return account_statements.closings_by_day(account_id, days, opening_minor=opening)


def closed_through_the_third() -> None:
    """Close each day up to the third of March."""
    for day in (FEBRUARY, date(2026, 2, 28), *(date(2026, 3, number) for number in (1, 2, 3))):
        with transaction.atomic():
            periods.close_day(
                day,
                decider=Decider(actor="user:1", second_factor="totp"),
                at=datetime(2026, 3, 10, tzinfo=UTC),
                reason="over",
            )


def told() -> list[object]:
    """Return all that reports say of the small month."""
    tea = account("2003", "tea").pk
    return [
        *(reports.trial_balance(days) for days in RANGES),
        *(reports.trial_balance(days, codes=["1001"]) for days in RANGES),
        *(account_statements.movement_of(tea, days) for days in RANGES),
        *(curve(tea, days) for days in RANGES),
        *(
            reports.accounts_of(code, "CNY", days, after=after, limit=2)
            for code in ("2003", "1101", "1001")
            for days in RANGES
            for after in ("", "books")
        ),
        *(
            journal_book.sums_of_numbers(Wanted(days, codes=codes, side=side))
            for codes in (("2003",), ("1001", "4001"))
            for side in ("", "D")
            for days in RANGES
        ),
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

    # When
    closed_through_the_third()

    # Then
    assert closed_through() == date(2026, 3, 3)
    assert told() == when_open


@pytest.mark.parametrize("is_closed", [False, True])
def test_accounts_by_page_are_what_their_postings_come_to(is_closed):
    # Given
    small_month()
    if is_closed:
        closed_through_the_third()
    march = DayRange(date(2026, 3, 2), THIRD)

    # When
    first = reports.accounts_of("2003", "CNY", march, limit=1)
    then = reports.accounts_of("2003", "CNY", march, after="books", limit=1)
    none = reports.accounts_of("2003", "CNY", march, after="tea", limit=1)

    # Then: books 98.00; tea 49.00 before, twice 98.00, and 40.00 paid out
    books, tea = account("2003", "books").pk, account("2003", "tea").pk
    assert first == [AccountLine(0, 0, 9_800, books, "books", "2003", "CNY")]
    assert then == [AccountLine(-4_900, 4_000, 19_600, tea, "tea", "2003", "CNY")]
    assert none == []
    assert list(reports.stream_accounts_of("2003", "CNY", march)) == first + then


def test_an_account_that_neither_stood_nor_moved_is_left_out():
    small_month()
    before_books = DayRange(date(2026, 2, 1), date(2026, 3, 1))

    lines = reports.accounts_of("2003", "CNY", before_books, limit=5)

    assert [line.owner_id for line in lines] == ["tea"]


@pytest.mark.parametrize("is_closed", [False, True])
@pytest.mark.parametrize("days", RANGES)
def test_the_sums_of_numbers_are_those_of_their_postings(days, is_closed):
    small_month()
    if is_closed:
        closed_through_the_third()

    for codes in (("1001",), ("2003", "4001"), ("1001", "2003", "1101")):
        for side in ("", "D", "C"):
            for currency in ("", "CNY", "USD"):
                wanted = Wanted(days, codes=codes, side=side, currency=currency)
                assert journal_book.sums_of_numbers(wanted) == journal_book.sums(wanted)


@pytest.mark.parametrize("is_closed", [False, True])
def test_the_end_of_a_day_is_the_same_from_now_backwards(is_closed, monkeypatch):
    # Given
    small_month()
    if is_closed:
        closed_through_the_third()
    days = [date.min, FEBRUARY, *(date(2026, 3, number) for number in range(1, 7))]

    # When
    ways = []
    for is_nearer in (False, True):
        monkeypatch.setattr(balances, "_is_nearer_to_now", lambda _day, told=is_nearer: told)
        ways.append(
            [
                (balances.trial_balance_on(day), balances.accounts_on(day, code="2003"))
                for day in days
            ]
        )

    # Then
    forwards, backwards = ways
    assert forwards == backwards
    assert [line.balance_minor for line in forwards[-1][1]] == [9_800, 20_500]


def test_a_curve_of_too_many_open_postings_is_not_made(monkeypatch):
    # Given: tea has five postings, of which one is dated on the fourth
    small_month()
    tea = account("2003", "tea").pk
    march = DayRange(date(2026, 3, 1), date(2026, 3, 9))
    monkeypatch.setattr(account_statements, "OPEN_POSTINGS_MAX", 3)

    # Then
    assert curve(tea, march) is None

    # When
    closed_through_the_third()

    # Then
    assert curve(tea, march) == [
        (date(2026, 3, 2), -14_700),
        (date(2026, 3, 3), -24_500),
        (THIRD, -20_500),
    ]

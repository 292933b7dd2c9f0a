"""What PostgreSQL refuses to everyone once a day is closed, and how periods may change at all."""

from datetime import date

import pytest
from django.db import connection, transaction

from ledger.errors import PeriodClosedError, PeriodNotOverError
from ledger.models import DailyBalance, JournalEntry, Period, PeriodEvent
from ledger.states import PERIOD
from tests.factories.books import booked, closed, reopened
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.rig.attacks import check_laws, either_role, every_way, refused, run_sql  # noqa: F401
from tests.rig.rows import nothing_written

WEDNESDAY = date(2026, 3, 4)


def entry(day: date) -> JournalEntry:
    """Describe an entry that is not written yet."""
    return JournalEntry(source="late", kind="payment", effective_date=day, booked_at=NOON)


@every_way
@pytest.mark.parametrize("day", [WEDNESDAY, THURSDAY])
def test_a_closed_day_and_all_before_it_take_no_entry(either_role, write, day):  # noqa: F811
    # Given
    booked("pay:1", THURSDAY)
    closed(THURSDAY)

    # When, Then
    with nothing_written(), refused("books are closed through 2026-03-05"):
        write([entry(day)])


@every_way
def test_the_next_day_takes_entries(either_role, write):  # noqa: F811
    # Given
    booked("pay:1", THURSDAY)
    closed(THURSDAY)

    # When
    write([entry(FRIDAY)])

    # Then
    assert JournalEntry.objects.filter(source="late", effective_date=FRIDAY).exists()


@pytest.mark.django_db
def test_the_journal_says_it_in_words_of_the_house():
    booked("pay:1", THURSDAY)
    closed(THURSDAY)

    with pytest.raises(PeriodClosedError, match="pay:2"):
        booked("pay:2", THURSDAY)


def test_an_older_snapshot_does_not_close(transactional_db):
    run_sql("SET default_transaction_isolation = 'repeatable read'")
    try:
        booked_in_its_own_way = (
            "SELECT ledger_close_period('per_1', 'day', '2026-03-05', 'u', now(), 'x', NULL)"
        )
        with refused("closed in READ COMMITTED"):
            run_sql(booked_in_its_own_way)
    finally:
        connection.close()


ATTACKS = [
    "UPDATE ledger_period SET state = 'open'",
    "UPDATE ledger_period SET version = 9",
    "UPDATE ledger_period SET starts_on = starts_on - 1, ends_on = ends_on - 1",
    "DELETE FROM ledger_period",
    "TRUNCATE ledger_period CASCADE",
    "UPDATE ledger_periodevent SET totals = '[]'",
    "DELETE FROM ledger_periodevent",
    "TRUNCATE ledger_periodevent",
    "UPDATE ledger_closedthrough SET day = NULL",
    "UPDATE ledger_closedthrough SET day = day - 1",
    "DELETE FROM ledger_closedthrough",
    "TRUNCATE ledger_closedthrough",
    "INSERT INTO ledger_closedthrough VALUES (2, NULL)",
    "UPDATE ledger_dailybalance SET debits_minor = debits_minor + 1",
    "DELETE FROM ledger_dailybalance",
    "TRUNCATE ledger_dailybalance",
    """INSERT INTO ledger_dailybalance
         (account_id, effective_date, debits_minor, credits_minor, contained_seq)
       SELECT account_id, '2026-03-04', debits_minor, credits_minor, 0 FROM ledger_dailybalance""",
    """INSERT INTO ledger_period (id, kind, starts_on, ends_on, state, closed_by, version)
       VALUES ('per_x', 'day', '2026-03-06', '2026-03-06', 'open', '', 0)""",
    """INSERT INTO ledger_periodevent (period_id, deed, version, actor, at, reason, totals)
       SELECT id, 'reopened', 2, 'user:1', now(), 'x', '[]' FROM ledger_period""",
    "SELECT ledger_reopen_periods('2026-03-05', 'user:1', now(), 'x', NULL)",
    "SELECT ledger_close_period('per_x', 'day', '2026-03-07', 'user:1', now(), 'x', NULL)",
    "SELECT ledger_close_period('per_x', 'day', '2026-03-05', 'user:1', now(), 'x', NULL)",
    "SELECT ledger_close_period('per_x', 'month', '2026-03-01', 'user:1', now(), 'x', NULL)",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_periods_change_by_closing_and_reopening_only(either_role, attack):  # noqa: F811
    # Given
    booked("pay:1", THURSDAY)
    closed(THURSDAY)

    # When, Then
    with nothing_written(), refused(".+"):
        run_sql(attack)
        check_laws()


def test_nobody_reopens_by_the_agreement_of_an_earlier_time(either_role):  # noqa: F811
    # Given a day that was closed, reopened by two people, and closed again
    booked("pay:1", THURSDAY)
    closed(THURSDAY)
    reopened(THURSDAY)
    closed(THURSDAY)
    request = PeriodEvent.objects.get(deed="reopened").approval_id

    # When, Then
    with refused("has not been agreed to"):
        run_sql("SELECT ledger_reopen_periods('2026-03-05', 'user:1', now(), 'x', %s)", request)


def test_the_table_of_moves_is_the_triggers(db):
    (definition,) = run_sql(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'ledger_period_moves'"
    )[0]

    assert PERIOD.as_trigger_argument() in definition


def test_the_application_reads_and_calls_and_writes_nothing(db):
    tables = [model._meta.db_table for model in (Period, PeriodEvent, DailyBalance)] + [
        "ledger_closedthrough",
        "ledger_controltotal",
    ]

    for table in tables:
        rights = run_sql(
            "SELECT has_table_privilege(%s, 'SELECT'), has_table_privilege(%s, 'INSERT'),"
            " has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'DELETE')",
            *[table] * 4,
        )[0]
        assert rights == (True, False, False, False), table


NOT_OVER = "((clock_timestamp() + interval '14 hours') AT TIME ZONE 'UTC')::date"
"""The day that has just begun where days begin first."""


@pytest.mark.parametrize("days_later", [0, 1, 40])
def test_a_day_that_is_not_over_is_not_closed(either_role, days_later):  # noqa: F811
    # Given books that were never closed, and a caller who says that it is late
    call = (
        f"SELECT ledger_close_period('per_x', 'day', {NOT_OVER} + {days_later}, 'user:1',"
        " '2999-01-01', 'x', NULL)"
    )

    # When, Then
    with nothing_written(), refused("is not over yet"):
        run_sql(call)


def test_the_day_before_is_closed(either_role):  # noqa: F811
    run_sql(
        f"SELECT ledger_close_period('per_x', 'day', {NOT_OVER} - 1, 'user:1', now(), 'x', NULL)"
    )

    assert Period.objects.get().state == "closed"


@pytest.mark.django_db
def test_a_clock_that_is_wrong_does_not_close_the_future():
    day = date(2999, 1, 4)
    booked("pay:1", day)

    with (
        nothing_written(),
        pytest.raises(PeriodNotOverError, match="2999-01-04"),
        transaction.atomic(),
    ):
        closed(day)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "function",
    [
        "ledger_close_period(text, text, date, text, timestamptz, text, bigint)",
        "ledger_reopen_periods(date, text, timestamptz, text, text)",
    ],
)
def test_periods_change_by_the_application_only(function):
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('public', %s, 'execute')", [function])
        assert cursor.fetchone() == (False,)

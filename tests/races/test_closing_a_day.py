"""A day is closed while entries of it are written: each is in its totals, or refused."""

import pytest
from django.db import OperationalError, connection, transaction

from ledger.errors import PeriodBusyError, PeriodClosedError
from ledger.models import JournalEntry, PeriodEvent
from ledger.queries.integrity import verify_laws
from ledger.queries.laws_of_periods import LAWS_OF_PERIODS
from tests.factories.books import booked, closed
from tests.instants import FRIDAY, THURSDAY
from tests.rig.attacks import run_sql
from tests.rig.races import at_once, meanwhile, wait_until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)


def close(day=THURSDAY):
    """Close a day in a transaction of its own."""
    with transaction.atomic():
        return closed(day)


def book(source: str, day=THURSDAY, *, owner_id: str = "mer_b"):
    """Book an entry in a transaction of its own."""
    with transaction.atomic():
        return booked(source, day, owner_id=owner_id)


def entries_closed() -> int:
    """Return how many entries the newest closing counted."""
    return PeriodEvent.objects.latest("id").totals[0]["entries"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_closing_waits_for_who_is_writing(is_first):
    # Given an entry that is being written
    book("pay:1")
    if not is_first:
        close()
    day = THURSDAY if is_first else FRIDAY
    with transaction.atomic():
        booked("pay:2", day)

        # When the day is closed at the same moment
        closing = meanwhile(lambda: close(day))
        wait_until_somebody_waits()

        # Then the writer goes on, and another one comes too late
        booked("pay:3", day)
        late = meanwhile(lambda: book("late", day))
    assert closing.result(timeout=10).state == "closed"
    with pytest.raises(PeriodClosedError):
        late.result(timeout=10)
    assert entries_closed() == (3 if is_first else 2)
    assert verify_laws(LAWS_OF_PERIODS).violations == []


def test_the_first_closing_waits_for_entries_of_earlier_days():
    # Given an entry of Thursday that is being written, and nobody sees it
    book("pay:1", FRIDAY)
    with transaction.atomic():
        booked("pay:0", THURSDAY)
        closing = meanwhile(lambda: close(FRIDAY))
        wait_until_somebody_waits()

    # Then the closing sees that Friday is not the first day
    with pytest.raises(Exception, match="closed in order"):
        closing.result(timeout=10)


def test_other_days_are_written_while_one_is_closed():
    # Given a closed Thursday, and a closing of Friday that waits for a writer of Friday
    book("pay:1", THURSDAY)
    close(THURSDAY)
    with transaction.atomic():
        booked("pay:2", FRIDAY)
        closing = meanwhile(lambda: close(FRIDAY))
        wait_until_somebody_waits()

        # When, Then: who writes of another day does not wait
        done = meanwhile(lambda: book("pay:3", FRIDAY.replace(day=9))).result(timeout=5)
        assert done
    closing.result(timeout=10)


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_snapshot_from_before_the_closing_writes_nothing_after_it(level):
    # Given a transaction that sees the books as they were before the closing
    book("pay:1")

    def late() -> None:
        with transaction.atomic():
            run_sql(f"SET TRANSACTION ISOLATION LEVEL {level.upper()}")
            assert JournalEntry.objects.count() == 1
            meanwhile(close).result(timeout=10)
            booked("late", THURSDAY)

    # When, Then
    with pytest.raises(OperationalError, match="could not serialize"):
        late()
    assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_a_snapshot_from_after_the_closing_is_refused_in_words(level):
    book("pay:1")
    close()

    def late() -> None:
        with transaction.atomic():
            run_sql(f"SET TRANSACTION ISOLATION LEVEL {level.upper()}")
            booked("late", THURSDAY)

    with pytest.raises(PeriodClosedError):
        late()

    with transaction.atomic():
        run_sql(f"SET TRANSACTION ISOLATION LEVEL {level.upper()}")
        booked("next", FRIDAY)
    assert JournalEntry.objects.filter(source="next").exists()


def test_a_writer_who_does_not_end_does_not_hold_up_the_day_for_ever():
    # Given somebody who writes, and goes for tea
    book("pay:1")
    with transaction.atomic():
        booked("pay:2", THURSDAY)

        # When, Then: the closing gives up, and says so
        closing = meanwhile(close)
        with pytest.raises(PeriodBusyError):
            closing.result(timeout=20)

    close()
    assert entries_closed() == 2


def test_many_writers_and_one_closing():
    # Given
    book("pay:0")

    # When forty entries are written by eight people while the day is closed
    def write(person: int) -> int:
        done = 0
        for number in range(5):
            try:
                book(f"pay:{person}:{number}", owner_id=f"mer_{person}")
            except PeriodClosedError:
                continue
            done += 1
        return done

    results = at_once(close, *(lambda person=person: write(person) for person in range(1, 9)))

    # Then every entry is in the totals, or was refused
    assert [result for result in results if isinstance(result, Exception)] == []
    assert entries_closed() == JournalEntry.objects.count() == 1 + sum(results[1:])
    assert verify_laws(LAWS_OF_PERIODS).violations == []
    connection.close()

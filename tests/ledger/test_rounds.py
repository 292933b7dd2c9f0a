"""A round does all its deeds, whatever becomes of one of them, and tells what failed."""

import pytest
from django.db import connection

from ledger.rounds import each

pytestmark = pytest.mark.django_db(transaction=True)


def fails(words: str):
    def deed() -> int:
        raise ValueError(words)

    return deed


def test_counts_what_was_done():
    assert each([lambda: True, lambda: False, lambda: 3]) == 4
    assert each([]) == 0


def test_who_fails_starves_nobody_and_is_told_of():
    # Given
    done = []

    # When
    with pytest.raises(ExceptionGroup) as told:
        each([fails("first"), lambda: done.append("second") or 1, fails("third")])

    # Then
    assert done == ["second"]
    assert [str(failure) for failure in told.value.exceptions] == ["first", "third"]


def test_without_a_database_there_is_no_point_in_going_on():
    # Given
    done = []

    def loses_the_database() -> int:
        connection.ensure_connection()
        connection.connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return 1

    # When
    with pytest.raises(ExceptionGroup) as told:
        each([loses_the_database, lambda: done.append("second") or 1])

    # Then
    assert len(told.value.exceptions) == 1
    assert done == []
    connection.close()

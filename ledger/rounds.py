"""Rounds: many deeds, one after another, of which one that fails must not starve the others."""

from collections.abc import Callable, Iterable

from django.db import connection


def each(deeds: Iterable[Callable[[], int]]) -> int:
    """Do all of them, each its own transaction; return the sum of what they return.

    One that raised is left behind and the round goes on. Only without a database there is no
    point in going on: the round ends at once.

    Raises ExceptionGroup of all that was raised, once the others have had their turn: whoever
    called it is told, and the job of a round is listed when it fails for good.
    """
    done = 0
    failures = []
    for deed in deeds:
        try:
            done += deed()
        except Exception as failure:  # noqa: BLE001  raised below, with the others
            failures.append(failure)
            if connection.connection is not None and not connection.is_usable():
                break
    if failures:
        raise ExceptionGroup("deeds of a round failed", failures)
    return done

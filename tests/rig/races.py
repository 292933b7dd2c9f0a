"""Doing things at the same moment, each on a database connection of its own."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection, connections


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Let all deeds start together; return what each returned, or the exception it raised."""
    start = threading.Barrier(len(deeds), timeout=10)

    def one(deed: Callable[[], object]) -> object:
        start.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        running = [pool.submit(_closing, one, deed) for deed in deeds]
        return [future.exception() or future.result() for future in running]


def meanwhile(deed: Callable[[], object]) -> Future[object]:
    """Start a deed beside the test, which goes on; the future gives its result."""
    pool = ThreadPoolExecutor(1)
    running = pool.submit(_closing, deed)
    pool.shutdown(wait=False)
    return running


def wait_until_somebody_waits() -> None:
    """Return as soon as some connection to this database waits for a lock that another holds."""
    deadline = time.monotonic() + 10
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees it once else
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
            assert time.monotonic() < deadline, "nobody waits for anything"
            time.sleep(0.01)


def _closing(deed: Callable[..., object], *arguments: object) -> object:
    try:
        return deed(*arguments)
    finally:
        connections.close_all()

"""Connections that do things at once, and stay open from one call to the next."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connections

CROWD = 4
"""Connections that book at once."""

_threads: list[ThreadPoolExecutor] = []


def at_once(deeds: Sequence[Callable[[], object]]) -> list[object]:
    """Do all deeds together, on connections that stay open from one call to the next."""
    start = threading.Barrier(len(deeds), timeout=30)

    def one(deed):
        start.wait()
        return deed()

    running = [_threads[place].submit(one, deed) for place, deed in enumerate(deeds)]
    return [future.result() for future in running]


@pytest.fixture
def crowd() -> Iterator[None]:
    """Keep threads with a connection each for the length of a test."""
    with at_hand():
        yield


@contextmanager
def at_hand() -> Iterator[None]:
    _threads.extend(ThreadPoolExecutor(1) for _ in range(CROWD))
    try:
        yield
    finally:
        for thread in _threads:
            thread.submit(connections.close_all).result()
            thread.shutdown()
        _threads.clear()

"""What the proofs about crashes stand on: a deed in a process of its own begins clean."""

import asyncio
import signal

import pytest
from django.db import connection, transaction

from ledger.fault_points import REGISTRY
from tests.crashes.survival import killed_at


@pytest.fixture
def loop():
    """Keep a loop on this thread, as a browser that an earlier test opened does."""
    loop = asyncio.new_event_loop()
    yield loop
    asyncio._set_running_loop(None)
    loop.close()


def deed() -> None:
    """Do what doors do: nothing may be open around it."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db(transaction=True)
def test_a_forked_deed_has_a_connection_of_its_own(loop):
    with transaction.atomic():
        asyncio._set_running_loop(loop)
        ended = killed_at("job.started", deed)
        asyncio._set_running_loop(None)

        assert ended == 0


@pytest.mark.django_db(transaction=True)
def test_a_forked_deed_that_raised_says_so(capfd):
    ended = killed_at("job.started", lambda: 1 // 0)

    assert ended == 1
    assert "ZeroDivisionError" in capfd.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_a_forked_deed_dies_where_it_was_told():
    assert killed_at("job.started", REGISTRY["job.started"]) == -signal.SIGKILL

"""The processes of a rehearsal: started, watched and stopped together."""

import os
import socket
import time

import httpx
import pytest
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from psycopg.conninfo import make_conninfo

from ledger import jobs
from settlements.rehearsal.clocks import Clocks
from settlements.rehearsal.other_side import OtherSide
from settlements.rehearsal.processes import Stage, free_ports, is_free
from tests.instants import NEXT_NOON, NOON


@pytest.fixture
def stage(transactional_db, tmp_path, monkeypatch):
    """Prepare a stage on the test's own database, as a developer's machine would have it."""
    name = connection.settings_dict["NAME"]
    for variable, value in {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATABASE_URL": make_conninfo(settings.DATABASE_APPLICATION_URL, dbname=name),
        "DATABASE_OWNER_URL": make_conninfo(settings.DATABASE_OWNER_URL, dbname=name),
        "SECRET_KEY": settings.SECRET_KEY,
        "ENCRYPTION_KEYS": "test1:" + "A" * 43 + "=",
        "PAYMENT_PASSWORD_PEPPERS": "test1:" + "B" * 43 + "=",
        "SEAL_KEYS": "test1:" + "C" * 43 + "=",
        "SEAL_HEADS_FILE": str(tmp_path / "heads.jsonl"),
    }.items():
        monkeypatch.setenv(variable, value)
    web_port, simulator_port = free_ports(2)
    return Stage(
        directory=tmp_path / "stage",
        web_port=web_port,
        simulator_port=simulator_port,
        clock_file=tmp_path / "stage" / "clock",
    )


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_starts_all_on_one_clock_watches_them_and_stops_them(stage):
    # Given
    other_side = OtherSide(stage.simulator_url)
    clocks = Clocks(file=stage.clock_file, other_side=other_side)
    clocks.prepare(NOON)

    # When
    with stage, other_side:
        # Then
        pids = [process.pid for process in stage.processes.values()]
        clocks.start(NOON)
        clocks.move(NEXT_NOON)
        clocks.move(NOON)
        assert httpx.get(f"{stage.web_url}/livez", trust_env=False).status_code == 200
        assert other_side.client.get("/control/clock").json()["now"] == "2026-03-06T04:00:00.000Z"
        assert stage.clock_file.read_text() == NEXT_NOON.isoformat()
        assert_worker_works(stage)

        # When
        stage.processes["simulator"].kill()
        stage.processes["simulator"].wait()

        # Then
        with pytest.raises(CommandError, match="simulator ended unexpectedly"):
            stage.require_alive()
    assert not any(is_alive(pid) for pid in pids)
    assert is_free(stage.web_port)
    assert is_free(stage.simulator_port)


def assert_worker_works(stage):
    """Have the worker do a job; it forgets what it did."""
    jobs.defer("payments.janitor", at=NOON)
    deadline = time.monotonic() + 30
    while ProcrastinateJob.objects.filter(task_name="payments.janitor", args__at=NOON.isoformat()):
        stage.require_alive()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("which", ["web_port", "simulator_port"])
def test_a_port_that_is_taken_is_refused_and_nothing_started(stage, which):
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(stage, which)))
        other.listen()

        with pytest.raises(CommandError, match=r"is taken\. Nothing was started"), stage:
            pass

    assert stage.processes == {}
    assert not stage.directory.exists()


def test_one_that_cannot_start_ends_the_others_and_its_last_words_are_shown(stage, monkeypatch):
    # Given
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.nowhere")

    # When
    with pytest.raises(CommandError, match=r"(?s)ended unexpectedly.*settings\.nowhere"), stage:
        pass

    # Then
    assert stage.processes == {}
    assert is_free(stage.simulator_port)


def test_free_ports_are_all_different():
    ports = free_ports(5)

    assert len(set(ports)) == 5
    assert all(is_free(port) for port in ports)

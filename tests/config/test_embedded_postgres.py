"""The server that comes along: kept while one process needs it, stopped by the last."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import embedded_postgres, env

# Starts the server, says how to reach it, and stays until its standard input ends.
HOLDER = """
import sys
from pathlib import Path
from config import embedded_postgres
server = embedded_postgres.ensure_running(Path(sys.argv[1]))
print(server.owner_url, server.application_url, flush=True)
sys.stdin.read()
"""


class Holder:
    """A process that holds the server, as web, worker or command would."""

    def __init__(self, var: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(var)],
            cwd=env.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def urls(self) -> list[str]:
        """Wait until the server runs; return the owner's URL and the application's."""
        return self.process.stdout.readline().split()

    def leave(self) -> None:
        """End as a process ends."""
        self.process.communicate(timeout=30)
        assert self.process.returncode == 0

    def die(self) -> None:
        """End as a process ends that is killed."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def var() -> Iterator[Path]:
    # Not pytest's own folder: run by root, the server needs a path that others may pass through.
    with tempfile.TemporaryDirectory(prefix="tianping-") as folder:
        yield Path(folder) / "var"


def is_running(var: Path) -> bool:
    """Say whether the server's first process is alive."""
    try:
        pid = int((var / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def test_two_that_start_at_once_share_one_server_with_both_roles(var):
    # When
    first, second = Holder(var), Holder(var)
    urls = first.urls()
    assert second.urls() == urls

    # Then
    owner_url, application_url = urls
    with psycopg.connect(owner_url) as owner, psycopg.connect(application_url) as application:
        assert owner.execute("SELECT current_user, current_database()").fetchone() == (
            "tianping_owner",
            "tianping",
        )
        assert application.execute("SELECT current_user").fetchone() == ("tianping_app",)
        for name, value in embedded_postgres.APPLICATION_TIMEOUTS.items():
            assert application.execute(f"SHOW {name}").fetchone() == (value,)
        for name, value in embedded_postgres.SERVER_SETTINGS.items():
            assert owner.execute(f"SHOW {name}").fetchone() == (value,)
        assert owner.info.server_version // 10_000 == 18
        assert owner.execute("SHOW listen_addresses").fetchone() == ("",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("CREATE TABLE mine (id int)")

    first.leave()
    assert is_running(var)
    second.leave()
    assert not is_running(var)


def test_outlives_a_holder_that_is_killed_and_stops_with_the_last(var):
    # Given
    killed, remaining = Holder(var), Holder(var)
    url = killed.urls()[0]
    remaining.urls()

    # When
    killed.die()

    # Then
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    remaining.leave()
    assert not is_running(var)


def test_what_a_killed_last_holder_left_running_is_used_and_stopped_by_the_next(var):
    # Given
    killed = Holder(var)
    killed.urls()
    killed.die()
    assert is_running(var)

    # When
    following = Holder(var)
    url = following.urls()[0]

    # Then
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    following.leave()
    assert not is_running(var)


def test_is_stopped_by_a_worker_that_leaves_without_exit_functions(var):
    # Given
    worker = multiprocessing.get_context("spawn").Process(
        target=embedded_postgres.ensure_running, args=(var,)
    )

    # When
    worker.start()
    worker.join(timeout=30)

    # Then
    assert worker.exitcode == 0
    assert (var / "postgres" / embedded_postgres.PREPARED_MARK).exists()
    assert not is_running(var)

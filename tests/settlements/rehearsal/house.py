"""A deployment of a test's own: whole processes, on a database that nobody else uses."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config import env
from settlements.rehearsal.processes import free_ports, is_free
from tests.rig import database

PORT_MAX = 65_535


@dataclass(frozen=True)
class House:
    """A database that is migrated and otherwise empty, and the variables that name it."""

    name: str
    variables: Mapping[str, str] = field(repr=False)

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run manage.py as an operator would, to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env={**self.variables, **variables},
            cwd=env.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start manage.py and do not wait."""
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            env={**self.variables, **variables},
            cwd=env.BASE_DIR,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database as its owner."""
        with psycopg.connect(self.variables["DATABASE_OWNER_URL"], autocommit=True) as owner:
            return owner.execute(query).fetchall()

    def row_counts(self) -> dict[str, int]:
        """Count the rows of every table but the queue's own."""
        tables = self.ask(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " 'public'::regnamespace AND relname NOT LIKE 'procrastinate%' ORDER BY relname"
        )
        counts = " UNION ALL ".join(
            f"SELECT '{name}', count(*) FROM {name}"  # noqa: S608  our own tables
            for (name,) in tables
        )
        return dict(self.ask(counts))


def build_house(name: str) -> House:
    """Copy the test database, empty as it is between two tests; migrate one if it is in use."""
    house = House(
        name=name,
        variables={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": make_conninfo(settings.DATABASE_APPLICATION_URL, dbname=name),
            "DATABASE_OWNER_URL": make_conninfo(settings.DATABASE_OWNER_URL, dbname=name),
            "SECRET_KEY": "only-for-tests-" + "0" * 50,
            "ENCRYPTION_KEYS": "test1:" + "A" * 43 + "=",
            "PAYMENT_PASSWORD_PEPPERS": "test1:" + "B" * 43 + "=",
            "SEAL_KEYS": "test1:" + "C" * 43 + "=",
            "SEAL_HEADS_FILE": f"{tempfile.mkdtemp(prefix='tianping-seals-')}/heads.jsonl",
            "LOG_LEVEL": "WARNING",
        },
    )
    connection.close()
    database.close_owner_connection()
    try:
        _as_owner(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(connection.settings_dict["NAME"])
            )
        )
    except psycopg.errors.ObjectInUse:
        _as_owner(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        migration = house.manage("migrate", "--verbosity", "0")
        assert migration.returncode == 0, migration.stderr
    return house


def pull_down(house: House) -> None:
    """Drop the house's database, whoever is still in it."""
    database.drop_database(house.name)


def port_with_neighbour() -> int:
    """Return a port that is free, as the next one is: a demo takes both."""
    while True:
        (port,) = free_ports(1)
        if port < PORT_MAX and is_free(port + 1):
            return port


def wait_until_free(ports: list[int], *, seconds: int = 20) -> bool:
    """Tell whether nobody listens on any of the ports before the time is over."""
    deadline = time.monotonic() + seconds
    while not all(is_free(port) for port in ports):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _as_owner(statement: sql.Composed) -> None:
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute(statement)

"""Scratch databases on the server that the settings name, and crowds that work in them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.rig.database import drop_database

PRODUCT_SETTINGS = "config.settings.local"
HORDAK_SETTINGS = "tests.benchmarks.contestants.hordak_settings"


@dataclass(frozen=True)
class Scratch:
    """One scratch database, and how the two roles connect to it."""

    name: str
    owner_url: str
    application_url: str

    def environment(self, *, settings_module: str = PRODUCT_SETTINGS) -> dict[str, str]:
        """Return the environment of a program that works in this database, and in no other."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings_module,
            "DATABASE_URL": self.application_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "DATABASE_POOL_MAX": "1",
        }

    def as_its_owner(self) -> "Scratch":
        """Return the same database for a contestant who knows one role only."""
        return replace(self, application_url=self.owner_url)

    def run_sql(self, statement: str) -> None:
        """Run one statement as the owner."""
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            owner.execute(statement.encode())


@contextmanager
def scratch_database(name: str, *, template: Scratch | None = None) -> Iterator[Scratch]:
    """Make a database for the length of a block, empty or as `template` is."""
    full_name = f"bench_{os.getpid()}_{name}"
    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(full_name))
    if template:
        create += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template.name))
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        owner.execute(create)
        try:
            yield Scratch(
                name=full_name,
                owner_url=make_conninfo(settings.DATABASE_OWNER_URL, dbname=full_name),
                application_url=make_conninfo(settings.DATABASE_APPLICATION_URL, dbname=full_name),
            )
        finally:
            drop_database(full_name)


def migrate(scratch: Scratch, *, settings_module: str = PRODUCT_SETTINGS) -> None:
    """Make the tables of a settings module, as the owner."""
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env=scratch.environment(settings_module=settings_module),
        check=True,
    )


@dataclass(frozen=True)
class Burst:
    """What a crowd did: how many deeds in how many seconds, and how long each took."""

    seconds: float
    took: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Return deeds per second, of all connections together."""
        return len(self.took) / self.seconds

    def percentile(self, percent: int) -> float:
        """Return the seconds within which so many percent of the deeds were done."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


@dataclass(frozen=True)
class Crowd:
    """Up to so many connections of one contestant, waiting for orders."""

    process: subprocess.Popen[str]

    def work(self, *, connections: int, seconds: float) -> Burst:
        """Let some of the connections do their deed again and again for so long."""
        answer = self._ask({"connections": connections, "seconds": seconds})
        return Burst(answer["seconds"], tuple(took for one in answer["took"] for took in one))

    def _ask(self, order: dict) -> dict:
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("A contestant gave up; its own words stand above.")
        return json.loads(line)


@contextmanager
def crowd(
    contestant: str,
    scratch: Scratch,
    *,
    connections: int,
    settings_module: str = PRODUCT_SETTINGS,
) -> Iterator[Crowd]:
    """Set up a contestant with so many connections for the length of a block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.crowd", contestant, str(connections)],
        cwd=settings.BASE_DIR,
        env=scratch.environment(settings_module=settings_module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    made = Crowd(process)
    try:
        made._answer()
        yield made
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        finally:
            process.kill()
            process.wait()


def prepare(contestant: str, scratch: Scratch, *, settings_module: str = PRODUCT_SETTINGS) -> None:
    """Let a contestant make what it needs, once, in a process of its own."""
    program = (
        "import django, importlib; django.setup();"
        f"importlib.import_module('tests.benchmarks.contestants.{contestant}').prepare()"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=scratch.environment(settings_module=settings_module),
        check=True,
    )

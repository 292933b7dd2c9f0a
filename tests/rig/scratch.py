"""A copy of the test database to break laws in: what is dropped there is missed nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.rig import database
from tests.rig.attacks import run_sql

SUFFIX = "_scratch"


def copy_database() -> None:
    """Copy the test database, which nobody but the owner may be connected to, as it is now."""
    original = str(connection.settings_dict["NAME"])
    drop_copy()
    connection.close()
    words = {
        "copy": sql.Identifier(original + SUFFIX),
        "original": sql.Identifier(original),
    }
    with database_named("postgres"):
        _run(sql.SQL("CREATE DATABASE {copy} TEMPLATE {original}").format(**words))


def drop_copy() -> None:
    """Drop the copy, if there is one."""
    copy = sql.Identifier(str(connection.settings_dict["NAME"]) + SUFFIX)
    with database_named("postgres"):
        _run(sql.SQL("DROP DATABASE IF EXISTS {copy}").format(copy=copy))


@pytest.fixture
def scratch(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Work in the copy as the owner of the tables, in a transaction that nobody commits."""
    uncommitted = transaction.atomic()
    # As in Django's TestCase: actions that must be outermost count this one as none.
    uncommitted._from_testcase = True
    with (
        django_db_blocker.unblock(),
        database.as_owner(),
        database_named(str(connection.settings_dict["NAME"]) + SUFFIX),
        uncommitted,
    ):
        yield
        transaction.set_rollback(True)


@contextmanager
def database_named(name: str) -> Iterator[None]:
    """Let Django's default connection be to another database for the length of a block."""
    kept = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = kept


def drop_law(table: str, name: str) -> None:
    """Drop a trigger, a constraint or a unique index, and what hangs on it."""
    kind = {
        "trigger": "SELECT 1 FROM pg_trigger WHERE tgname = %s AND NOT tgisinternal",
        "constraint": "SELECT 1 FROM pg_constraint WHERE conname = %s",
        "index": "SELECT 1 FROM pg_indexes WHERE indexname = %s",
    }
    # A constraint trigger is in both catalogues, and is dropped as a trigger.
    found = next((word for word, query in kind.items() if run_sql(query, name)), None)
    statements = {
        "trigger": f'DROP TRIGGER "{name}" ON {table}',
        "constraint": f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE',
        "index": f'DROP INDEX "{name}"',
    }
    assert found is not None, f"there is no law {name}"
    run_sql(statements[found])


def _run(statement: sql.Composed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

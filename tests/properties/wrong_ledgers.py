"""Copies of the database that lack one law of the books."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import sql

from tests.properties.ledger_model import (
    OVERDRAWN,
    TWICE,
)
from tests.rig.attacks import run_sql
from tests.rig.database import as_owner, close_owner_connection, drop_database
from tests.rig.scratch import database_named

WRONG = {
    "that forgets the floor": (
        "ALTER TABLE ledger_accountbalance DROP CONSTRAINT ledger_balance_floor",
        OVERDRAWN,
    ),
    "that books an event twice": (
        "DROP INDEX ledger_entry_source",
        TWICE,
    ),
}
"""Mistakes: the law that is missing, and what the model would have said instead of "booked"."""


@contextmanager
def copy_without(statement: str) -> Iterator[None]:
    original = str(connection.settings_dict["NAME"])
    names = {"copy": sql.Identifier(f"{original}_wrong"), "original": sql.Identifier(original)}
    close_owner_connection()
    with as_owner(), database_named("postgres"), connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {copy}").format(**names))
        cursor.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {original}").format(**names))
    try:
        with database_named(f"{original}_wrong"):
            with as_owner():
                run_sql(statement)
            yield
    finally:
        drop_database(f"{original}_wrong")

"""Writing past the actions, as the application role or as the owner of the tables."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, models, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.rig.database import as_owner


@pytest.fixture(params=["application", "owner"])
def either_role(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """Run the test twice, once in each role, in a transaction that nobody commits.

    What the test leaves there may break the deferred laws: `check_laws` makes them speak.
    """
    role = as_owner() if request.param == "owner" else nullcontext()
    with django_db_blocker.unblock(), role, transaction.atomic():
        yield str(request.param)
        transaction.set_rollback(True)


def check_laws() -> None:
    """Have every deferred law checked now, before the transaction ends."""
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    run_sql("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def refused(match: str) -> Iterator[None]:
    """Expect that the database refuses a block, for a reason that says `match`."""
    with pytest.raises((DatabaseError, psycopg.Error), match=match), transaction.atomic():
        yield


def run_sql(statement: str, *arguments: object) -> list[tuple[Any, ...]]:
    """Run one statement on the connection of the test; return its rows if it has any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        return cursor.fetchall() if cursor.description else []


def write_by_orm(rows: Sequence[models.Model]) -> None:
    """Save one row after the other."""
    for row in rows:
        row.save(force_insert=True)


def write_in_bulk(rows: Sequence[models.Model]) -> None:
    """Hand all rows to `bulk_create`, which calls no `save`."""
    type(rows[0])._default_manager.bulk_create(rows)


def write_by_sql(rows: Sequence[models.Model]) -> None:
    """Write all rows by one plain INSERT."""
    columns, values = _columns_and_values(rows)
    places = ", ".join(["(" + ", ".join(["%s"] * len(columns)) + ")"] * len(rows))
    run_sql(
        f"INSERT INTO {rows[0]._meta.db_table} ({', '.join(columns)}) VALUES {places}",  # noqa: S608
        *(value for row in values for value in row),
    )


def write_by_copy(rows: Sequence[models.Model]) -> None:
    """Write all rows by COPY, the way of bulk loaders."""
    columns, values = _columns_and_values(rows)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(rows[0]._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in values:
            copy.write_row(row)


def _columns_and_values(rows: Sequence[models.Model]) -> tuple[list[str], list[list[Any]]]:
    """Read rows as the database keeps them; what it fills in by itself is left out."""
    fields = [
        field
        for field in rows[0]._meta.concrete_fields
        if not isinstance(field.db_default, models.Expression) and not _is_own_number(field)
    ]
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        for row in rows
    ]
    return [field.column for field in fields], values


def _is_own_number(field: models.Field) -> bool:
    return isinstance(field, models.AutoField)


WAYS = {
    "orm": write_by_orm,
    "bulk_create": write_in_bulk,
    "sql": write_by_sql,
    "copy": write_by_copy,
}
"""The four ways rows get into a table, by name."""

every_way = pytest.mark.parametrize("write", WAYS.values(), ids=WAYS)
"""Run the test once for each way of writing rows."""

"""The test database: made and emptied by the owner role, used by the application role."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from config.databases import connection_settings

# Tables whose rows come from migrations, each with the reason why they outlive a test.
KEPT_TABLES = {
    "django_migrations": "says which migrations this database has seen",
    "django_content_type": "made after migrate; permissions point at it",
    "auth_permission": "made after migrate, one set per model",
    "auth_group": "the roles, made by a migration",
    "auth_group_permissions": "what each role may do, made by a migration",
    "risk_limit": "the default limits, made by a migration",
    "ledger_closedthrough": "the one row that says how far the books are closed",
    "ledger_configurationchange": "says how all of these came to be",
    "ledger_approvaltier": "the default tiers, made by a migration",
}
# Of these, the ones that deeds change: put back after a test as the migrations left them.
RESTORED_TABLES = (
    "risk_limit",
    "ledger_configurationchange",
    "ledger_closedthrough",
    "ledger_approvaltier",
)
TRUNCATE_TRIGGER_BIT = 32
_SECONDS_FOR_A_VACUUM = 30


@contextmanager
def as_owner() -> Iterator[None]:
    """Let Django's default connection be the owner role for the length of a block."""
    owner = connection_settings(settings.DATABASE_OWNER_URL)
    names = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    kept: dict[str, Any] = {name: connection.settings_dict[name] for name in names}
    connection.close()
    connection.settings_dict.update({name: owner[name] for name in names})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


@cache
def owner_connection() -> psycopg.Connection[tuple[Any, ...]]:
    """Return this process's own connection to the test database as the owner role."""
    return psycopg.connect(
        settings.DATABASE_OWNER_URL,
        dbname=connection.settings_dict["NAME"],
        autocommit=True,
        options="-c lock_timeout=20s -c synchronous_commit=off",
    )


def close_owner_connection() -> None:
    """Close what `owner_connection` opened, so that the database can be dropped."""
    if owner_connection.cache_info().currsize:
        owner_connection().close()
        owner_connection.cache_clear()


def drop_database(name: str) -> None:
    """Drop a database as the owner role, whoever is still in it.

    The server's own vacuum may be in it, which only a superuser may end: that is waited for.
    """
    drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
    until = time.monotonic() + _SECONDS_FOR_A_VACUUM
    with psycopg.connect(settings.DATABASE_OWNER_URL, autocommit=True) as owner:
        while True:
            try:
                owner.execute(drop)
                break
            except psycopg.errors.InsufficientPrivilege:
                if time.monotonic() > until:
                    raise
            time.sleep(0.2)


def tables_with_rows() -> list[str]:
    """Return the tables of the test database that hold a row, in order of name."""
    owner = owner_connection()
    tables = [
        name
        for (name,) in owner.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
    ]
    probe = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in tables
    )
    return [name for (name,) in owner.execute(probe)]


def flush() -> None:
    """Empty every table but the kept ones, past the guards, and put back what was seeded.

    The guards are the law of the books, so only the owner of the tables can lift them, and only
    inside this one transaction. procrastinate's tables are unmanaged, and emptied all the same.
    """
    _restore_seeds()
    filled = {name for name in tables_with_rows() if name not in KEPT_TABLES}
    if not filled:
        return
    owner = owner_connection()
    tables = sorted(_with_referring_tables(filled))
    guarded = sorted(set(tables) & _tables_with_truncate_triggers())
    with owner.transaction():
        for name in guarded:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_table(name)))
        owner.execute(
            sql.SQL("TRUNCATE {} RESTART IDENTITY").format(
                sql.SQL(", ").join(_table(name) for name in tables)
            )
        )
        for name in guarded:
            owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(_table(name)))


@cache
def seeds() -> dict[str, bytes]:
    """Return the rows of the restored tables as they were when this was first called."""
    return {name: _rows(name) for name in RESTORED_TABLES}


def _restore_seeds() -> None:
    """Put the restored tables back where a test has committed a change to them."""
    owner = owner_connection()
    for name, rows in seeds().items():
        if _rows(name) == rows:
            continue
        with owner.transaction(), owner.cursor() as cursor:
            owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(_table(name)))
            owner.execute(sql.SQL("DELETE FROM {}").format(_table(name)))
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(_table(name))) as copy:
                copy.write(rows)
            owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(_table(name)))


def _rows(name: str) -> bytes:
    query = sql.SQL("COPY (SELECT * FROM {} ORDER BY 1) TO STDOUT").format(_table(name))
    with owner_connection().cursor() as cursor, cursor.copy(query) as copy:
        return b"".join(bytes(part) for part in copy)


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _with_referring_tables(names: set[str]) -> set[str]:
    """Return the tables and all whose foreign keys reach them, which TRUNCATE needs as well."""
    reached = set(names)
    while True:
        more = {source for source, target in _foreign_keys() if target in reached} - reached
        if not more:
            break
        reached |= more
    if lost := reached & KEPT_TABLES.keys():
        raise AssertionError(f"Kept tables point at tables that tests empty: {sorted(lost)}.")
    return reached


@cache
def _foreign_keys() -> frozenset[tuple[str, str]]:
    rows = owner_connection().execute(
        "SELECT source.relname, target.relname FROM pg_constraint"
        " JOIN pg_class source ON source.oid = conrelid"
        " JOIN pg_class target ON target.oid = confrelid WHERE contype = 'f'"
    )
    return frozenset((source, target) for source, target in rows)


@cache
def _tables_with_truncate_triggers() -> frozenset[str]:
    rows = owner_connection().execute(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND tgtype & %s <> 0",
        [TRUNCATE_TRIGGER_BIT],
    )
    return frozenset(name for (name,) in rows)

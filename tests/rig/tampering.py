"""Changing rows past every guard, as somebody would who owns the tables: to prove we notice."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from psycopg import sql

from tests.rig import database

APPS = ("ledger_", "payments_", "risk_", "settlements_")


def tamper(*statements: str) -> None:
    """Run SQL as the owner of the tables, with the triggers of our apps switched off."""
    owner = database.owner_connection()
    with owner.transaction():
        guarded = _guarded_tables()
        for name in guarded:
            owner.execute(_switch("DISABLE", name))
        for statement in statements:
            owner.execute(statement)
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in guarded:
            owner.execute(_switch("ENABLE", name))


@contextmanager
def without_triggers(*names: tuple[str, str]) -> Iterator[None]:
    """Switch triggers off, each by its table and name, for the length of a block."""
    _switch_each("DISABLE", names)
    try:
        yield
    finally:
        _switch_each("ENABLE", names)


@contextmanager
def without_constraint(table: str, name: str) -> Iterator[None]:
    """Take a constraint away for the length of a block; it comes back on emptied tables."""
    owner = database.owner_connection()
    found = owner.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [name]
    ).fetchone()
    assert found is not None, f"there is no constraint {name}"
    words = {"table": sql.Identifier(table), "name": sql.Identifier(name)}
    owner.execute(sql.SQL("ALTER TABLE {table} DROP CONSTRAINT {name}").format(**words))
    try:
        yield
    finally:
        database.flush()
        owner.execute(
            sql.SQL("ALTER TABLE {table} ADD CONSTRAINT {name} {definition}").format(
                **words, definition=sql.SQL(found[0])
            )
        )


@contextmanager
def without_index(name: str) -> Iterator[None]:
    """Take a unique index away for the length of a block; it comes back on emptied tables."""
    owner = database.owner_connection()
    found = owner.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [name]).fetchone()
    assert found is not None, f"there is no index {name}"
    owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    try:
        yield
    finally:
        database.flush()
        owner.execute(sql.SQL(found[0]))


def _guarded_tables() -> list[str]:
    rows = database.owner_connection().execute(
        "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal ORDER BY relname"
    )
    return [name for (name,) in rows if name.startswith(APPS)]


def _switch(verb: str, table: str) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {} TRIGGER USER").format(sql.Identifier(table), sql.SQL(verb))


def _switch_each(verb: str, names: Iterable[tuple[str, str]]) -> None:
    for table, name in names:
        words = (sql.Identifier(table), sql.SQL(verb), sql.Identifier(name))
        database.owner_connection().execute(sql.SQL("ALTER TABLE {} {} TRIGGER {}").format(*words))

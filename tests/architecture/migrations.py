"""What is asked of migrations, and a database of its own to try them in."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os import getpid
from types import MappingProxyType

from django.apps import apps
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from psycopg import sql

from ledger.states import StateTable
from tests.architecture.sources import APPS
from tests.rig.database import as_owner, drop_database

NAME = re.compile(r"\d{4}_[a-z][a-z0-9]*(_[a-z0-9]+)*")

# What a database holds of ours, one line per thing, with everything that makes it what it is.
_SHAPE = """
SELECT format('column %%s.%%s %%s %%s %%s', c.relname, a.attname,
              format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p') AND c.relname ~ %(ours)s
UNION ALL
SELECT format('constraint %%s on %%s %%s', conname, c.relname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE c.relname ~ %(ours)s
UNION ALL
SELECT format('index %%s', indexdef) FROM pg_indexes WHERE tablename ~ %(ours)s
UNION ALL
SELECT format('trigger %%s', pg_get_triggerdef(t.oid))
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND (c.relname ~ %(ours)s OR t.tgname ~ %(ours)s)
UNION ALL
SELECT format('function %%s', pg_get_functiondef(oid)) FROM pg_proc WHERE proname ~ %(ours)s
UNION ALL
SELECT format('rights on %%s: %%s', relname, relacl) FROM pg_class
WHERE relkind IN ('r', 'p', 'S') AND relname ~ %(ours)s
"""


def named_carelessly(migrations: Iterable[Migration]) -> Iterator[str]:
    """A migration is named by hand, after what it does."""
    for migration in migrations:
        made_up = migration.suggest_name()
        words = migration.name.partition("_")[2]
        is_first = migration.name == "0001_initial"
        if not NAME.fullmatch(migration.name) or "_auto_" in migration.name:
            yield f"{migration}: not a name"
        elif not is_first and (words == made_up or words.endswith("_and_more")):
            yield f"{migration}: named by makemigrations"


def without_return(migrations: Iterable[Migration]) -> Iterator[str]:
    """Every operation can be undone."""
    for migration in migrations:
        for operation in migration.operations:
            if not operation.reversible:
                yield f"{migration}: {operation.describe()}"


def forks(migrations: Iterable[Migration]) -> Iterator[str]:
    """The migrations of an app are one line: each but the first follows exactly one of its own."""
    followed: set[tuple[str, str]] = set()
    for migration in migrations:
        before = [name for app, name in migration.dependencies if app == migration.app_label]
        if len(before) != (0 if migration.name.startswith("0001_") else 1):
            yield f"{migration} follows {before}"
        for name in before:
            if (migration.app_label, name) in followed:
                yield f"{migration}: {name} is followed twice"
            followed.add((migration.app_label, name))


def missing_migrations(state: ProjectState) -> list[str]:
    """Return what models have and their migrations lack, once these have led to a state."""
    detector = MigrationAutodetector(state, ProjectState.from_apps(apps))
    changes = detector.changes(graph=MigrationLoader(None).graph)
    return [
        f"{app}: {operation.describe()}"
        for app, migrations in changes.items()
        for migration in migrations
        for operation in migration.operations
    ]


def ours() -> list[Migration]:
    """Return all migrations of the house."""
    loaded = MigrationLoader(None).disk_migrations
    return [loaded[key] for key in sorted(loaded) if key[0] in APPS]


# --- states -------------------------------------------------------------------------------------


def guarded_moves() -> dict[str, str]:
    """Return by `table.column` the moves that the live database lets through."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, tgargs FROM pg_trigger"
            " JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid"
            " WHERE proname = 'ledger_guard_moves' AND tgenabled = 'O'"
        )
        found = {}
        for table, arguments in cursor.fetchall():
            column, moves = bytes(arguments).rstrip(b"\0").decode().split("\0")
            found[f"{table}.{column}"] = moves
    return found


def moves_of_models(
    tables: Iterable[StateTable], *, own: Mapping[str, StateTable] = MappingProxyType({})
) -> dict[str, str]:
    """Return by `table.column` the moves that states.py lists for each model with such states.

    `own` names the columns whose states another column has too, with other moves.
    """
    by_choices = {tuple(table.states.values): table.as_trigger_argument() for table in tables}
    found = {
        f"{model._meta.db_table}.{field.column}": by_choices[values]
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for field in model._meta.concrete_fields
        if (values := _values(field)) in by_choices
    }
    return {**found, **{place: table.as_trigger_argument() for place, table in own.items()}}


def state_drift(*, listed: Mapping[str, str], guarded: Mapping[str, str]) -> Iterator[str]:
    """Yield where Python's moves and the database's are not the same."""
    for place in sorted(listed.keys() | guarded.keys()):
        in_python = set(listed.get(place, "").split(","))
        in_database = set(guarded.get(place, "").split(","))
        if place not in guarded:
            yield f"{place}: no trigger"
        elif in_python != in_database:
            yield f"{place}: {sorted(in_python ^ in_database)}"


def _values(field: "models.Field[object, object]") -> tuple[str, ...]:
    return tuple(str(value) for value, _ in field.flatchoices)


# --- a database to try migrations in ------------------------------------------------------------


@contextmanager
def scratch_database() -> Iterator[None]:
    """Let Django's default connection be the owner in an empty database for a block."""
    name = f"scratch_{getpid()}"
    with as_owner():
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        kept = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = name
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = kept
            drop_database(name)


def shape() -> list[str]:
    """Return all that the database holds of ours: tables, laws, functions, rights."""
    with connection.cursor() as cursor:
        cursor.execute(_SHAPE, {"ours": f"^({'|'.join(APPS)})_"})
        return sorted(row[0] for row in cursor.fetchall())

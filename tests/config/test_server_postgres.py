"""A server that is brought along works as the embedded one does, with both roles or with one."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from config import env
from tests.rig import database


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py as an operator would."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        cwd=env.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def server(transactional_db) -> Iterator[dict[str, str]]:
    """Make an empty database and return the variables that name it."""
    name = f"{connection.settings_dict['NAME']}_brought"
    owner = database.owner_connection()
    owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield {
        "DATABASE_URL": make_conninfo(settings.DATABASE_APPLICATION_URL, dbname=name),
        "DATABASE_OWNER_URL": make_conninfo(settings.DATABASE_OWNER_URL, dbname=name),
    }
    database.drop_database(name)


def test_migrates_as_owner_and_works_as_application(server):
    # When
    migrated = manage("migrate", "--verbosity", "0", **server)
    checked = manage("check", "--database", "default", "--fail-level", "WARNING", **server)

    # Then
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert checked.returncode == 0, checked.stderr
    with psycopg.connect(server["DATABASE_URL"], autocommit=True) as application:
        application.execute("INSERT INTO auth_group (name) VALUES ('made by the application')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("UPDATE ledger_posting SET amount_minor = 1")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            application.execute("TRUNCATE ledger_posting CASCADE")


def test_one_role_may_serve_as_both_and_is_warned_about(server):
    # Given
    alone = {"DATABASE_URL": server["DATABASE_OWNER_URL"]}

    # When
    migrated = manage("migrate", "--verbosity", "0", **alone)
    checked = manage("check", "--fail-level", "WARNING", **alone)

    # Then
    assert migrated.returncode == 0, migrated.stderr
    assert checked.returncode == 1
    assert "tianping.W001" in checked.stderr

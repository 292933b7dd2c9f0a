"""The rig itself: who owns the tables, and what a flush leaves."""

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django import app as jobs

from tests.rig import database


@pytest.fixture
def guarded_table(transactional_db):
    """Make a table that refuses TRUNCATE, as the books do, and drop it afterwards."""
    owner = database.owner_connection()
    owner.execute("CREATE TABLE guarded (id bigint PRIMARY KEY)")
    owner.execute(
        "CREATE FUNCTION refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'append only'; END $$"
    )
    owner.execute(
        "CREATE TRIGGER no_truncate BEFORE TRUNCATE ON guarded EXECUTE FUNCTION refuse_truncate()"
    )
    database._tables_with_truncate_triggers.cache_clear()
    yield "guarded"
    owner.execute("DROP TABLE guarded")
    owner.execute("DROP FUNCTION refuse_truncate()")
    database._tables_with_truncate_triggers.cache_clear()


@pytest.mark.django_db
def test_tests_work_in_the_application_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()

    assert role == connection.settings_dict["USER"]
    assert role != database.owner_connection().info.user


@pytest.mark.django_db
def test_the_application_role_may_write_rows_but_neither_truncate_nor_alter():
    # Given
    User.objects.create(username="someone")

    # When
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("TRUNCATE auth_user CASCADE")
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic():
        connection.cursor().execute("ALTER TABLE auth_user ADD COLUMN more text")

    # Then
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_flush_empties_tables_with_guards_and_jobs_and_keeps_the_seeded(guarded_table):
    # Given
    User.objects.create(username="someone")
    connection.cursor().execute("INSERT INTO guarded VALUES (1)")
    jobs.configure_task("nobody.knows", allow_unknown=True).defer(at="2026-11-22T00:00:00Z")
    filled = database.tables_with_rows()
    assert {"auth_user", "guarded", "procrastinate_jobs"} <= set(filled)

    # When
    database.flush()

    # Then
    assert set(database.tables_with_rows()) <= database.KEPT_TABLES.keys()
    assert "auth_permission" in database.tables_with_rows()


@pytest.mark.django_db(transaction=True)
def test_a_flush_leaves_the_guards_in_place(guarded_table):
    # Given
    connection.cursor().execute("INSERT INTO guarded VALUES (1)")

    # When
    database.flush()

    # Then
    with pytest.raises(psycopg.errors.RaiseException, match="append only"):
        database.owner_connection().execute("TRUNCATE guarded")


@pytest.mark.django_db
def test_laws_now_speaks_before_the_end_of_the_test(laws_now):
    # Given
    group = Group.objects.create(name="passing")
    with transaction.atomic():
        group.permissions.through.objects.create(group_id=group.id, permission_id=0)

        # When
        with pytest.raises(DatabaseError, match="violates foreign key"), transaction.atomic():
            laws_now()
        transaction.set_rollback(True)

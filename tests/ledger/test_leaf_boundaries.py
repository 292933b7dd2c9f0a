"""What makes another leaf, and what never does."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from ledger.leaves import AUDIT, ENTRIES, STREAMS
from ledger.models import AuditEntry, JournalEntry
from tests.instants import NOON
from tests.ledger.leaf_rows import read
from tests.ledger.queries.test_integrity import post
from tests.rig.attacks import run_sql
from tests.rig.database import owner_connection

LEFT_OUT = {
    "ledger_approvalrequest": {
        "state": "moves by its table; a decision is about what never changes",
        "version": "counts the moves",
        "decided_at": "is when it moved",
    },
}
"""Columns of sealed rows that no seal covers, with the reason."""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"action": "ab", "subject": "c"}, {"action": "a", "subject": "bc"}),
        ({"action": "a", "subject": "1:b,"}, {"action": "a,1:b", "subject": ""}),
        ({"request_id": "", "reason": "x"}, {"request_id": "x", "reason": ""}),
        ({"client_ip": None}, {"client_ip": "0.0.0.0"}),  # noqa: S104
        ({"reason": "é"}, {"reason": "e\N{COMBINING ACUTE ACCENT}"}),
        ({"after": {"a": 1}}, {"after": {"a": "1"}}),
    ],
)
def test_moving_a_boundary_between_fields_makes_another_leaf(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Same characters, other fields: two rows of one id in two savepoints, and two leaves."""
    assert leaf_of_an_audit_row(one) != leaf_of_an_audit_row(other)


def leaf_of_an_audit_row(fields: dict[str, Any]) -> bytes:
    with transaction.atomic():
        said = {"action": "x", "subject": "y", "actor": "user:1", "at": NOON, **fields}
        AuditEntry.objects.create(pk=1, recorded_at=NOON, **said)
        (found,) = read(AUDIT, 1)
        transaction.set_rollback(True)
    assert found is not None
    return found


@pytest.mark.django_db
def test_neither_the_zone_nor_the_style_of_a_session_changes_a_leaf() -> None:
    # Given
    post("one")
    entry = JournalEntry.objects.get()
    (before,) = read(ENTRIES, entry.pk)

    # When
    run_sql("SET LOCAL TimeZone = 'Asia/Shanghai'")
    run_sql("SET LOCAL DateStyle = 'SQL, DMY'")
    run_sql("SET LOCAL bytea_output = 'escape'")
    run_sql("SET LOCAL extra_float_digits = 0")

    # Then
    assert read(ENTRIES, entry.pk) == [before]


@pytest.mark.django_db(transaction=True)
def test_a_function_of_the_same_name_is_not_asked() -> None:
    # Given functions that fit the columns better than PostgreSQL's own
    post("one")
    entry = JournalEntry.objects.get()
    (before,) = read(ENTRIES, entry.pk)
    owner = owner_connection()
    owner.execute("CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'")
    owner.execute(
        "CREATE FUNCTION public.octet_length(varchar) RETURNS int LANGUAGE sql AS 'SELECT 0'"
    )

    # When, then
    try:
        with transaction.atomic():
            run_sql("SET LOCAL search_path = public, pg_catalog")
            assert read(ENTRIES, entry.pk) == [before]
    finally:
        owner.execute("DROP FUNCTION public.octet_length(varchar)")
        owner.execute("DROP FUNCTION public.sha256(bytea)")


@pytest.mark.django_db
def test_a_row_that_is_not_there_has_no_leaf() -> None:
    post("one")
    entry = JournalEntry.objects.get()

    assert read(ENTRIES, entry.pk + 1, entry.pk)[0] is None


def sealed_tables() -> Sequence[str]:
    return [
        *(stream.table for stream in STREAMS.values()),
        "ledger_posting",
        "ledger_approvalrequest",
    ]


@pytest.mark.parametrize("table", sealed_tables())
def test_every_column_is_sealed_or_left_out_for_a_reason(table: str) -> None:
    """A column that comes later needs a new form of its stream (ledger/leaves.py)."""
    (model,) = [model for model in apps.get_models() if model._meta.db_table == table]
    newest = " ".join(stream.forms[stream.form] for stream in STREAMS.values())
    letter = {"ledger_posting": "p", "ledger_approvalrequest": "r"}.get(table, "t")
    columns = {field.column for field in model._meta.concrete_fields if _is_written(field)}
    if table == "ledger_posting":
        columns -= {"entry_id"}  # by which the entry finds it

    missing = {name for name in columns if f"{letter}.{name}" not in newest}

    assert missing == set(LEFT_OUT.get(table, {}))


def _is_written(field: "models.Field[Any, Any]") -> bool:
    return not isinstance(field, models.GeneratedField)


@pytest.mark.django_db
def test_postgresql_reads_in_utf_8() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)

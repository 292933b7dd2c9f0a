"""What a sealed row says: read again in Python, without a line of the product's SQL."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction

from ledger.actions import audit
from ledger.actions.approvals import digest_of
from ledger.leaves import APPROVALS, AUDIT, ENTRIES, STREAMS, Stream
from ledger.models import ApprovalDecision, ApprovalRequest, AuditEntry, JournalEntry
from ledger.queries import seals
from tests.instants import NEXT_NOON, NOON
from tests.ledger.queries.test_integrity import post
from tests.rig.attacks import run_sql
from tests.rig.database import owner_connection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

LEFT_OUT = {
    "ledger_approvalrequest": {
        "state": "moves by its table; a decision is about what never changes",
        "version": "counts the moves",
        "decided_at": "is when it moved",
    },
}
"""Columns of sealed rows that no seal covers, with the reason."""


def written(*values: object) -> str:
    """Write values as a leaf does: length, colon, value, comma."""
    return "".join(_one(value) for value in values)


def _one(value: object) -> str:
    if value is None:
        return "-,"
    if isinstance(value, datetime):
        value = (value - EPOCH) // timedelta(microseconds=1)
    elif isinstance(value, date):
        value = (value - EPOCH.date()).days
    elif isinstance(value, bytes | memoryview):
        value = bytes(value).hex()
    text = str(value)
    return f"{len(text.encode())}:{text},"


def leaf(text: str) -> bytes:
    return sha256(b"\x00" + text.encode()).digest()


def read(stream: Stream, *ids: int) -> list[bytes | None]:
    with transaction.atomic():
        return seals.leaves_of(stream, stream.form, ids)


def entry_text(entry: JournalEntry) -> str:
    postings = [
        written(
            row.pk,
            row.account_id,
            row.account.code,
            row.account.owner_id,
            row.currency,
            row.side,
            row.amount_minor,
            row.balance_after_minor,
            row.seq,
            row.recorded_at,
        )
        for row in entry.postings.select_related("account").order_by("pk")
    ]
    return written(
        "entries",
        1,
        entry.pk,
        entry.source,
        entry.kind,
        entry.subject,
        entry.description,
        entry.effective_date,
        entry.booked_at,
        entry.recorded_at,
        entry.reverses_id,
    ) + "".join(f"[{posting}]" for posting in postings)


def json_of(row: models.Model, column: str) -> str:
    """Return a JSON column as PostgreSQL spells it."""
    table = row._meta.db_table
    (found,) = run_sql(f"SELECT {column}::text FROM {table} WHERE id = %s", row.pk)  # noqa: S608
    return str(found[0])


@pytest.mark.django_db
def test_an_entry_says_what_it_and_all_its_postings_say() -> None:
    # Given
    post("one")
    post("двойная запись 复式记账", amount_minor=70)

    # When, then
    for entry in JournalEntry.objects.all():
        assert read(ENTRIES, entry.pk) == [leaf(entry_text(entry))]


@pytest.mark.django_db
def test_an_audit_row_says_all_its_columns() -> None:
    # Given
    audit.record_audit(
        action="refund.approved",
        subject="ref_1",
        actor="user:7",
        at=NOON,
        client_ip="2001:db8::1",
        request_id="req_1",
        reason="客户退货",
        before={"b": 1, "a": [None, "é"]},
        after={"amount_minor": 10**17},
    )
    row = AuditEntry.objects.get()

    # When, then
    assert read(AUDIT, row.pk) == [
        leaf(
            written(
                "audit",
                1,
                row.pk,
                "refund.approved",
                "ref_1",
                "user:7",
                NOON,
                row.recorded_at,
                "2001:db8::1/128",
                "req_1",
                "客户退货",
                json_of(row, "before"),
                json_of(row, "after"),
            )
        )
    ]


@pytest.mark.django_db
def test_a_decision_says_what_it_decided_on() -> None:
    # Given
    request = asked_request("apr_1")
    decision = decided(request)

    # When, then
    assert read(APPROVALS, decision.pk) == [
        leaf(
            written(
                "approvals",
                1,
                decision.pk,
                "apr_1",
                "user:1",
                "user:2",
                "approve",
                "false",
                DIGEST,
                "totp",
                None,
                "",
                NOON,
            )
            + "["
            + written(
                "apr_1",
                "refund",
                "refund",
                "ref_1",
                json_of(request, "payload"),
                DIGEST,
                "user:1",
                None,
                "",
                1,
                "false",
                NOON,
                NEXT_NOON,
            )
            + "]"
        )
    ]


@pytest.mark.django_db
def test_a_request_that_changed_after_the_decision_is_another_leaf() -> None:
    decision = decided(asked_request("apr_1"))
    other = decided(asked_request("apr_2", object_id="ref_2"))

    first, second = read(APPROVALS, decision.pk, other.pk)

    assert first != second


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


DIGEST = digest_of({"amount": "5.00", "a": "first"})


def asked_request(key: str, *, object_id: str = "ref_1") -> ApprovalRequest:
    return ApprovalRequest.objects.create(
        pk=key,
        kind="refund",
        object_type="refund",
        object_id=object_id,
        payload={"amount": "5.00", "a": "first"},
        digest=DIGEST,
        maker="user:1",
        created_at=NOON,
        expires_at=NEXT_NOON,
    )


def decided(request: ApprovalRequest) -> ApprovalDecision:
    return ApprovalDecision.objects.create(
        request=request,
        maker="user:1",
        approver="user:2",
        decision="approve",
        digest=DIGEST,
        second_factor="totp",
        at=NOON,
    )


@pytest.mark.django_db
def test_postgresql_reads_in_utf_8() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)

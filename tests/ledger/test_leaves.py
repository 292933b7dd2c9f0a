"""What a sealed row says: read again in Python, without a line of the product's SQL."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import models

from ledger.actions import audit
from ledger.actions.approvals import digest_of
from ledger.leaves import APPROVALS, AUDIT, ENTRIES
from ledger.models import ApprovalDecision, ApprovalRequest, AuditEntry, JournalEntry
from tests.instants import NEXT_NOON, NOON
from tests.ledger.leaf_rows import read
from tests.ledger.queries.test_integrity import post
from tests.rig.attacks import run_sql

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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

"""What is written in the ledger stays as it was written: for the application and the owner."""

import pytest
from django.db import transaction

from ledger.actions import approvals, audit, journal
from ledger.actions.approvals import Decider
from ledger.actions.journal import Entry, credit, debit
from ledger.models import (
    Account,
    AccountBalance,
    ApprovalDecision,
    ApprovalRequest,
    AuditEntry,
    JournalEntry,
    Posting,
)
from tests.books import balance
from tests.instants import NOON, THURSDAY
from tests.rig.attacks import check_laws, refused, run_sql

REFUSED = {
    "application": "permission denied for table",
    "owner": "is refused: its rows are written once",
}

# One change of each table that would mean something, as a liar would make it.
LIES = {
    "ledger_account": {"owner_id": "mer_other"},
    "ledger_journalentry": {"effective_date": "2026-03-04"},
    "ledger_posting": {"amount_minor": 1},
    "ledger_auditentry": {"actor": "user:99"},
    "ledger_approvaldecision": {"approver": "user:99"},
}
MODELS = {
    model._meta.db_table: model
    for model in (
        Account,
        JournalEntry,
        Posting,
        AuditEntry,
        ApprovalDecision,
        AccountBalance,
        ApprovalRequest,
    )
}

every_table_written_once = pytest.mark.parametrize("table", LIES)


@pytest.fixture
def written(either_role: str) -> str:
    """Fill every table of the ledger with one deed, and return the role at work."""
    journal.post_entry(
        Entry(
            source="bank:1",
            kind="channel_settled",
            legs=(debit("1001", "chn_b", 100, "CNY"), credit("1101", "chn_a/m", 100, "CNY")),
            effective_date=THURSDAY,
            at=NOON,
        )
    )
    request = approvals.request_approval(
        kind="settlement",
        object_type="settlement",
        object_id="stl_1",
        payload={"net": 100},
        maker="user:1",
        at=NOON,
    )
    approvals.decide(
        request.pk,
        is_approved=True,
        shown_digest=request.digest,
        decider=Decider("user:2", second_factor="totp"),
        at=NOON,
    )
    audit.record_audit(action="a.deed", subject="stl_1", actor="user:1", at=NOON)
    check_laws()  # TRUNCATE waits for no law, and says so instead of what is tried here
    return either_role


def contents(table: str) -> list[tuple]:
    return run_sql(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")  # noqa: S608


@every_table_written_once
class TestWrittenOnce:
    """Entries, postings, accounts, the audit trail and decisions: INSERT and SELECT, no more."""

    def test_refuses_update_by_raw_sql(self, written, table):
        # Given
        before = contents(table)
        (column, lie) = next(iter(LIES[table].items()))

        # When, Then
        with refused(REFUSED[written]):
            run_sql(f"UPDATE {table} SET {column} = %s", lie)  # noqa: S608
        assert contents(table) == before != []

    def test_refuses_update_by_the_orm(self, written, table):
        # Given
        row = MODELS[table].objects.first()
        before = contents(table)

        # When, Then
        with refused(REFUSED[written]):
            MODELS[table].objects.update(**LIES[table])
        with refused(REFUSED[written]):
            row.save()
        with refused(REFUSED[written]):
            MODELS[table].objects.bulk_update([row], list(LIES[table]))
        assert contents(table) == before

    def test_refuses_update_by_way_of_an_insert(self, written, table):
        # Given
        before = contents(table)

        # When, Then (postings and decisions do not even get to the conflict)
        with refused(f"{REFUSED[written]}|takes postings only|is closed"):
            run_sql(
                f"INSERT INTO {table} SELECT * FROM {table} LIMIT 1"  # noqa: S608
                " ON CONFLICT (id) DO UPDATE SET id = excluded.id"
            )
        assert contents(table) == before

    def test_refuses_delete(self, written, table):
        # Given
        before = contents(table)

        # When, Then
        with refused(REFUSED[written]):
            run_sql(f"DELETE FROM {table}")  # noqa: S608
        with refused(REFUSED[written]):
            MODELS[table].objects.all()._raw_delete("default")
        assert contents(table) == before

    def test_refuses_truncate(self, written, table):
        # Given
        before = contents(table)

        # When, Then
        with refused(REFUSED[written]):
            run_sql(f"TRUNCATE {table} CASCADE")
        assert contents(table) == before


class TestBalances:
    """A balance moves by its postings, and by nothing else."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_accountbalance SET credits_minor = credits_minor + 1",
            "UPDATE ledger_accountbalance SET seq = 0",
            "UPDATE ledger_accountbalance SET is_floored = false",
            "INSERT INTO ledger_accountbalance VALUES (999, 'C', true, 0, 500, 0)",
        ],
    )
    def test_refuses_raw_sql(self, written, statement):
        # When, Then
        reason = {"application": "permission denied", "owner": "moves by its postings only"}
        with refused(reason[written]):
            run_sql(statement)
        assert balance("1001", "chn_b") == "1.00"

    def test_refuses_the_orm(self, written):
        # Given
        row = AccountBalance.objects.get(account__code="1001")
        row.debits_minor = 9_999

        # When, Then
        reason = {"application": "permission denied", "owner": "moves by its postings only"}
        with refused(reason[written]):
            row.save(update_fields=["debits_minor"])
        assert balance("1001", "chn_b") == "1.00"

    def test_refuses_delete_and_truncate(self, written):
        # When, Then
        with refused(REFUSED[written]):
            run_sql("DELETE FROM ledger_accountbalance")
        with refused(REFUSED[written]):
            run_sql("TRUNCATE ledger_accountbalance")
        assert AccountBalance.objects.count() == 2


class TestRequests:
    """Of a request for approval only its state moves; it is never deleted."""

    @pytest.mark.parametrize(
        ("column", "lie"),
        [
            ("kind", "refund"),
            ("object_type", "refund"),
            ("object_id", "stl_2"),
            ("payload", '{"net": 1}'),
            ("digest", b"\0" * 32),
            ("maker", "user:3"),
            ("required", 2),
            ("created_at", "2026-01-01T00:00:00Z"),
            ("expires_at", "2099-01-01T00:00:00Z"),
        ],
    )
    def test_refuses_to_change_what_was_asked(self, written, column, lie):
        with refused(f"column {column} of ledger_approvalrequest never changes"):
            run_sql(f"UPDATE ledger_approvalrequest SET {column} = %s", lie)  # noqa: S608

    def test_refuses_delete_and_truncate(self, written):
        # When, Then
        with refused(REFUSED[written]):
            run_sql("DELETE FROM ledger_approvalrequest")
        with refused(REFUSED[written]):
            run_sql("TRUNCATE ledger_approvalrequest CASCADE")
        assert ApprovalRequest.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_refused_change_is_not_committed_with_the_rest_of_its_transaction():
    # Given
    with transaction.atomic():
        audit.record_audit(action="a.deed", subject="stl_1", actor="user:1", at=NOON)

    # When somebody adds a row and then tries to hide another
    with refused("permission denied"):
        audit.record_audit(action="another", subject="stl_1", actor="user:1", at=NOON)
        AuditEntry.objects.filter(action="a.deed")._raw_delete("default")

    # Then
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["a.deed"]

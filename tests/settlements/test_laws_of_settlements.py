# ruff: noqa: F811  fixtures are imported
"""What PostgreSQL refuses of a settlement's lines and figures."""

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from payments.models import BalanceTransaction
from settlements.actions import drafts
from settlements.models import Bill, Settlement, SettlementBatch, SettlementItem
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    MAKER,
    approved_settlement,
    bank_statement,
    drafted_settlement,
    exported_file,
    settled_merchant,
)
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.database import owner_connection
from tests.settlements.settled_rows import REFUSED, bank, merchant, run_sql  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_settlement_takes_no_line_after_its_draft(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    paid_payment(merchant)
    line = BalanceTransaction.objects.latest("pk")

    # When, Then
    with pytest.raises(REFUSED, match="when they are drafted"):
        SettlementItem.objects.create(
            settlement=settlement, balance_transaction=line, net_minor=line.net_minor
        )


def draft_and_slip_in(merchant, line, *, after_check: bool) -> None:
    """Draft in one transaction and add a pending line, before or after the laws have spoken."""
    batch = SettlementBatch.objects.create(
        currency="CNY", business_date=FRIDAY, started_at=NEXT_NOON
    )
    with transaction.atomic():
        drafts.draft_chunk(batch, after_id=0, actor=MAKER, at=NEXT_NOON)
        if after_check:
            run_sql("SET CONSTRAINTS ALL IMMEDIATE")
        SettlementItem.objects.create(
            settlement=Settlement.objects.get(),
            balance_transaction=line,
            net_minor=line.net_minor,
        )


@pytest.mark.parametrize(
    ("after_check", "words"),
    [(False, "is not the sum of its items"), (True, "when they are drafted")],
    ids=["before the check", "after it"],
)
def test_no_line_slips_into_a_draft(merchant, after_check, words):
    # Given
    paid_payment(merchant)
    line = BalanceTransaction.objects.latest("pk")

    # When, Then
    with pytest.raises(REFUSED, match=words):
        draft_and_slip_in(merchant, line, after_check=after_check)
    assert not Settlement.objects.exists()


def test_a_settlement_keeps_its_figures(merchant):
    # Given
    drafted_settlement(merchant)

    # When, Then
    for column, value in (("net_minor", 1), ("item_count", 9), ("merchant_id", "mer_x")):
        with pytest.raises(REFUSED, match="never changes"):
            Settlement.objects.update(**{column: value})


def test_a_line_of_a_live_settlement_is_not_freed(merchant):
    # Given
    drafted_settlement(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="when its settlement is given up"):
        SettlementItem.objects.update(released_at=NEXT_NOON)


def test_a_settlement_is_not_given_up_by_its_state_alone(merchant):
    # Given
    drafted_settlement(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="its lines or its hold were not"):
        Settlement.objects.update(status="cancelled")
    with pytest.raises(REFUSED, match="its lines or its hold were not"):
        run_sql(
            "UPDATE settlements_settlement SET status = 'cancelled';"
            " UPDATE settlements_settlementitem SET released_at = %s",
            NEXT_NOON,
        )
    assert Settlement.objects.get().status == "draft"


def test_a_settlement_that_is_not_its_lines_is_never_committed(merchant):
    # Given
    drafted_settlement(merchant)

    # When, Then: the same figures, but no lines.
    with pytest.raises(REFUSED, match="is not the sum of its items and its hold"):
        run_sql(
            "INSERT INTO settlements_settlement (id, batch_id, merchant_id, destination_id,"
            " currency, gross_minor, fee_minor, net_minor, item_count, status, status_code,"
            " hold_entry_id, business_date, created_at, merchant_settlement_no, requested_by)"
            " SELECT 'stl_forged', batch_id, %s, destination_id, currency, gross_minor, fee_minor,"
            " net_minor, item_count, 'draft', '', %s, business_date, created_at, '', ''"
            " FROM settlements_settlement",
            settled_merchant().id,
            BalanceTransaction.objects.get().entry_id,
        )
    assert Settlement.objects.count() == 1


# --- nothing is deleted -------------------------------------------------------------------------

TABLES = [
    "settlements_settlement",
    "settlements_settlementitem",
    "settlements_settlementbatch",
    "settlements_payout",
    "settlements_paymentfile",
    "settlements_destination",
    "settlements_bill",
    "settlements_billline",
]


@pytest.mark.parametrize("table", TABLES)
def test_the_application_may_not_even_try_to_delete(table):
    with pytest.raises(ProgrammingError, match="permission denied"):
        run_sql(f"DELETE FROM {table}")  # noqa: S608  a constant of this module
    with pytest.raises(ProgrammingError, match="permission denied"):
        run_sql(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_truncates_nothing(table):
    with pytest.raises(psycopg.errors.RestrictViolation):
        owner_connection().execute(f"TRUNCATE {table} CASCADE")


def test_files_and_bills_are_written_once(merchant, bank):
    # Given
    approved_settlement(merchant)
    file = exported_file(bank)
    Bill.objects.create(
        channel_account=bank,
        kind="bank_statement",
        message_id="STM-1",
        sha256=b"\0" * 32,
        content_encrypted=bank_statement(bank).decode(),
        line_count=0,
        imported_by=MAKER,
        imported_at=NEXT_NOON,
    )

    # When, Then
    for table in ("settlements_paymentfile", "settlements_bill"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            run_sql(f"UPDATE {table} SET sha256 = %s", b"\1" * 32)  # noqa: S608  a constant
        with pytest.raises(psycopg.errors.RestrictViolation):
            owner_connection().execute(f"UPDATE {table} SET sha256 = sha256")  # noqa: S608
    file.refresh_from_db()
    assert file.payout_count == 1

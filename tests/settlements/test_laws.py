"""What the database refuses to everyone: ORM, raw SQL, and who owns the tables."""

import re

import psycopg
import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, transaction

from ledger.actions.approvals import digest_of, request_approval
from ledger.identifiers import new_id
from ledger.models import ApprovalDecision, ApprovalRequest
from payments.models import BalanceTransaction, ChannelOperation
from settlements.actions import drafts
from settlements.models import Bill, Payout, Settlement, SettlementBatch, SettlementItem
from settlements.states import PAYOUT, SETTLEMENT
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    approved_settlement,
    available_money,
    bank_statement,
    drafted_settlement,
    exported_file,
    house,
    settled_merchant,
    submitted_settlement,
)
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.database import owner_connection

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = (IntegrityError, InternalError)


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def merchant(bank):
    merchant = settled_merchant()
    available_money(merchant)
    return merchant


def run_sql(sql: str, *arguments: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)


def make_payout(settlement: Settlement, **other) -> Payout:
    """Write a payout as nobody may, past the actions."""
    number = new_id("po")
    operation = ChannelOperation.objects.create(
        kind="payout",
        channel_account=house().bank,
        channel_no=number.upper(),
        subject=number,
        amount_minor=settlement.net_minor,
        currency="CNY",
        created_at=NEXT_NOON,
    )
    return Payout.objects.create(
        **{
            "id": number,
            "settlement": settlement,
            "operation": operation,
            "destination_id": settlement.destination_id,
            "approval_id": settlement.approval_id,
            "amount_minor": settlement.net_minor,
            "currency": "CNY",
            "created_at": NEXT_NOON,
            **other,
        }
    )


# --- moves --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "states"),
    [("settlements_settlement", SETTLEMENT), ("settlements_payout", PAYOUT)],
)
def test_the_triggers_allow_exactly_the_moves_of_states_py(table, states):
    # Given
    definition = owner_connection().execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s", [f"{table}_moves"]
    )

    # When
    found = re.search(r"ledger_guard_moves\('status', '([^']*)'\)", definition.fetchone()[0])

    # Then
    assert found.group(1) == states.as_trigger_argument()


def test_a_settlement_begins_as_a_draft_and_a_payout_queued(merchant):
    # Given
    settlement = approved_settlement(merchant)
    Payout.objects.update(status="sending")
    Payout.objects.update(status="failed")

    # When, Then
    with pytest.raises(REFUSED, match="begins as queued"):
        make_payout(settlement, status="exported")
    make_payout(settlement)


@pytest.mark.parametrize("status", ["paying", "paid", "rejected", "returned"])
def test_a_draft_jumps_to_no_later_state(merchant, status):
    # Given
    settlement = drafted_settlement(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="may not move from draft"):
        Settlement.objects.filter(pk=settlement.pk).update(status=status)


# --- two people ---------------------------------------------------------------------------------


def test_raw_sql_approves_nothing(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="no approval by other people"):
        run_sql(
            "UPDATE settlements_settlement SET status = 'approved' WHERE id = %s", settlement.pk
        )


def test_the_owner_of_the_tables_approves_nothing(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with pytest.raises(psycopg.errors.CheckViolation, match="no approval by other people"):
        owner_connection().execute(
            "UPDATE settlements_settlement SET status = 'approved', approved_digest = %s"
            " WHERE id = %s",
            [bytes(settlement.approval.digest), settlement.pk],
        )


def test_nobody_decides_on_their_own_request_by_orm_or_sql(merchant):
    # Given
    request = submitted_settlement(merchant).approval

    # When, Then
    with pytest.raises(IntegrityError, match="ledger_decision_two_people"):
        ApprovalDecision.objects.create(
            request=request,
            maker=MAKER,
            approver=MAKER,
            decision="approve",
            second_factor="totp",
            digest=request.digest,
            at=NEXT_NOON,
        )
    with pytest.raises(IntegrityError, match="ledger_decision_maker_fk"):
        run_sql(
            "INSERT INTO ledger_approvaldecision"
            " (request_id, maker, approver, decision, digest, second_factor, reason, at)"
            " VALUES (%s, 'user:99', %s, 'approve', %s, 'totp', '', %s)",
            request.pk,
            MAKER,
            bytes(request.digest),
            NEXT_NOON,
        )
    assert not ApprovalDecision.objects.exists()


def test_a_request_does_not_become_approved_without_decisions(merchant):
    # Given
    request = submitted_settlement(merchant).approval

    # When, Then
    with pytest.raises(REFUSED, match="has not been approved"):
        ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)


def test_the_approval_of_another_settlement_is_worth_nothing(merchant):
    # Given: another settlement was approved by two people, for the same amount.
    settlement = submitted_settlement(merchant)
    other = settled_merchant()
    available_money(other)
    approved = approved_settlement(other)

    # When, Then
    with pytest.raises(REFUSED, match="no approval by other people"):
        Settlement.objects.filter(pk=settlement.pk).update(
            status="approved",
            approval=approved.approval,
            approved_digest=approved.approved_digest,
        )


def test_an_approval_of_another_content_is_worth_nothing(merchant):
    # Given: an approved request about this settlement, but about other figures.
    settlement = submitted_settlement(merchant)
    payload = {"settlement": settlement.pk, "net_minor": 1}
    with transaction.atomic():
        ApprovalRequest.objects.filter(pk=settlement.approval_id).update(state="voided")
        request = request_approval(
            kind="settlement",
            object_type="settlement",
            object_id=settlement.pk,
            payload=payload,
            maker=MAKER,
            at=NEXT_NOON,
        )
        ApprovalDecision.objects.create(
            request=request,
            maker=MAKER,
            approver=CHECKER.actor,
            decision="approve",
            second_factor="totp",
            digest=digest_of(payload),
            at=NEXT_NOON,
        )
        ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)

    # When, Then
    with pytest.raises(REFUSED, match="no approval by other people"):
        Settlement.objects.filter(pk=settlement.pk).update(
            status="approved", approval=request, approved_digest=b"\1" * 32
        )


# --- payouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bring", [drafted_settlement, submitted_settlement])
def test_no_payout_of_what_nobody_approved(merchant, bring):
    # Given
    settlement = bring(merchant)

    # When, Then
    with pytest.raises(REFUSED, match="is not of an approved settlement"):
        make_payout(settlement)


@pytest.mark.parametrize("other", [{"amount_minor": 9_801}, {"currency": "EUR"}])
def test_a_payout_pays_all_of_its_settlement(merchant, other):
    # Given
    settlement = approved_settlement(merchant)
    Payout.objects.update(status="sending")
    Payout.objects.update(status="failed")

    # When, Then
    with pytest.raises(REFUSED, match="is not of an approved settlement"):
        make_payout(settlement, **other)


def test_a_settlement_has_one_live_payout(merchant):
    # Given
    settlement = approved_settlement(merchant)

    # When, Then
    with pytest.raises(IntegrityError, match="settlements_payout_one_live"):
        make_payout(settlement)


def test_a_settlement_that_is_being_paid_has_no_second_payout(merchant, bank):
    # Given
    settlement = approved_settlement(merchant)
    exported_file(bank)

    # When, Then
    with pytest.raises(IntegrityError, match="is not of an approved settlement"):
        make_payout(settlement)


@pytest.mark.parametrize("other", ["destination_id", "approval_id"])
def test_a_payout_goes_where_two_people_agreed_that_it_goes(merchant, bank, other):
    # Given
    settlement = approved_settlement(merchant)
    Payout.objects.update(status="sending")
    Payout.objects.update(status="failed")
    elsewhere = settled_merchant()
    available_money(elsewhere)
    stranger = approved_settlement(elsewhere)

    # When, Then
    with pytest.raises(IntegrityError, match="is not of an approved settlement"):
        make_payout(settlement, **{other: getattr(stranger, other)})
    with pytest.raises(REFUSED, match="never changes"):
        Payout.objects.filter(settlement=settlement).update(**{other: getattr(stranger, other)})


def test_no_payout_leaves_before_its_approval_was_executed(merchant):
    # Given
    settlement = approved_settlement(merchant)

    # When, Then
    with pytest.raises(IntegrityError, match="leaves without an executed approval"):
        Payout.objects.filter(settlement=settlement).update(entry_id=settlement.hold_entry_id)


def test_a_payout_keeps_its_amount_and_its_order(merchant):
    # Given
    approved_settlement(merchant)

    # When, Then
    for column, value in (("amount_minor", 1), ("currency", "EUR"), ("settlement_id", "stl_x")):
        with pytest.raises(REFUSED, match="never changes"):
            Payout.objects.update(**{column: value})


# --- settlements and their lines ----------------------------------------------------------------


def test_a_line_is_in_one_live_settlement(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    line = BalanceTransaction.objects.get()

    # When, Then
    with pytest.raises(IntegrityError, match="settlements_item_one_live"):
        SettlementItem.objects.create(
            settlement=settlement, balance_transaction=line, net_minor=line.net_minor
        )


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

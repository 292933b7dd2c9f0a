# ruff: noqa: F811  fixtures are imported
"""What the database refuses to everyone: ORM, raw SQL, and who owns the tables."""

import re

import psycopg
import pytest
from django.db import IntegrityError, transaction

from ledger.actions.approvals import digest_of, request_approval
from ledger.models import ApprovalDecision, ApprovalRequest
from settlements.models import Payout, Settlement
from settlements.states import PAYOUT, SETTLEMENT
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    approved_settlement,
    available_money,
    drafted_settlement,
    settled_merchant,
    submitted_settlement,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.database import owner_connection
from tests.settlements.settled_rows import REFUSED, bank, make_payout, merchant, run_sql  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


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

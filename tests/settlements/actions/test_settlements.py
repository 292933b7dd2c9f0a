# ruff: noqa: F811  fixtures are imported
"""One person submits, another decides on exactly what was shown; who gives up gives all back."""

from datetime import timedelta

import pytest

from ledger.errors import (
    ApprovalExpiredError,
    IllegalMoveError,
    SelfApprovalError,
    StaleApprovalError,
)
from ledger.models import ApprovalDecision, ApprovalRequest, AuditEntry
from payments.models import ChannelOperation, Event
from settlements.actions import settlements
from settlements.errors import (
    NoBankAccountError,
    NoDestinationError,
    SettlementNotFoundError,
)
from settlements.models import Destination, Payout, Settlement
from settlements.queries.integrity import verify
from settlements.queries.settlements import settlements_to_decide, settlements_to_submit
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    OTHER_CHECKER,
    available_money,
    destination_of,
    drafted_settlement,
    house,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.instants import NEXT_NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.settled_house import merchant  # noqa: F401

pytestmark = pytest.mark.django_db


def approve(settlement: Settlement, *, digest: bytes | None = None, decider=CHECKER, at=NEXT_NOON):
    return settlements.approve_settlement(
        settlement.pk,
        shown_digest=shown_digest(settlement) if digest is None else digest,
        decider=decider,
        at=at,
    )


# --- submit -------------------------------------------------------------------------------------


def test_submitting_asks_for_another_person(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When
    settlements.submit_settlement(
        settlement.pk, actor=MAKER, at=NEXT_NOON, client_ip="203.0.113.1", request_id="req-1"
    )

    # Then
    settlement.refresh_from_db()
    request = ApprovalRequest.objects.get()
    assert (settlement.status, settlement.approval_id) == ("submitted", request.pk)
    assert (request.kind, request.object_id, request.maker) == ("settlement", settlement.pk, MAKER)
    assert bytes(request.digest) == shown_digest(settlement)
    destination = Destination.objects.get()
    assert request.payload == {
        "settlement": settlement.pk,
        "merchant": merchant.id,
        "currency": "CNY",
        "net_minor": 9_700,
        "item_count": 2,
        "items_net_minor": 9_700,
        "business_date": "2026-03-06",
        "destination": destination.pk,
        "destination_version": 1,
        "destination_is_active": True,
        "fee_plan": merchant.fee_plan_id,
        "fee_plan_version": 1,
    }
    audit = AuditEntry.objects.get(action="settlement.submitted")
    assert (audit.actor, audit.client_ip, audit.request_id) == (MAKER, "203.0.113.1", "req-1")
    assert list(settlements_to_decide()) == [settlement]
    assert not settlements_to_submit().exists()


def test_submits_to_the_account_of_this_moment(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    new = destination_of(merchant, account_no="6222020000000000002")

    # When
    settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)

    # Then
    settlement.refresh_from_db()
    assert settlement.destination == new


def test_refuses_to_submit_twice_and_writes_nothing(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)


def test_refuses_to_submit_where_no_account_is_active(merchant):
    # Given
    settlement = drafted_settlement(merchant)
    Destination.objects.update(is_active=False)

    # When, Then
    with nothing_written(), pytest.raises(NoDestinationError):
        settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)
    settlement.refresh_from_db()
    assert settlement.status == "draft"


def test_says_so_when_there_is_no_such_settlement():
    with nothing_written(), pytest.raises(SettlementNotFoundError):
        settlements.submit_settlement("stl_none", actor=MAKER, at=NEXT_NOON)
    with nothing_written(), pytest.raises(SettlementNotFoundError):
        settlements.cancel_settlement("stl_none", actor=MAKER, at=NEXT_NOON, reason="why not")


# --- approve ------------------------------------------------------------------------------------


def test_approving_queues_one_payout_at_our_bank(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When
    approve(settlement)

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "approved"
    assert bytes(settlement.approved_digest) == shown_digest(settlement)
    payout = Payout.objects.get()
    operation = ChannelOperation.objects.get(kind="payout")
    assert (payout.settlement, payout.operation) == (settlement, operation)
    assert (payout.status, payout.amount_minor, payout.currency) == ("queued", 9_700, "CNY")
    assert (operation.status, operation.amount_minor, operation.subject) == (
        "prepared",
        9_700,
        payout.pk,
    )
    assert operation.channel_no == payout.pk.replace("_", "").upper()
    assert len(operation.channel_no) == 28
    assert operation.channel_account.channel == "bank"
    assert operation.next_query_at is None
    decision = ApprovalDecision.objects.get()
    assert (decision.maker, decision.approver, decision.second_factor) == (
        MAKER,
        CHECKER.actor,
        "totp",
    )
    assert [
        event.kind for event in Event.objects.filter(subject=settlement.pk).order_by("sequence")
    ] == [
        "settlement.drafted",
        "settlement.submitted",
        "settlement.approved",
    ]
    assert verify().violations == []


def test_nobody_approves_what_they_submitted(merchant):
    # Given
    settlement = submitted_settlement(merchant)
    maker = type(CHECKER)(actor=MAKER, client_ip="203.0.113.1", second_factor="totp")

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        approve(settlement, decider=maker)
    settlement.refresh_from_db()
    assert settlement.status == "submitted"


def test_refuses_when_the_account_changed_after_it_was_shown(merchant):
    # Given
    settlement = submitted_settlement(merchant)
    digest = shown_digest(settlement)
    destination_of(merchant, account_no="6222020000000000002")

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(settlement, digest=digest)
    # Nor does looking again help: what was submitted is about the old account.
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(settlement)
    assert not Payout.objects.exists()


def test_refuses_a_digest_of_something_else(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        approve(settlement, digest=b"\0" * 32)


def test_refuses_after_the_request_has_expired(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(ApprovalExpiredError):
        approve(settlement, at=NEXT_NOON + timedelta(days=7))


def test_refuses_to_approve_a_draft_or_twice(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        approve(settlement, digest=b"\0" * 32)

    settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)
    approve(settlement)
    with nothing_written(), pytest.raises(IllegalMoveError):
        approve(settlement, decider=OTHER_CHECKER)


def test_refuses_where_no_bank_account_of_ours_pays_out():
    # Given
    merchant = settled_merchant()
    bank = house().bank
    available_money(merchant)
    settlement = submitted_settlement(merchant)
    type(bank).objects.filter(channel="bank").update(is_enabled=False)

    # When, Then
    with nothing_written(), pytest.raises(NoBankAccountError):
        approve(settlement)
    settlement.refresh_from_db()
    assert settlement.status == "submitted"

# ruff: noqa: F811  fixtures are imported
"""Settlements that are rejected, cancelled, or released from review."""

import pytest

from ledger.errors import (
    IllegalMoveError,
    SelfApprovalError,
)
from ledger.models import ApprovalRequest, AuditEntry
from payments.models import BalanceTransaction
from risk.models import LimitCounter
from settlements.actions import settlements
from settlements.errors import (
    ReasonMissingError,
)
from settlements.models import Payout, Settlement
from settlements.queries.integrity import verify
from settlements.queries.settlements import items_of
from tests.books import assert_balances, assert_entry
from tests.factories.settlements import (
    CHECKER,
    MAKER,
    approved_settlement,
    available_money,
    drafted_settlement,
    exported_file,
    house,
    settled_merchant,
    shown_digest,
    submitted_settlement,
)
from tests.instants import MONDAY, NEXT_NOON
from tests.rig.rows import nothing_written
from tests.settlements.actions.settled_house import merchant  # noqa: F401

pytestmark = pytest.mark.django_db


def reject(settlement: Settlement, *, reason: str = "wrong account", decider=CHECKER):
    return settlements.reject_settlement(
        settlement.pk,
        shown_digest=shown_digest(settlement),
        decider=decider,
        at=NEXT_NOON,
        reason=reason,
    )


def cancel(settlement: Settlement, *, reason: str = "asked by the merchant"):
    return settlements.cancel_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON, reason=reason)


# --- reject, cancel -----------------------------------------------------------------------------


def test_rejecting_gives_money_lines_fee_and_limits_back(merchant, laws_now):
    # Given
    settlement = submitted_settlement(merchant)

    # When
    reject(settlement)

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "rejected"
    assert not items_of(settlement).filter(released_at=None).exists()
    assert_entry(f"{settlement.pk}:release", "Dr 2003 97.00 CNY\nCr 2002 97.00 CNY")
    assert_entry(f"{settlement.pk}:fee:reversal", "Dr 4002 1.00 CNY\nCr 2002 1.00 CNY")
    assert_balances(merchant.id, settlement_hold="0", merchant_available="98", payout_fee="0")
    returned = BalanceTransaction.objects.filter(kind="payout_fee").latest("pk")
    assert (returned.fee_minor, returned.net_minor, returned.source) == (-100, 100, settlement.pk)
    assert LimitCounter.objects.get(deed="settlement").used_minor == 0
    audit = AuditEntry.objects.get(subject=settlement.pk, after__status="rejected")
    assert (audit.actor, audit.reason) == (CHECKER.actor, "wrong account")
    laws_now()
    assert verify().violations == []


def test_what_was_rejected_is_drafted_again_by_the_next_run(merchant, laws_now):
    # Given
    rejected = reject(submitted_settlement(merchant))

    # When
    again = drafted_settlement(merchant, business_date=MONDAY)

    # Then: the payment, the fee, its return, and the new fee.
    assert again.pk != rejected.pk
    assert (again.net_minor, again.item_count) == (9_700, 4)
    laws_now()
    assert verify().violations == []


def test_rejecting_needs_a_reason(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(ReasonMissingError):
        reject(settlement, reason="  ")


def test_nobody_rejects_what_they_submitted(merchant):
    # Given
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(SelfApprovalError):
        reject(settlement, decider=type(CHECKER)(actor=MAKER))
    settlement.refresh_from_db()
    assert settlement.status == "submitted"


@pytest.mark.parametrize("bring", [drafted_settlement, submitted_settlement])
def test_cancelling_before_approval_gives_everything_back(merchant, bring, laws_now):
    # Given
    settlement = bring(merchant)

    # When
    cancel(settlement)

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "cancelled"
    assert_balances(merchant.id, settlement_hold="0", merchant_available="98", payout_fee="0")
    assert not ApprovalRequest.objects.exclude(state="voided").exists()
    laws_now()
    assert verify().violations == []


def test_cancelling_an_approved_one_takes_its_payout_with_it(merchant, laws_now):
    # Given
    settlement = approved_settlement(merchant)

    # When
    cancel(settlement)

    # Then
    payout = Payout.objects.select_related("operation").get()
    assert (payout.status, payout.status_code) == ("failed", "cancelled")
    assert (payout.operation.status, payout.entry_id) == ("failed", None)
    assert ApprovalRequest.objects.get().state == "voided"
    assert_balances(merchant.id, settlement_hold="0", merchant_available="98")
    laws_now()
    assert verify().violations == []


def test_nothing_is_cancelled_once_it_is_at_the_bank(merchant):
    # Given
    settlement = approved_settlement(merchant)
    exported_file(Payout.objects.get().operation.channel_account)

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        cancel(settlement)


def test_cancelling_needs_a_reason(merchant):
    # Given
    settlement = drafted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(ReasonMissingError):
        cancel(settlement, reason="")


# --- review -------------------------------------------------------------------------------------


def over_the_limit() -> Settlement:
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(1_100_000,), channel=house().channel)
    return drafted_settlement(merchant)


def test_a_reviewed_settlement_is_released_with_a_reason():
    # Given
    settlement = over_the_limit()
    assert settlement.status == "review"

    # When
    settlements.release_review(settlement.pk, actor="user:7", at=NEXT_NOON, reason="known campaign")

    # Then
    settlement.refresh_from_db()
    assert (settlement.status, settlement.status_code) == ("draft", "")
    audit = AuditEntry.objects.get(action="settlement.draft")
    assert (audit.actor, audit.reason) == ("user:7", "known campaign")
    settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)


def test_what_is_in_review_cannot_be_submitted():
    # Given
    settlement = over_the_limit()

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        settlements.submit_settlement(settlement.pk, actor=MAKER, at=NEXT_NOON)


def test_only_what_is_in_review_is_released(merchant):
    # Given: submitted settlements may go back to draft, but not through this door.
    settlement = submitted_settlement(merchant)

    # When, Then
    with nothing_written(), pytest.raises(IllegalMoveError):
        settlements.release_review(settlement.pk, actor="user:7", at=NEXT_NOON, reason="why not")
    with nothing_written(), pytest.raises(ReasonMissingError):
        settlements.release_review(settlement.pk, actor="user:7", at=NEXT_NOON, reason="")


def test_a_reviewed_settlement_can_be_cancelled():
    # Given
    settlement = over_the_limit()

    # When
    cancel(settlement)

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "cancelled"
    assert_balances(settlement.merchant_id, merchant_available="10780.00", settlement_hold="0")

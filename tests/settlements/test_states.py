"""Settlements and payouts move as the page of states says, and not otherwise."""

from settlements.states import (
    LIVE_PAYOUTS,
    PAYOUT,
    SETTLEMENT,
    PayoutStatus,
    SettlementStatus,
)


def test_settlements() -> None:
    assert SETTLEMENT.as_trigger_argument().split(",") == [
        "approval_expired>draft",
        "approved>approval_expired",
        "approved>cancelled",
        "approved>on_hold",
        "approved>paying",
        "draft>cancelled",
        "draft>on_hold",
        "draft>review",
        "draft>submitted",
        "on_hold>approved",
        "on_hold>draft",
        "on_hold>submitted",
        "paid>returned",
        "pay_failed>cancelled",
        "pay_failed>paying",
        "paying>paid",
        "paying>pay_failed",
        "returned>cancelled",
        "returned>paying",
        "review>cancelled",
        "review>draft",
        "submitted>approved",
        "submitted>cancelled",
        "submitted>draft",
        "submitted>on_hold",
        "submitted>rejected",
    ]
    assert SETTLEMENT.terminal == {SettlementStatus.REJECTED, SettlementStatus.CANCELLED}


def test_nothing_is_paid_out_without_approval() -> None:
    before_paying = {old for old in SettlementStatus if SETTLEMENT.allows(old, "paying")}

    assert before_paying == {
        SettlementStatus.APPROVED,
        SettlementStatus.PAY_FAILED,
        SettlementStatus.RETURNED,
    }


def test_payouts() -> None:
    assert PAYOUT.as_trigger_argument().split(",") == [
        "awaiting_recipient>cancelled",
        "awaiting_recipient>expired",
        "awaiting_recipient>processing",
        "awaiting_recipient>succeeded",
        "exported>failed",
        "exported>manual_review",
        "exported>succeeded",
        "manual_review>failed",
        "manual_review>succeeded",
        "processing>failed",
        "processing>manual_review",
        "processing>succeeded",
        "queued>sending",
        "sending>awaiting_recipient",
        "sending>exported",
        "sending>failed",
        "sending>processing",
        "sending>queued",
        "sending>succeeded",
        "sending>unknown",
        "succeeded>returned",
        "unknown>failed",
        "unknown>manual_review",
        "unknown>processing",
        "unknown>succeeded",
    ]
    assert PAYOUT.terminal == {
        PayoutStatus.FAILED,
        PayoutStatus.EXPIRED,
        PayoutStatus.CANCELLED,
        PayoutStatus.RETURNED,
    }


def test_a_payout_is_live_until_its_outcome_is_certain() -> None:
    assert set(LIVE_PAYOUTS) == set(PayoutStatus) - PAYOUT.terminal - {PayoutStatus.SUCCEEDED}

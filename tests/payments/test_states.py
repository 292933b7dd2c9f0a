"""Payments and orders to channels move as the page of states says, and not otherwise."""

import pytest

from ledger.errors import IllegalMoveError
from payments.states import (
    ATTEMPT,
    DEAD_REFUNDS,
    LIVE_ATTEMPTS,
    OPERATION,
    PAYMENT,
    REFUND,
    OperationStatus,
    PaymentStatus,
    RefundStatus,
)


def test_orders_to_a_channel() -> None:
    assert OPERATION.as_trigger_argument().split(",") == [
        "awaiting_payer>closed",
        "awaiting_payer>failed",
        "awaiting_payer>manual_review",
        "awaiting_payer>succeeded",
        "awaiting_payer>unknown",
        # Beyond the page: a channel may confirm money on an order that was closed (ADR 0015).
        "closed>succeeded",
        # Beyond the page: people found that a refund was made after all (ADR 0025), or money came
        # by an order to pay (ADR 0028).
        "failed>succeeded",
        # Beyond the page: people found that nothing was paid, and the channel may know better.
        "manual_review>closed",
        "manual_review>failed",
        "manual_review>succeeded",
        # Beyond the page: two people have an abnormal refund delivered elsewhere (ADR 0022).
        "manual_review>unknown",
        "prepared>sending",
        "processing>closed",
        "processing>failed",
        "processing>manual_review",
        "processing>succeeded",
        "processing>unknown",
        "sending>awaiting_payer",
        "sending>failed",
        "sending>prepared",
        "sending>processing",
        "sending>succeeded",
        "sending>unknown",
        # Beyond the page: the money of a refund came back (ADR 0025).
        "succeeded>manual_review",
        # Beyond the page, two moves to waiting: a query may find the order alive (ADR 0011).
        "unknown>awaiting_payer",
        "unknown>closed",
        "unknown>failed",
        "unknown>manual_review",
        "unknown>processing",
        "unknown>succeeded",
    ]
    assert OPERATION.terminal == set()


def test_an_attempt_mirrors_its_operation() -> None:
    moves = set(OPERATION.as_trigger_argument().split(","))
    assert set(ATTEMPT.as_trigger_argument().split(",")) == moves - {"succeeded>manual_review"}


def test_an_attempt_is_live_until_its_outcome_is_certain() -> None:
    over = {OperationStatus.FAILED, OperationStatus.CLOSED}
    assert set(LIVE_ATTEMPTS) == set(OperationStatus) - ATTEMPT.terminal - over


def test_payments() -> None:
    assert PAYMENT.as_trigger_argument().split(",") == [
        "authorized>closing",
        "authorized>paid",
        "awaiting_payment>authorized",
        "awaiting_payment>closing",
        "awaiting_payment>conflicted",
        "awaiting_payment>paid",
        "closed>paid_late",
        "closing>closed",
        "closing>conflicted",
        "closing>paid",
        "conflicted>paid",
        "conflicted>refunding_late",
        "created>awaiting_payment",
        "created>closed",
        "created>rejected",
        "created>risk_review",
        "paid_late>paid",
        "paid_late>refunding_late",
        "refunding_late>refunded_late",
        "risk_review>created",
        "risk_review>rejected",
    ]
    assert PAYMENT.terminal == {
        PaymentStatus.PAID,
        PaymentStatus.REJECTED,
        PaymentStatus.REFUNDED_LATE,
    }


@pytest.mark.parametrize("status", list(PaymentStatus))
def test_a_paid_payment_stays_paid(status: PaymentStatus) -> None:
    with pytest.raises(IllegalMoveError):
        PAYMENT.require_move(PaymentStatus.PAID, status)


def test_refunds() -> None:
    assert REFUND.as_trigger_argument().split(",") == [
        "abnormal>settled_by_hand",
        "abnormal>submitting",
        # Beyond the page: what two people found, and what came back (ADR 0025).
        "failed>succeeded",
        "funding_required>cancelled",
        "funding_required>submitting",
        # Beyond the page: approved, and then nobody could pay it yet (ADR 0015).
        "pending_approval>cancelled",
        "pending_approval>funding_required",
        "pending_approval>rejected",
        "pending_approval>submitting",
        "processing>abnormal",
        "processing>failed",
        "processing>reversed",
        "processing>succeeded",
        "processing>unknown",
        "requested>funding_required",
        "requested>pending_approval",
        "requested>submitting",
        "reversed>failed",
        "reversed>settled_by_hand",
        "reversed>submitting",
        "submitting>abnormal",
        "submitting>failed",
        "submitting>processing",
        "submitting>reversed",
        "submitting>succeeded",
        "submitting>unknown",
        "succeeded>reversed",
        "unknown>abnormal",
        "unknown>failed",
        "unknown>processing",
        "unknown>reversed",
        "unknown>succeeded",
    ]


def test_a_refund_that_ended_without_the_payers_money_is_dead() -> None:
    assert set(DEAD_REFUNDS) == {
        RefundStatus.FAILED,
        *REFUND.terminal - {RefundStatus.SETTLED_BY_HAND},
    }

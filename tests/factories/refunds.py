"""Refunds as they are asked for and answered; a test states only what matters."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ledger.identifiers import new_id
from payments.actions import (
    operations,
    refund_orders,
    refunds,
)
from payments.actions.refund_shares import ShareRequest
from payments.actions.refunds import RefundRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    Payment,
    Refund,
)
from tests.instants import NOON


def refund_asked(
    payment: Payment,
    *,
    amount_minor: int | None = None,
    shares: Mapping[str, int] | None = None,
    unallocated_minor: int = 0,
    merchant_id: str | None = None,
    capture_id: str | None = None,
    refund_no: str = "",
    at: datetime = NOON,
    actor: str = "key:test",
) -> Refund:
    """Ask for a refund through the action, as the API would; without an amount all that is left.

    `shares` are amounts by merchant id.
    """
    with transaction.atomic():
        return refunds.request_refund(
            RefundRequest(
                payment_id=payment.pk,
                merchant_refund_no=refund_no or new_id("no")[:40],
                reason="Returned goods",
                amount_minor=amount_minor,
                shares=[ShareRequest(*share) for share in (shares or {}).items()],
                unallocated_minor=unallocated_minor,
                merchant_id=merchant_id,
                capture_id=capture_id,
            ),
            actor=actor,
            at=at,
        )


def answered_refund(refund: Refund, outcome: Outcome, *, at: datetime = NOON) -> Refund:
    """Record what a channel says of a submitted refund, without the channel.

    It takes the engine's own steps: claim, then record.
    """
    with transaction.atomic():
        lease = operations.claim_to_send(refund.pk) or operations.claim_to_ask(
            refund.pk, is_notified=True
        )
    assert lease is not None
    refund_orders._record(refund.pk, lease=lease, outcome=outcome, at=at)
    refund.refresh_from_db()
    return refund


def refunded(refund: Refund, *, fee_minor: int | None = None, at: datetime = NOON) -> Refund:
    """Let the channel say that a refund succeeded at `at`."""
    return answered_refund(
        refund,
        Outcome(
            OutcomeKind.SUCCEEDED,
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            paid_at=at,
            fee_minor=fee_minor,
        ),
        at=at,
    )


def failed_refund(refund: Refund, *, at: datetime = NOON) -> Refund:
    """Let the channel say that a refund certainly failed."""
    return answered_refund(refund, Outcome(OutcomeKind.FAILED, code="REFUSED"), at=at)

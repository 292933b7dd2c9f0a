"""Paying a settlement again after its payout failed or came back: a new payout, two people.

Each payout is a new order under a new number, with its own approval. Nothing is paid again while
anything of it may still move, so an outcome that nobody knows is never tried again.
"""

from datetime import datetime

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import ApprovalClosedError, IllegalMoveError
from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from settlements import locks, states
from settlements.actions import contradictions, judgements, payout_orders, transfer_outcomes
from settlements.actions.settlements import APPROVAL_KIND, require_shown, settlement_payload
from settlements.errors import (
    NoDestinationError,
    ReasonMissingError,
    SameDestinationError,
)
from settlements.models import Destination, Payout, Settlement
from settlements.queries.destinations import active_destination
from settlements.queries.payouts import newest_payout
from settlements.states import LIVE_PAYOUTS, PayoutStatus, SettlementStatus

RETRYABLE = (SettlementStatus.PAY_FAILED, SettlementStatus.RETURNED)


@transaction.atomic(durable=True)
def retry_payout(
    settlement_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Settlement:
    """Ask another person to have a settlement paid again, to the merchant's account of now.

    A worker asks the channel once more: a transfer that it refused may turn out to be made, and
    is then not paid again. What came back needs another destination than before.

    Raises ReasonMissingError, SettlementNotFoundError, IllegalMoveError, PayoutContradictedError,
    NoDestinationError, SameDestinationError, SettlementStoppedError, or ApprovalClosedError when
    it was asked before; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    settlement = locks.locked_settlement(settlement_id)
    payout = _require_retryable(settlement)
    destination = _next_destination(settlement)
    before = settlement.destination_id
    settlement.destination = destination
    judgements.require_allowed_again(settlement, at=at)
    _ask_approval(settlement, actor=actor, at=at)
    transfer_outcomes.confirm_failure(payout, at=at)
    record_audit(
        action="settlement.retry_requested",
        subject=settlement.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"destination": before},
        after={"destination": destination.pk, "amount": settlement.net_minor},
    )
    return settlement


@transaction.atomic(durable=True)
def approve_retry(
    settlement_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> Settlement:
    """Agree that exactly what was shown is paid again: the new payout is queued.

    Raises SelfApprovalError, StaleApprovalError, SettlementStoppedError, PayoutContradictedError,
    FailureUnconfirmedError while the channel has not said again that the last one failed,
    NoBankAccountError, NoWalletError, IllegalMoveError, ApprovalClosedError, ApprovalExpiredError,
    AlreadyDecidedError or SettlementNotFoundError; nothing is written then.
    """
    settlement, request = _awaited(settlement_id)
    require_shown(settlement, shown_digest)
    transfer_outcomes.require_failure_confirmed(settlement.pk)
    judgements.require_allowed_again(settlement, at=at)
    request = approvals.decide(
        request.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        settlement.approved_digest = bytes(request.digest)
        settlement.approval = request
        settlement.save(update_fields=["approved_digest"])
        payout_orders.queue_payout(settlement, at=at)
    return settlement


@transaction.atomic(durable=True)
def reject_retry(
    settlement_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> Settlement:
    """Say no: the settlement stays as it is, and may be asked for again or be cancelled.

    Raises ReasonMissingError and what `approve_retry` raises; nothing is written then.
    """
    if not reason.strip():
        raise ReasonMissingError
    settlement, request = _awaited(settlement_id)
    approvals.decide(
        request.pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    return settlement


def _ask_approval(settlement: Settlement, *, actor: str, at: datetime) -> None:
    """Ask for the agreement to exactly this, to the destination that it was given just now."""
    settlement.approved_digest = None
    settlement.save(update_fields=["destination", "approved_digest"])
    settlement.approval = approvals.request_approval(
        kind=APPROVAL_KIND,
        object_type="settlement",
        object_id=settlement.pk,
        payload=settlement_payload(settlement),
        maker=actor,
        at=at,
        amount_minor=settlement.net_minor,
        currency=settlement.currency,
    )
    settlement.save(update_fields=["approval"])


def _require_retryable(settlement: Settlement) -> Payout:
    """Return the last payout, if it ended and none of the settlement may have been made."""
    payout = newest_payout(settlement.pk)
    if settlement.status not in RETRYABLE or payout is None or payout.status in LIVE_PAYOUTS:
        raise IllegalMoveError(
            noun=states.SETTLEMENT.noun,
            current=settlement.get_status_display(),
            new=SettlementStatus.PAYING.label,
        )
    contradictions.require_uncontradicted(settlement.pk)
    return payout


def _next_destination(settlement: Settlement) -> Destination:
    destination = active_destination(settlement.merchant_id, currency=settlement.currency)
    if destination is None:
        raise NoDestinationError(currency=settlement.currency)
    if settlement.status == SettlementStatus.RETURNED and _came_back_from(settlement, destination):
        raise SameDestinationError
    return destination


def _came_back_from(settlement: Settlement, destination: Destination) -> bool:
    return Payout.objects.filter(
        settlement=settlement,
        status=PayoutStatus.RETURNED,
        destination__account_index=destination.account_index,
        destination__kind=destination.kind,
    ).exists()


def _awaited(settlement_id: str) -> tuple[Settlement, ApprovalRequest]:
    """Return the locked settlement with the request that waits for another person."""
    settlement = locks.locked_settlement(settlement_id)
    _require_retryable(settlement)
    request = settlement.approval
    assert request is not None, "what was paid once has its request"
    if request.state != ApprovalState.PENDING:
        raise ApprovalClosedError(object_id=settlement.pk)
    return settlement, request

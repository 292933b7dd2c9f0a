"""Drafting settlements, submitting them, and deciding on them by two people."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction

from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.errors import IllegalMoveError, StaleApprovalError
from ledger.money import exponent
from ledger.states import ApprovalState
from risk.queries.screenings import screenings_of
from settlements import locks, states
from settlements.actions import drafts, judgements, moves, payout_orders, releases
from settlements.actions.drafts import Chunk, SkippedMerchant
from settlements.actions.transfer_outcomes import require_failure_confirmed
from settlements.errors import NoDestinationError, ReasonMissingError
from settlements.models import Settlement, SettlementBatch
from settlements.queries.destinations import active_destination
from settlements.queries.settlements import payloads_of
from settlements.states import SettlementStatus

APPROVAL_KIND = "settlement"


@dataclass(slots=True)
class DraftResult:
    """What a run did: settlements drafted (some of them into review), merchants carried on.

    `carried` have too little for a settlement; `skipped` wait for somebody, with the reason.
    A run that goes on after a crash counts what it did itself.
    """

    batch: SettlementBatch
    looked_at: int = 0
    drafted: int = 0
    in_review: int = 0
    carried: int = 0
    net_minor: int = 0
    skipped: list[SkippedMerchant] = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        """Count one chunk of merchants."""
        self.looked_at += chunk.looked_at
        self.drafted += chunk.drafted
        self.in_review += chunk.in_review
        self.carried += chunk.carried
        self.net_minor += chunk.net_minor
        self.skipped += chunk.skipped


def draft_settlements(
    *,
    currency: str,
    business_date: date,
    actor: str,
    at: datetime,
    on_progress: Callable[[int], None] | None = None,
) -> DraftResult:
    """Draft a settlement for every merchant with money available on a business day.

    It takes the lines available on `business_date` (BUSINESS_TIME_ZONE) that are in no live
    settlement, charges the payout fee and holds the net. Runs in chunks of merchants, each its
    own transaction: after a crash the same call goes on, and a merchant is drafted once per
    currency and day. `on_progress` is told how many merchants were looked at so far.

    Raises UnknownCurrencyError; nothing is written then.
    """
    exponent(currency)
    result = DraftResult(batch=_open_batch(currency, business_date=business_date, at=at))
    after_id = 0
    while True:
        chunk = _draft_chunk(result.batch, after_id=after_id, actor=actor, at=at)
        if not chunk.looked_at:
            return result
        after_id = chunk.last_account_id
        result.add(chunk)
        if on_progress is not None:
            on_progress(result.looked_at)


@transaction.atomic(durable=True)
def _open_batch(currency: str, *, business_date: date, at: datetime) -> SettlementBatch:
    """Return the day's batch; whoever opens it at the same moment gets the same one."""
    SettlementBatch.objects.bulk_create(
        [SettlementBatch(currency=currency, business_date=business_date, started_at=at)],
        ignore_conflicts=True,
    )
    return SettlementBatch.objects.get(currency=currency, business_date=business_date)


@transaction.atomic(durable=True)
def _draft_chunk(batch: SettlementBatch, *, after_id: int, actor: str, at: datetime) -> Chunk:
    return drafts.draft_chunk(batch, after_id=after_id, actor=actor, at=at)


def settlement_payload(settlement: Settlement) -> dict[str, Any]:
    """Return what people are shown and agree to; its digest is what an approval is about."""
    return payloads_of([settlement.pk])[settlement.pk]


@transaction.atomic(durable=True)
def submit_settlement(
    settlement_id: str,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> Settlement:
    """Ask another person to approve a draft, to the merchant's account of this moment.

    Risk judges it once more, with that account; what an officer let pass does not stop it again.

    Raises SettlementNotFoundError, IllegalMoveError, SettlementStoppedError, or NoDestinationError
    when the merchant has no active account; nothing is written then.
    """
    settlement = locks.locked_settlement(settlement_id)
    states.SETTLEMENT.require_move(settlement.status, SettlementStatus.SUBMITTED)
    destination = active_destination(settlement.merchant_id, currency=settlement.currency)
    if destination is None:
        raise NoDestinationError(currency=settlement.currency)
    settlement.destination = destination
    judgements.require_allowed_again(settlement, at=at)
    settlement.save(update_fields=["destination"])
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
    settlement.approved_digest = None
    moves.move(
        settlement,
        SettlementStatus.SUBMITTED,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
    )
    return settlement


@transaction.atomic(durable=True)
def approve_settlement(
    settlement_id: str, *, shown_digest: bytes, decider: Decider, at: datetime
) -> Settlement:
    """Agree to exactly what was shown. The last agreement that is needed queues the payout.

    Raises SelfApprovalError for the one who submitted it, StaleApprovalError when the settlement
    is no longer what was shown, SettlementStoppedError when risk stops it now, NoBankAccountError
    or NoWalletError when nobody could pay it, IllegalMoveError, ApprovalExpiredError,
    AlreadyDecidedError or SettlementNotFoundError; nothing is written then.
    """
    settlement = locks.locked_settlement(settlement_id)
    states.SETTLEMENT.require_move(settlement.status, SettlementStatus.APPROVED)
    require_shown(settlement, shown_digest)
    judgements.require_allowed_again(settlement, at=at)
    assert settlement.approval_id is not None, "what is submitted has its request"
    request = approvals.decide(
        settlement.approval_id, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state == ApprovalState.APPROVED:
        settlement.approved_digest = bytes(request.digest)
        moves.move(
            settlement,
            SettlementStatus.APPROVED,
            actor=decider.actor,
            at=at,
            client_ip=decider.client_ip,
            request_id=decider.request_id,
        )
        payout_orders.queue_payout(settlement, at=at)
    return settlement


@transaction.atomic(durable=True)
def reject_settlement(
    settlement_id: str, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> Settlement:
    """Say no: the money is available again, the lines are free, the payout fee is given back.

    Raises ReasonMissingError and what `approve_settlement` raises; nothing is written then.
    """
    _require_reason(reason)
    settlement, account = locks.locked_settlement_with_account(settlement_id)
    states.SETTLEMENT.require_move(settlement.status, SettlementStatus.REJECTED)
    assert settlement.approval_id is not None, "what is submitted has its request"
    approvals.decide(
        settlement.approval_id,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )
    moves.move(
        settlement,
        SettlementStatus.REJECTED,
        actor=decider.actor,
        at=at,
        reason=reason,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
    )
    releases.give_back(settlement, account=account, at=at, reason=reason)
    return settlement


@transaction.atomic(durable=True)
def cancel_settlement(
    settlement_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Settlement:
    """Give a settlement up, with its queued payout and its approval: its lines are free again.

    Raises ReasonMissingError, SettlementNotFoundError, IllegalMoveError once it is being paid, and
    PayoutContradictedError or FailureUnconfirmedError if it may have been; nothing is written then.
    """
    _require_reason(reason)
    settlement, account = locks.locked_settlement_with_account(settlement_id)
    states.SETTLEMENT.require_move(settlement.status, SettlementStatus.CANCELLED)
    require_failure_confirmed(settlement_id)
    payout_orders.drop_queued_payouts([settlement.pk], code="cancelled", at=at)
    if settlement.approval is not None:
        approvals.void(settlement.approval, at=at)
    moves.move(
        settlement,
        SettlementStatus.CANCELLED,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )
    releases.give_back(settlement, account=account, at=at, reason=reason)
    return settlement


@transaction.atomic(durable=True)
def release_review(
    settlement_id: str,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> Settlement:
    """Let a settlement go on that was over a limit: it is a draft again.

    Raises ReasonMissingError, SettlementNotFoundError, or IllegalMoveError when it is not in
    review; nothing is written then.
    """
    _require_reason(reason)
    settlement = locks.locked_settlement(settlement_id)
    if settlement.status != SettlementStatus.REVIEW:
        raise IllegalMoveError(
            noun=states.SETTLEMENT.noun,
            current=settlement.get_status_display(),
            new=SettlementStatus.DRAFT.label,
        )
    settlement.released_screening = screenings_of(settlement.pk)[0]
    settlement.save(update_fields=["released_screening"])
    moves.move(
        settlement,
        SettlementStatus.DRAFT,
        actor=actor,
        at=at,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )
    return settlement


def require_shown(settlement: Settlement, shown_digest: bytes) -> None:
    """Refuse what is no longer as it was shown. Raises StaleApprovalError."""
    if approvals.digest_of(settlement_payload(settlement)) != shown_digest:
        raise StaleApprovalError(object_id=settlement.pk)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissingError

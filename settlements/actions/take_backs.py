"""Taking settlements back whose approval is worth nothing any more: it changed, or is too old."""

from datetime import datetime
from functools import partial

from django.db import transaction

from ledger.actions import approval_ends
from ledger.actions.approvals import Decider
from ledger.errors import ApprovalExpiredError, StaleApprovalError
from ledger.rounds import each
from settlements import locks
from settlements.actions import moves, payouts
from settlements.actions.settlements import settlement_payload
from settlements.queries.settlements import settlements_approved_too_late
from settlements.states import SettlementStatus

TAKEN_BACK_AT_ONCE = 500


@transaction.atomic(durable=True)
def take_back_changed(settlement_id: str, *, decider: Decider, at: datetime) -> bool:
    """Make a draft of a submitted settlement that is no longer what its request was about.

    The request is void. Tells whether it was so; what failed or came back stays that, and may be
    asked for again. Doing it again does nothing more.
    """
    (settlement,) = locks.locked_settlements([settlement_id])
    request = settlement.approval
    if request is None or not approval_ends.void_changed(
        request, payload=settlement_payload(settlement), decider=decider, at=at
    ):
        return False
    if settlement.status == SettlementStatus.SUBMITTED:
        moves.move(
            settlement,
            SettlementStatus.DRAFT,
            code=StaleApprovalError.code,
            actor=decider.actor,
            at=at,
            client_ip=decider.client_ip,
            request_id=decider.request_id,
        )
    return True


def take_back_expired(*, actor: str, at: datetime) -> int:
    """Take back settlements that nobody decided on, or paid, in time; return how many.

    What was submitted or approved becomes a draft, which may be submitted again; its money stays
    on hold. What failed or came back stays that, and may be asked for again. Nothing was sent:
    queued payouts are dropped. Each is its own transaction; doing it again does nothing more.
    """
    ids = settlements_approved_too_late(at=at, limit=TAKEN_BACK_AT_ONCE)
    return each(
        partial(_take_back_expired, settlement_id, actor=actor, at=at) for settlement_id in ids
    )


@transaction.atomic(durable=True)
def _take_back_expired(settlement_id: str, *, actor: str, at: datetime) -> bool:
    """Take one back, unless somebody has just decided on it or paid it; tell whether it was."""
    (settlement,) = locks.locked_settlements([settlement_id])
    if settlement_id not in settlements_approved_too_late(at=at, among=[settlement_id], limit=1):
        return False
    assert settlement.approval is not None, "it is found by its request"
    approval_ends.end_expired(settlement.approval, actor=actor, at=at)
    code = ApprovalExpiredError.code
    if settlement.status == SettlementStatus.SUBMITTED:
        moves.move(settlement, SettlementStatus.DRAFT, code=code, actor=actor, at=at)
    else:
        payouts.set_back(settlement, code=code, actor=actor, at=at)
    return True

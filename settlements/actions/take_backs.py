"""Taking settlements back whose approval is worth nothing any more: it changed, or is too old."""

from datetime import datetime

from django.db import transaction

from ledger.actions import approval_ends
from ledger.actions.approvals import Decider
from ledger.errors import StaleApprovalError
from settlements import locks
from settlements.actions import moves
from settlements.actions.settlements import settlement_payload
from settlements.states import SettlementStatus


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

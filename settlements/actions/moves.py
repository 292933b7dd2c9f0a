"""Moving a settlement on, with what is told about it."""

from datetime import datetime

from django.db import connection

from ledger.actions.audit import record_audit
from payments.actions.events import record_event
from settlements import states
from settlements.models import Settlement
from settlements.states import SettlementStatus


def move(
    settlement: Settlement,
    status: SettlementStatus,
    *,
    actor: str,
    at: datetime,
    code: str = "",
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Move a locked settlement on and save it, with its event and audit row. A part.

    `code` is the stable reason of the state it goes to. Raises IllegalMoveError.
    """
    assert connection.in_atomic_block, "move is a part; open a transaction around it"
    was = settlement.status
    states.SETTLEMENT.require_move(was, status)
    settlement.status = status
    settlement.status_code = code
    settlement.save(
        update_fields=["status", "status_code", "approval", "approved_digest", "paid_at"]
    )
    facts = {
        "status": status.value,
        "code": code,
        "merchant": settlement.merchant_id,
        "amount": settlement.net_minor,
        "currency": settlement.currency,
    }
    record_event(kind=f"settlement.{status.value}", subject=settlement.pk, at=at, payload=facts)
    record_audit(
        action=f"settlement.{status.value}",
        subject=settlement.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"status": was},
        after=facts,
    )

"""Moving a manual entry to its next state, with all that is told of it. Parts only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from payments import states
from payments.actions.events import record_event
from payments.models import ManualEntry, ManualEntryKind
from payments.states import ManualEntryStatus

EVENTS = {
    ManualEntryKind.ADJUSTMENT_CREDIT: "merchant.adjusted",
    ManualEntryKind.ADJUSTMENT_DEBIT: "merchant.adjusted",
    ManualEntryKind.FREEZE: "merchant.money_frozen",
    ManualEntryKind.UNFREEZE: "merchant.money_unfrozen",
    ManualEntryKind.RESERVE_HOLD: "merchant.reserve_held",
    ManualEntryKind.RESERVE_RELEASE: "merchant.reserve_released",
    ManualEntryKind.DEBT_RECOVERY: "merchant.debt_recovered",
    ManualEntryKind.DEBT_WRITE_OFF: "merchant.debt_written_off",
}
"""What the outside is told once it is booked; what people ask and refuse is theirs alone."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who does something when (UTC), from where, and why."""

    actor: str
    at: datetime
    client_ip: str | None = None
    request_id: str = ""
    reason: str = ""

    @classmethod
    def of(cls, decider: Decider, *, at: datetime, reason: str = "") -> Occasion:
        """Take over what is known of a decider."""
        return cls(decider.actor, at, decider.client_ip, decider.request_id, reason)


def move(entry: ManualEntry, status: ManualEntryStatus, occasion: Occasion) -> None:
    """Move a locked manual entry on, with its audit row, and its event once it is booked. A part.

    Raises IllegalMoveError.
    """
    states.MANUAL_ENTRY.require_move(entry.status, status)
    entry.status = status
    entry.save(update_fields=["status", "entry", "booked_at"])
    tell(entry, occasion, what=status.value)
    if status == ManualEntryStatus.BOOKED:
        record_event(
            kind=EVENTS[ManualEntryKind(entry.kind)],
            subject=entry.pk,
            at=occasion.at,
            payload={
                "merchant": entry.merchant_account.merchant_id,
                "kind": entry.kind,
                "amount": entry.amount_minor,
                "currency": entry.currency,
            },
        )


def tell(entry: ManualEntry, occasion: Occasion, *, what: str) -> None:
    """Write the audit row of what was just done with a manual entry. A part."""
    record_audit(
        action=f"manual_entry.{what}",
        subject=entry.pk,
        actor=occasion.actor,
        at=occasion.at,
        client_ip=occasion.client_ip,
        request_id=occasion.request_id,
        reason=occasion.reason,
        after={
            "status": entry.status,
            "kind": entry.kind,
            "merchant": entry.merchant_account.merchant_id,
            "amount": entry.amount_minor,
            "currency": entry.currency,
            "reason_code": entry.reason_code,
        },
    )

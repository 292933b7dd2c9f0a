"""A refund that no channel could deliver and that left our bank account by hand. Parts only.

Whose deed it is knows the line of the bank's statement by which it left
(`settlements.actions.refunds_by_hand`): nothing leaves the bank in the books without one.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from ledger.actions import journal
from ledger.identifiers import new_id
from payments import locks, states
from payments.actions import refund_moves, remedy_moves
from payments.models import Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.postings import refunds as postings
from payments.postings.refunds import Occasion
from payments.states import OperationStatus, RefundStatus

SETTLED_BY_HAND = "SETTLED_BY_HAND"
"""Our own code of an order that ended because its money was paid by hand."""


@dataclass(frozen=True, slots=True)
class LeftBank:
    """From which account of ours the money left, by the bank's reference, on the bank's day."""

    bank_account_id: str
    reference: str
    paid_date: date


def drafted(refund: Refund, left: LeftBank, *, note: str, maker: str, at: datetime) -> RefundRemedy:
    """Return the way, not written yet: its request comes first."""
    return RefundRemedy(
        id=new_id("rmd"),
        refund=refund,
        kind=RemedyKind.BY_HAND,
        bank_account_id=left.bank_account_id,
        bank_reference=left.reference,
        paid_date=left.paid_date,
        note=note.strip(),
        maker=maker,
        created_at=at,
    )


def settle(
    refund: Refund, remedy: RefundRemedy, *, effective_date: date, actor: str, at: datetime
) -> list[int]:
    """Book what left the bank (E05h), and end the refund and its order; return the entries.

    The refund is locked by the caller, and its way has just been agreed to. The order ends as
    failed: the channel gave nothing. If it says later that it did, that is told to people.

    Raises IllegalMoveError for a refund that is not abnormal.
    """
    assert connection.in_atomic_block, "settle is a part; open a transaction around it"
    states.REFUND.require_move(refund.status, RefundStatus.SETTLED_BY_HAND)
    assert refund.operation_id is not None, "what is abnormal has its order"
    operation = refund.operation = locks.locked_operation(refund.operation_id)
    remedy_moves.end(remedy, RemedyStatus.DONE)
    occasion = Occasion(operation.channel_account_id, effective_date, at)
    entry_ids = _booked(refund, str(remedy.bank_account_id), occasion=occasion)
    states.OPERATION.require_move(operation.status, OperationStatus.FAILED)
    operation.status = OperationStatus.FAILED
    operation.code = SETTLED_BY_HAND
    operation.message = remedy.bank_reference
    operation.finished_at = at
    operation.next_query_at = None
    operation.save(update_fields=["status", "code", "message", "finished_at", "next_query_at"])
    refund_moves.move(refund, RefundStatus.SETTLED_BY_HAND, actor=actor, at=at, reason=remedy.note)
    return entry_ids


def _booked(refund: Refund, bank_account_id: str, *, occasion: Occasion) -> list[int]:
    parts = refund.allocations.select_related("allocation").order_by("place")
    entries = []
    for part in parts:
        part.refund = refund
        entries.append(postings.by_hand(part, bank_account_id=bank_account_id, occasion=occasion))
    if refund.unallocated_minor:
        entries.append(
            postings.by_hand_unallocated(refund, bank_account_id=bank_account_id, occasion=occasion)
        )
    return journal.post_entries(entries)

"""Refunds that were made and came back: their money is owed to the payer again. Parts only.

It waits in 2101, where two people end it: by another card of the payer's, by hand, or back to the
merchants. Money in suspense goes back to suspense by itself, where two people decide anew.
"""

from datetime import datetime

from django.db import connection

from ledger.errors import IllegalMoveError
from payments import states
from payments.actions import refund_bookings, refund_funding, refund_moves
from payments.models import ChannelOperation, Refund
from payments.states import OperationStatus, RefundStatus

CAME_BACK = "CAME_BACK"
"""Our own code of a refund that came back, where the channel gave none."""


def reverse(
    refund: Refund, operation: ChannelOperation, *, code: str, actor: str, at: datetime
) -> None:
    """Book that a refund which was made came back (E05i), and tell it. Both are locked.

    Its order is for people to look at from here on, and what is booked after this is of the
    refund's next turn.

    Raises IllegalMoveError for a refund that was not made.
    """
    assert connection.in_atomic_block, "reverse is a part; open a transaction around it"
    if refund.status != RefundStatus.SUCCEEDED:
        current, new = refund.get_status_display(), RefundStatus.REVERSED.label
        raise IllegalMoveError(noun=states.REFUND.noun, current=current, new=new)
    account_id = operation.channel_account_id
    if operation.status == OperationStatus.SUCCEEDED:
        operation.status = OperationStatus.MANUAL_REVIEW
        operation.finished_at = None
        operation.save(update_fields=["status", "finished_at"])
    refund_bookings.book_return(refund, channel_account_id=account_id, at=at)
    begin_anew(refund)
    refund_moves.move(refund, RefundStatus.REVERSED, code=code or CAME_BACK, actor=actor, at=at)
    if refund.parked_id is not None:
        refund_funding.give_back(refund, channel_account_id=account_id, at=at)
        end_order(operation, code=code or CAME_BACK, at=at)
        refund_moves.move(refund, RefundStatus.FAILED, code=code or CAME_BACK, actor=actor, at=at)


def begin_anew(refund: Refund) -> None:
    """Let what is booked of a locked refund from here on be of its next turn. A part."""
    refund.turn += 1
    refund.save(update_fields=["turn"])


def confirm_order(operation: ChannelOperation, *, at: datetime) -> None:
    """End as succeeded an order that failed here and was made after all. A part.

    From here on it is heard again: what it did may come back.
    """
    states.OPERATION.require_move(operation.status, OperationStatus.SUCCEEDED)
    operation.status = OperationStatus.SUCCEEDED
    operation.finished_at = at
    operation.save(update_fields=["status", "finished_at"])


def end_order(operation: ChannelOperation, *, code: str, at: datetime) -> None:
    """End the order of a refund of which the channel has all the money again. A part."""
    states.OPERATION.require_move(operation.status, OperationStatus.FAILED)
    operation.status = OperationStatus.FAILED
    operation.code = code
    operation.finished_at = at
    operation.next_query_at = None
    operation.save(update_fields=["status", "code", "finished_at", "next_query_at"])

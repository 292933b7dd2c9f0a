"""Ending other ways for refunds on which nobody decided in time; the refunds wait as before."""

from datetime import datetime
from functools import partial

from django.db import transaction

from ledger.rounds import each
from payments import locks
from payments.actions import remedy_moves
from payments.queries.refund_remedies import remedies_nobody_decided_on

EXPIRED_AT_ONCE = 500


def expire_remedies(*, actor: str, at: datetime) -> int:
    """End ways on which nobody decided in time, by hand or by the channel; return how many.

    No money moves. The refund may go another way, and a line of the bank's be named anew. Each is
    its own transaction; doing it again does nothing more.
    """
    refund_ids = remedies_nobody_decided_on(at=at, limit=EXPIRED_AT_ONCE)
    return each(partial(_expire, refund_id, actor=actor, at=at) for refund_id in refund_ids)


@transaction.atomic(durable=True)
def _expire(refund_id: str, *, actor: str, at: datetime) -> bool:
    """End the open way of one refund, unless somebody has just decided on it; tell whether so."""
    locks.locked_refund(refund_id)
    return remedy_moves.end_if_late(refund_id, actor=actor, at=at)

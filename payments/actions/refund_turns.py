"""Whose turn it is when several refunds of one payment are to be sent. Parts only.

Channels want them apart (`ChannelTraits.refund_spacing`), those that are sent again as well. It is
decided in the transaction of the claim, under the lock of the payment, by the database's clock.
"""

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from ledger import jobs
from payments import locks
from payments.channels import registry
from payments.models import ChannelOperation, DatabaseClock, OperationKind, Refund
from payments.states import OperationStatus

_ON_ITS_WAY: Final = Q(status=OperationStatus.SENDING) | Q(
    status=OperationStatus.UNKNOWN, sends__gt=1
)
"""Orders that may be leaving at this moment while somebody holds their lease."""
_NEVER_SENT: Final = Q(status=OperationStatus.PREPARED, first_sent_at=None)


def is_its_turn(refund_id: str, at: datetime) -> bool:
    """Tell whether the order may be sent now, or again; else have it looked at when it may.

    Nothing else of its payment is claimed before the caller's transaction has ended.
    """
    assert connection.in_atomic_block, "it is decided in the transaction of the claim"
    refund = locks.locked_refund(refund_id)
    operation = ChannelOperation.objects.select_related("channel_account").get(
        pk=refund.operation_id
    )
    if operation.status not in (OperationStatus.PREPARED, OperationStatus.UNKNOWN):
        return True  # whether it may be claimed at all, the claim says
    turn = turn_of(refund, operation)
    if turn is None:
        return True
    have_sent(refund, operation, due_at=turn, at=at)
    return False


def have_sent(
    refund: Refund, operation: ChannelOperation, *, due_at: datetime | None, at: datetime
) -> None:
    """Have a prepared order sent, at `due_at` if not at once; one job of each waits at a time.

    The janitor looks at it then, and not before. One that was sent is asked about first.
    """
    if due_at is not None:
        ChannelOperation.objects.filter(pk=operation.pk).update(next_query_at=due_at)
    if operation.status == OperationStatus.PREPARED:
        jobs.defer(
            "payments.send_refund",
            at=at,
            due_at=due_at,
            queueing_lock=f"{operation.pk}:send",
            refund_id=refund.pk,
        )


def note_sent(operation: ChannelOperation) -> None:
    """Count the time to the next one from the answer: when it left, nobody knows exactly."""
    ChannelOperation.objects.filter(pk=operation.pk).update(last_sent_at=DatabaseClock())


def turn_of(refund: Refund, operation: ChannelOperation) -> datetime | None:
    """Return when the order may be sent beside the others of its payment; None: at once.

    Older ones that were never sent go first.
    """
    spacing = registry.TRAITS[operation.channel_account.channel].refund_spacing
    if not spacing:
        return None
    is_older = Q(created_at__lt=operation.created_at) | Q(
        created_at=operation.created_at, pk__lt=operation.pk
    )
    is_first = operation.status != OperationStatus.PREPARED  # it had its turn before
    others = ChannelOperation.objects.filter(
        kind=OperationKind.REFUND,
        refund__payment_id=refund.payment_id,
        channel_account_id=operation.channel_account_id,
    ).exclude(pk=operation.pk)
    known = others.aggregate(
        ahead=Count("pk", filter=_NEVER_SENT & is_older),
        last=Max(Coalesce("last_sent_at", "first_sent_at")),
        leaving=Count("pk", filter=_ON_ITS_WAY & Q(lease_until__gt=DatabaseClock())),
    )
    (now,) = ChannelOperation.objects.filter(pk=operation.pk).values_list(
        DatabaseClock(), flat=True
    )
    ahead = 0 if is_first else known["ahead"]
    turns = [now + ahead * spacing]
    if known["last"] is not None:
        turns.append(known["last"] + (1 + ahead) * spacing)
    if known["leaving"]:
        turns.append(now + (1 + ahead) * spacing)
    return max(turns) if max(turns) > now else None

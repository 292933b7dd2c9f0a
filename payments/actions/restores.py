"""After a restore from a backup: nothing leaves until two people have looked (F13, R12).

Where the chain of seals ended is kept outside the database (`ledger.heads`). A database that lacks
the newest head is older than the house was: what it was about to send may have been sent since.
"""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from ledger.heads import Head
from ledger.queries import seals
from ledger.rounds import each
from payments.actions import holds, operations
from payments.models import ChannelOperation, DatabaseClock, HoldCover, OperationKind, SendingHold
from payments.states import OperationStatus

RESTORE_ACTOR = "task:payments.look_back"
IN_DOUBT = (OperationKind.REFUND, OperationKind.CAPTURE, OperationKind.VOID)
"""What moves money once it is sent, and is asked about first where it may have been."""


def look_back(*, at: datetime) -> SendingHold | None:
    """Hold everything back if this database is older than the published heads; return that hold.

    Orders under way are asked about now. Refunds, captures and voids that wait to be sent may have
    been sent after the backup: each is taken for one whose sender died, so that it is asked about
    before it is sent again (R3). Idempotent; while the hold stands, it finds what is left. A hold
    that was released comes again as long as the file of heads is not begun anew.
    """
    lost = seals.lost_head()
    if lost is None:
        return None
    hold = _held(lost, at=at)
    unsent = ChannelOperation.objects.filter(
        status=OperationStatus.PREPARED, kind__in=IN_DOUBT, created_at__lt=hold.placed_at
    ).order_by("created_at", "pk")
    each(partial(_doubt, subject) for subject in list(unsent.values_list("subject", flat=True)))
    return hold


@transaction.atomic(durable=True)
def _held(lost: Head, *, at: datetime) -> SendingHold:
    """Return the hold of a restore that stands, or place one and have all orders asked about."""
    standing = SendingHold.objects.filter(released_at=None, placed_by=RESTORE_ACTOR).first()
    if standing is not None:
        return standing
    hold = holds.place_hold(
        HoldCover.EVERYTHING,
        actor=RESTORE_ACTOR,
        at=at,
        reason=f"This database is older than block {lost.number} of {lost.sealed_at:%F %T} UTC.",
    )
    ChannelOperation.objects.filter(status__in=operations.ASKABLE).exclude(
        next_query_at=None
    ).update(next_query_at=DatabaseClock())
    return hold


@transaction.atomic(durable=True)
def _doubt(subject: str) -> bool:
    """Take a prepared order for one whose sender has just died; tell whether it was prepared."""
    lease = operations.claim_to_end(subject)
    if lease is None:
        return False
    ChannelOperation.objects.filter(subject=subject, lease_token=lease.token).update(
        sends=F("sends") + 1,
        first_sent_at=Coalesce("first_sent_at", DatabaseClock()),
        last_sent_at=DatabaseClock(),
        lease_until=DatabaseClock(),
    )
    return True

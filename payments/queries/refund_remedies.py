"""Questions about other ways for abnormal refunds: which is open, and what people agree to."""

from datetime import datetime
from typing import Any

from payments.models import RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus

APPROVAL_KIND = "refund_remedy"

OPEN = (RemedyStatus.PENDING_APPROVAL, RemedyStatus.ORDERED)


def open_remedy(refund_id: str) -> RefundRemedy | None:
    """Return the way that waits for people, or for the channel, if there is one."""
    return RefundRemedy.objects.filter(refund_id=refund_id, status__in=OPEN).first()


def remedy_to_order(refund_id: str) -> RefundRemedy | None:
    """Return the way that people agreed to and the channel shall go."""
    return RefundRemedy.objects.filter(refund_id=refund_id, status=RemedyStatus.ORDERED).first()


def remedies_nobody_decided_on(*, at: datetime, limit: int) -> list[str]:
    """Return the refunds whose way ran out before enough people decided, the oldest way first."""
    waiting = RefundRemedy.objects.filter(
        status=RemedyStatus.PENDING_APPROVAL, approval__expires_at__lte=at
    )
    return list(waiting.order_by("created_at", "pk").values_list("refund_id", flat=True)[:limit])


def went_to_us(refund_id: str) -> bool:
    """Tell whether the channel was told to pay a refund to our own bank account."""
    sent = RefundRemedy.objects.filter(refund_id=refund_id, kind=RemedyKind.OUR_ACCOUNT)
    statuses = (RemedyStatus.ORDERED, RemedyStatus.DONE)
    return sent.filter(status__in=statuses, sent_at__isnull=False).exists()


def remedy_payload(remedy: RefundRemedy) -> dict[str, Any]:
    """Return what people agree to of a way; number and holder of a card by their keyed index."""
    told = {
        "remedy": remedy.pk,
        "refund": remedy.refund_id,
        "way": remedy.kind,
        "amount_minor": remedy.refund.amount_minor,
        "currency": remedy.refund.currency,
        "bank": remedy.bank,
        "account_tail": remedy.account_tail,
        "note": remedy.note,
    }
    index = bytes(remedy.card_index)
    return {**told, "card_index": index.hex()} if index else told

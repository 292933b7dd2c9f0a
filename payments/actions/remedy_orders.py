"""Another way for a refund at its channel: ordered once people have agreed, and followed. Parts.

The refund keeps its number. The intent is committed first, and the way is ordered only right after
the channel was asked and said that the refund is abnormal still (`payments.actions.refund_orders`).
"""

from dataclasses import replace

from django.db import transaction

from ledger import encryption
from payments.actions import remedy_moves
from payments.actions.channels import channel_of
from payments.channels.base import (
    AbnormalRefundRequest,
    AbnormalRefunds,
    AbnormalRefundWay,
    Outcome,
    OutcomeKind,
)
from payments.models import ChannelOperation, DatabaseClock, Refund, RefundRemedy
from payments.parked_states import RemedyKind, RemedyStatus
from payments.queries.refund_remedies import remedy_to_order, went_to_us
from payments.states import RefundStatus

AT_OUR_ACCOUNT = "AT_OUR_ACCOUNT"
"""Our own code of a refund that its channel paid to our bank account: by hand from there."""


def deliver(operation: ChannelOperation, *, pay_channel_no: str) -> Outcome | None:
    """Order the way that people agreed to, if there is one; call it outside any transaction.

    Only right after the channel said that the refund is abnormal. What it refuses leaves the
    refund abnormal; what it took is asked about as before. A refusal of what was ordered before
    tells nothing of the first time: it stays unknown, and people pay nothing by hand meanwhile.
    """
    remedy, is_again = _sent(operation.subject)
    if remedy is None:
        return None
    channel = channel_of(operation.channel_account)
    if not isinstance(channel, AbnormalRefunds):
        return None
    (stamped_at,) = ChannelOperation.objects.filter(pk=operation.pk).values_list(
        DatabaseClock(), flat=True
    )
    outcome = channel.apply_abnormal_refund(
        AbnormalRefundRequest(
            channel_no=operation.channel_no,
            channel_ref=operation.channel_ref,
            pay_channel_no=pay_channel_no,
            way=AbnormalRefundWay(remedy.kind),
            stamped_at=stamped_at,
            bank=remedy.bank,
            bank_account=_secret(remedy, "account"),
            holder_name=_secret(remedy, "holder"),
        )
    )
    if outcome.kind != OutcomeKind.FAILED:
        return outcome
    return replace(outcome, kind=OutcomeKind.UNKNOWN) if is_again else None


def as_told_of(refund_id: str, outcome: Outcome) -> Outcome:
    """Take a success for what it is where the money went to our own account: the payer has none.

    It is at our bank then, which says so itself, and people pay it by hand from there.
    """
    if outcome.kind != OutcomeKind.SUCCEEDED or not went_to_us(refund_id):
        return outcome
    return replace(outcome, kind=OutcomeKind.ABNORMAL, code=AT_OUR_ACCOUNT)


def follow(refund: Refund) -> None:
    """End the way of a refund that has come to an end, or waits for people again. A part."""
    remedy = remedy_to_order(refund.pk)
    if remedy is None or refund.status not in _ENDS:
        return
    is_with_us = refund.status_code == AT_OUR_ACCOUNT
    status = RemedyStatus.DONE if is_with_us else _ENDS[RefundStatus(refund.status)]
    remedy_moves.end(remedy, status)


_ENDS = {
    RefundStatus.SUCCEEDED: RemedyStatus.DONE,
    RefundStatus.FAILED: RemedyStatus.FAILED,
    RefundStatus.ABNORMAL: RemedyStatus.FAILED,
    RefundStatus.REVERSED: RemedyStatus.FAILED,
}


@transaction.atomic(durable=True)
def _sent(refund_id: str) -> tuple[RefundRemedy | None, bool]:
    """Commit that the way is being ordered now, before the channel hears of it.

    Tells too whether it was ordered before.
    """
    remedy = remedy_to_order(refund_id)
    if remedy is None:
        return None, False
    is_again = remedy.sent_at is not None
    remedy.sent_at = DatabaseClock()
    remedy.save(update_fields=["sent_at"])
    return remedy, is_again


def _secret(remedy: RefundRemedy, what: str) -> str:
    """Decrypt what a payer told of their account; ways to our own have none."""
    if remedy.kind != RemedyKind.PAYER_CARD:
        return ""
    sealed: str = getattr(remedy, f"{what}_encrypted")
    return encryption.decrypt(sealed, aad=secret_place(remedy, what))


def secret_place(remedy: RefundRemedy, what: str) -> str:
    """Name where a secret of a way is kept, to which its encryption is bound."""
    return f"payments_refundremedy|{what}_encrypted|{remedy.pk}"

"""Another way for a refund at its channel: ordered once people have agreed, and followed. Parts.

The refund keeps its number. The intent is committed first, and the way is ordered only right after
the channel was asked and said that the refund is abnormal still (`payments.actions.refund_orders`).
"""

import time
from dataclasses import replace

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Least

from ledger.fault_points import fault_point
from payments import locks
from payments.actions import operations, remedy_cards, remedy_moves
from payments.actions.channels import channel_of
from payments.actions.operations import Lease
from payments.actions.remedy_cards import PayerCard
from payments.channels.base import (
    AbnormalRefundRequest,
    AbnormalRefunds,
    AbnormalRefundWay,
    Outcome,
    OutcomeKind,
)
from payments.models import ChannelOperation, DatabaseClock, Refund, RefundRemedy
from payments.parked_states import RemedyStatus
from payments.queries import sending
from payments.queries.refund_remedies import remedy_to_order, went_to_us
from payments.states import OperationStatus, RefundStatus

AT_OUR_ACCOUNT = "AT_OUR_ACCOUNT"
"""Our own code of a refund that its channel paid to our bank account: by hand from there."""


DELIVERY_WAITS = "DELIVERY_WAITS"
"""Our own code of a refund that is abnormal still and may not be sent its other way yet."""

_QUESTIONS_MAX = 5
"""What is held back is asked about every quarter of an hour, at most (`QUERY_DELAYS`)."""

_INTENDED = fault_point("remedy.intended")


def deliver(
    operation: ChannelOperation, *, lease: Lease, told: Outcome, pay_channel_no: str
) -> Outcome:
    """Order the way that people agreed to, if there is one; call it outside any transaction.

    Only right after the channel said that the refund is abnormal (`told`), under the lease of that
    question, and not while a hold or a dead line keeps what moves money from leaving (R9, R11,
    R12): it waits then, and the next question tries again. What the channel refuses leaves the
    refund abnormal; what it took is asked about as before. A refusal of what was ordered before
    tells nothing of the first time: it stays unknown, and people pay nothing by hand meanwhile.

    Raises what `remedy_cards.opened` raises; nothing is ordered then.
    """
    channel, remedy = channel_of(operation.channel_account), remedy_to_order(operation.subject)
    if remedy is None or not isinstance(channel, AbnormalRefunds):
        return told
    is_again = remedy.sent_at is not None
    waits = replace(told, kind=OutcomeKind.UNKNOWN, code=DELIVERY_WAITS)
    card = remedy_cards.opened(remedy)
    if not _intend(remedy, lease=lease):
        return waits
    _INTENDED()
    request = _request_of(operation, remedy, card=card, pay_channel_no=pay_channel_no)
    if not operations.may_still_send(lease):
        return waits
    began = time.monotonic()
    outcome = channel.apply_abnormal_refund(request)
    if outcome.kind == OutcomeKind.FAILED:
        if not is_again:
            return told
        outcome = replace(outcome, kind=OutcomeKind.UNKNOWN)
    return replace(outcome, millis=int((time.monotonic() - began) * 1_000))


def _request_of(
    operation: ChannelOperation, remedy: RefundRemedy, *, card: PayerCard, pay_channel_no: str
) -> AbnormalRefundRequest:
    (stamped_at,) = ChannelOperation.objects.filter(pk=operation.pk).values_list(
        DatabaseClock(), flat=True
    )
    return AbnormalRefundRequest(
        channel_no=operation.channel_no,
        channel_ref=operation.channel_ref,
        pay_channel_no=pay_channel_no,
        way=AbnormalRefundWay(remedy.kind),
        stamped_at=stamped_at,
        bank=card.bank,
        bank_account=card.account,
        holder_name=card.holder_name,
    )


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
def _intend(remedy: RefundRemedy, *, lease: Lease) -> bool:
    """Commit that the way is being ordered now, before the channel hears of it.

    Tells whether it may be: the lease is ours still, and nothing keeps the order from leaving. No
    hold is placed until this is committed.
    """
    operation = locks.locked_operation_of(remedy.refund_id)
    if operation is None or operation.lease_token != lease.token:
        return False  # the answer is somebody else's to act upon, and ours is not recorded
    free = ChannelOperation.objects.filter(
        sending.may_leave(), pk=operation.pk, status=OperationStatus.UNKNOWN
    )
    if not free.exists():
        # It waits for people, however long that takes: these questions do not run out (R10).
        ChannelOperation.objects.filter(pk=operation.pk).update(
            queries=Least(F("queries"), _QUESTIONS_MAX)
        )
        return False
    ordered = RefundRemedy.objects.filter(pk=remedy.pk, status=RemedyStatus.ORDERED)
    return bool(ordered.update(sent_at=DatabaseClock()))

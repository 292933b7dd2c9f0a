"""Payments of which coupons paid a part."""

from collections.abc import Sequence

from django.db import transaction

from payments.actions import captures
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ChannelAccount, Merchant, Payment
from tests.factories.payments import AlipayAccountFactory, attempted_payment, owed_payment
from tests.instants import NOON


def paid_with_coupon(
    *merchants: Merchant,
    amounts_minor: Sequence[int] = (10_000,),
    unallocated_minor: int = 0,
    payer_minor: int | None = None,
    settled_minor: int | None = None,
    channel: ChannelAccount | None = None,
) -> Payment:
    """Create a payment and book it as paid at noon, with what the channel says of coupons."""
    payment = owed_payment(
        *merchants, amounts_minor=amounts_minor, unallocated_minor=unallocated_minor
    )
    attempt = attempted_payment(payment, channel=channel or AlipayAccountFactory())
    outcome = Outcome(
        OutcomeKind.SUCCEEDED,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        paid_at=NOON,
        payer_minor=payer_minor,
        settled_minor=settled_minor,
    )
    with transaction.atomic():
        captures.record_paid(
            payment, attempt=attempt, outcome=outcome, actor="channel:alipay", at=NOON
        )
    attempt.payer_minor, attempt.settled_minor = payer_minor, settled_minor
    for row in (attempt.operation, attempt):
        row.status = "succeeded"
        row.save()
    return payment

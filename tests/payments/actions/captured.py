"""What the tests of captures and their neighbours share."""

from payments.actions import captures
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Payment, PaymentAttempt
from tests.factories.payments import (
    AlipayAccountFactory,
    attempted_payment,
    owed_payment,
)
from tests.instants import (
    NEXT_NOON,
    NOON,
)


def waiting(payment: Payment | None = None, *, fee_bps: int = 60) -> PaymentAttempt:
    """Bring a payment to where its payer may pay."""
    payment = payment or owed_payment()
    channel = AlipayAccountFactory(currency=payment.currency, channel_fee_bps=fee_bps)
    return attempted_payment(payment, channel=channel)


def capture(attempt: PaymentAttempt, *, at=NEXT_NOON, **other) -> Payment:
    """Record what the channel says: paid in full at noon, unless stated otherwise."""
    payment = attempt.payment
    captures.record_paid(
        payment,
        attempt=attempt,
        outcome=Outcome(
            **{
                "kind": OutcomeKind.SUCCEEDED,
                "amount_minor": payment.amount_minor,
                "currency": payment.currency,
                "paid_at": NOON,
                **other,
            }
        ),
        actor="channel:alipay",
        at=at,
    )
    return Payment.objects.get(pk=payment.pk)

"""Payments whose money a channel holds, without the channel."""

from django.db import transaction

from payments.actions import authorisations, voids
from payments.actions.capture_requests import CaptureRequest, request_capture
from payments.channels.base import Outcome, OutcomeKind
from payments.models import Capture, ChannelAccount, Merchant, Payment, Void
from tests.factories.payments import attempted_payment, owed_payment
from tests.instants import NOON


def held_payment(merchant: Merchant, *, channel: ChannelAccount) -> Payment:
    """Create a payment of 100.00 whose money the channel holds."""
    return held(owed_payment(merchant, capture_mode="manual"), channel=channel)


def held(payment: Payment, *, channel: ChannelAccount) -> Payment:
    """Let the channel hold the 100.00 of a payment that is to be held first, since NOON."""
    attempt = attempted_payment(payment, channel=channel)
    outcome = Outcome(OutcomeKind.SUCCEEDED, amount_minor=10_000, currency="CNY", paid_at=NOON)
    with transaction.atomic():
        authorisations.record_authorised(
            payment, attempt=attempt, outcome=outcome, actor="channel:alipay", at=NOON
        )
    for row in (attempt.operation, attempt):
        row.status = "succeeded"
        row.save(update_fields=["status"])
    return payment


def ordered_capture(payment: Payment, amount_minor: int | None = None) -> Capture:
    """Order a capture of it, which nobody sends."""
    with transaction.atomic():
        return request_capture(CaptureRequest(payment.pk, amount_minor), actor="key:test", at=NOON)


def ordered_void(payment: Payment) -> Void:
    """Order that it be given back, which nobody sends."""
    with transaction.atomic():
        voids.void_payment(payment.pk, actor="key:test", at=NOON)
    return Void.objects.get(payment=payment)

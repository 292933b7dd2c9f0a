"""By which numbers a payment or a refund is found: ours, the partner's, the channel's."""

from typing import Any

from django.db.models import QuerySet

from payments.models import Payment, PaymentAllocation, PaymentAttempt, Refund, RefundAllocation

REFERENCE_LENGTH_MAX = 80


def payments_known_as(reference: str) -> QuerySet[Any, Any]:
    """Return the ids of the payments that a number names, as a question inside another one.

    By our id (also that of an allocation or a try), the merchant's order number, the payer's
    number, our number at the channel and the channel's own. Each way has its index, so the
    answer costs the same however many payments there are. Whoever asks narrows it to what the
    reader may see.
    """
    return (
        Payment.objects.order_by()
        .filter(pk=reference)
        .values("pk")
        .union(
            _payments(merchant_order_no=reference),
            _payments(payer__external_no=reference),
            PaymentAllocation.objects.order_by().filter(pk=reference).values("payment_id"),
            _of_tries(pk=reference),
            _of_tries(operation__channel_no=reference),
            _of_tries(operation__channel_ref=reference),
        )
    )


def refunds_known_as(reference: str) -> QuerySet[Any, Any]:
    """Return the ids of the refunds that a number names, as a question inside another one.

    By our id (also that of a refund's allocation), the merchant's refund number, the numbers of
    its order to the channel, and every number of its payment.
    """
    return (
        Refund.objects.order_by()
        .filter(pk=reference)
        .values("pk")
        .union(
            _refunds(merchant_refund_no=reference),
            _refunds(operation__channel_no=reference),
            _refunds(operation__channel_ref=reference),
            RefundAllocation.objects.order_by().filter(pk=reference).values("refund_id"),
            _refunds(payment_id__in=payments_known_as(reference)),
        )
    )


def _payments(**facts: str) -> QuerySet[Any, Any]:
    return Payment.objects.order_by().filter(**facts).values("pk")


def _of_tries(**facts: str) -> QuerySet[Any, Any]:
    return PaymentAttempt.objects.order_by().filter(**facts).values("payment_id")


def _refunds(**facts: Any) -> QuerySet[Any, Any]:
    return Refund.objects.order_by().filter(**facts).values("pk")

"""Questions about money that came otherwise than asked: what may become of it, and for whom."""

from typing import Any

from django.db.models import QuerySet

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.models import ParkedMoney, Payment, PaymentAllocation, Refund
from payments.parked_states import LateMoney, ParkedKind, ParkedStatus, ResolutionWay
from payments.queries.links import DECIDED, TAKEN, UNDER_WAY, sold_by_other
from payments.states import CONTRADICTED, PaymentStatus

APPROVAL_KIND = "payment_resolution"

UNPAID_DEBT = (PaymentStatus.PAID_LATE, PaymentStatus.CONFLICTED)
"""States of a payment for which money came that nobody has taken as its own yet."""

IN_SUSPENSE = (ParkedStatus.WAITING, ParkedStatus.RETURNING)


def can_be_accepted(parked: ParkedMoney) -> bool:
    """Tell whether a payment can be paid with this money: its currency, and at least its amount.

    What is more than the payment's amount stays in suspense, and can only go back. Less than that
    pays no part of it, and what came a second time pays nothing.
    """
    payment = parked.payment
    return (
        parked.status == ParkedStatus.WAITING
        and payment.status in UNPAID_DEBT
        and parked.currency == payment.currency
        and parked.left_minor >= payment.amount_minor
    )


def moved_minor(parked: ParkedMoney, way: ResolutionWay) -> int:
    """Return how much one way takes out of suspense, in minor units of what came."""
    return parked.payment.amount_minor if way == ResolutionWay.ACCEPT else parked.left_minor


def resolution_payload(parked: ParkedMoney, way: ResolutionWay, *, reason: str) -> dict[str, Any]:
    """Return what people are shown of one way and agree to, read from the live rows.

    Of a link that may be paid once it names the payment by which it was paid: who agreed before
    that came has not agreed to a second sale.
    """
    moved = moved_minor(parked, way)
    sold_by = sold_by_other(parked.payment) if way == ResolutionWay.ACCEPT else ""
    return {
        **({"link_paid_by": sold_by} if sold_by else {}),
        "parked": parked.pk,
        "payment": parked.payment_id,
        "merchant_order_no": parked.payment.merchant_order_no,
        "came_as": parked.kind,
        "payment_status": parked.payment.status,
        "way": way.value,
        "currency": parked.currency,
        "amount_minor": moved,
        "suspense_before_minor": parked.left_minor,
        "suspense_after_minor": parked.left_minor - moved,
        "goes_to": _goes_to(parked.payment) if way == ResolutionWay.ACCEPT else "payer",
        "reason": reason,
    }


def _goes_to(payment: Payment) -> list[dict[str, Any]]:
    return [
        {
            "merchant": one.merchant_id,
            "amount_minor": one.amount_minor,
            "fee_minor": one.fee_minor,
        }
        for one in payment.allocations.order_by("place")
    ]


def open_resolution(parked_id: str) -> ApprovalRequest | None:
    """Return the request that waits for a decision on this money."""
    return ApprovalRequest.objects.filter(
        kind=APPROVAL_KIND, object_id=parked_id, state=ApprovalState.PENDING
    ).first()


def latest_resolution(parked_id: str) -> ApprovalRequest | None:
    """Return the newest request about this money, decided or not."""
    return (
        ApprovalRequest.objects.filter(kind=APPROVAL_KIND, object_id=parked_id)
        .order_by("-created_at", "-pk")
        .first()
    )


def is_contradicted(parked: ParkedMoney) -> bool:
    """Tell whether a channel says of a refund of this money that it went otherwise than here."""
    return Refund.objects.filter(parked=parked, status_code=CONTRADICTED).exists()


def others_in_suspense(parked: ParkedMoney) -> bool:
    """Tell whether other money of the same payment is in suspense, or on its way out of it."""
    return _others(parked).filter(status__in=IN_SUSPENSE).exists()


def others_waiting(parked: ParkedMoney) -> bool:
    """Tell whether other money of the same payment waits for a decision."""
    return _others(parked).filter(status=ParkedStatus.WAITING).exists()


def _others(parked: ParkedMoney) -> QuerySet[ParkedMoney]:
    return ParkedMoney.objects.filter(payment_id=parked.payment_id).exclude(pk=parked.pk)


def other_of_link(payment: Payment) -> Payment | None:
    """Return another payment that has, or may get, the money of a link that may be paid once.

    None where the payment belongs to no such link, or where the link has no other one.
    """
    link = payment.link
    if link is None or not link.is_single_use:
        return None
    others = link.payments.filter(status__in=(*TAKEN, *DECIDED, *UNDER_WAY)).exclude(pk=payment.pk)
    return others.order_by("-paid_at", "-pk").first()


def way_by_terms(parked: ParkedMoney) -> ResolutionWay | None:
    """Return what the terms of all merchants of a payment say of late money; None: people decide.

    Merchants who want different things leave it to people, and so does money that does not fit, or
    that a link which may be paid once has taken otherwise, or may take still.
    """
    if parked.kind != ParkedKind.PAID_LATE:
        return None
    wanted = set(
        PaymentAllocation.objects.filter(payment_id=parked.payment_id).values_list(
            "merchant__late_money", flat=True
        )
    )
    if wanted == {LateMoney.REFUND.value}:
        return ResolutionWay.REFUND
    if wanted != {LateMoney.ACCEPT.value} or other_of_link(parked.payment) is not None:
        return None
    if can_be_accepted(parked):
        return ResolutionWay.ACCEPT
    return None

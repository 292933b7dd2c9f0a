"""What of a payment is one merchant's: what is held and taken of it, and who paid how much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from payments.capture_states import DEAD_CAPTURES, CaptureStatus
from payments.models import (
    Authorisation,
    Capture,
    CaptureShare,
    Capturing,
    PaymentAllocation,
    RefundAllocation,
)
from payments.queries import totals
from payments.queries.authorisations import (
    Captured,
    is_taken_once,
    living_void,
    wanted_authorisation,
)
from payments.queries.totals import Totals
from payments.states import PaymentStatus


@dataclass(frozen=True, slots=True)
class CapturedShare:
    """One merchant's share of a capture; `totals` once the channel has taken it."""

    capture: Capture
    share: CaptureShare
    totals: Totals | None

    @property
    def net_minor(self) -> int:
        """Return what the merchant gets of it."""
        return self.share.amount_minor - self.share.fee_minor


@dataclass(frozen=True, slots=True)
class HeldShare:
    """What a channel holds for one merchant, and what was taken of it, the oldest first.

    Without an `authorisation` the payer has not agreed. What may still be taken is `left_minor`;
    where `is_taken_once`, by one capture alone.
    """

    authorisation: Authorisation | None
    captures: Sequence[CapturedShare]
    captured_minor: int = 0
    left_minor: int = 0
    is_taken_once: bool = False


def held_share(allocation: PaymentAllocation) -> HeldShare | None:
    """Return what is held and was taken of a share; None where money is taken at once.

    Four queries at most.
    """
    payment = allocation.payment
    if payment.capture_mode != Capturing.MANUAL:
        return None
    held = wanted_authorisation(payment)
    if held is None:
        return HeldShare(None, [])
    captures = [
        _captured_share(capture, share)
        for capture in payment.captures.select_related("operation")
        .defer("operation__raw_answer")
        .prefetch_related("shares")
        .order_by("created_at", "pk")
        for share in capture.shares.all()
        if share.allocation_id == allocation.pk
    ]
    captured_minor = sum(
        each.share.amount_minor for each in captures if each.capture.status not in DEAD_CAPTURES
    )
    is_over = held.ended_at is not None or living_void(held) is not None
    left_minor = 0 if is_over else allocation.amount_minor - captured_minor
    return HeldShare(held, captures, captured_minor, left_minor, is_taken_once(held))


def taken_of(allocations: Sequence[PaymentAllocation]) -> Mapping[str, Captured]:
    """Return what each allocation comes to, and the fee on it, in minor units.

    That is the whole of it; of a paid one that was held first it is what was captured, as its
    lines say. The allocations come with their payments. One query at most.
    """
    held = [
        one.pk
        for one in allocations
        if one.payment.capture_mode == Capturing.MANUAL and one.payment.status == PaymentStatus.PAID
    ]
    whole = {one.pk: Captured(one.amount_minor, one.fee_minor) for one in allocations}
    if not held:
        return whole
    made = (
        CaptureShare.objects.filter(allocation_id__in=held, capture__status=CaptureStatus.SUCCEEDED)
        .order_by()
        .values_list("allocation_id")
        .annotate(Sum("amount_minor"), Sum("fee_minor"))
    )
    taken = {key: Captured(int(amount), int(fee)) for key, amount, fee in made}
    return {**whole, **dict.fromkeys(held, Captured()), **taken}


def totals_of_share(allocation: PaymentAllocation, *, held: HeldShare | None) -> Totals | None:
    """Return who paid how much of a share; of one that was held first, of what was captured.

    None before money was taken. Two queries at most.
    """
    if held is not None:
        return totals.summed(each.totals for each in held.captures)
    payment = allocation.payment
    whole = totals.totals_of_payment(payment)
    if whole is None:
        return None
    parts = list(payment.allocations.order_by("place"))
    return totals.share(whole, parts=parts, of=allocation.pk, rest_minor=payment.unallocated_minor)


def totals_of_refund_share(part: RefundAllocation) -> Totals | None:
    """Return what the payer got of a share of a refund; None unless it succeeded. One query."""
    whole = totals.of_refund(part.refund)
    if whole is None:
        return None
    parts = list(part.refund.allocations.order_by("place"))
    return totals.share(whole, parts=parts, of=part.pk, rest_minor=part.refund.unallocated_minor)


def _captured_share(capture: Capture, share: CaptureShare) -> CapturedShare:
    whole = totals.of_capture(capture)
    if whole is None:
        return CapturedShare(capture, share, None)
    parts = sorted(capture.shares.all(), key=lambda each: each.place)
    found = totals.share(whole, parts=parts, of=share.pk, rest_minor=capture.unallocated_minor)
    return CapturedShare(capture, share, found)

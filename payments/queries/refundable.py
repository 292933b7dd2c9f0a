"""What of a payment can still go back to its payer, and what those who pay it have for that."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from payments import pricing
from payments.models import (
    Capturing,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    Refund,
    RefundAllocation,
)
from payments.pricing import Means, Refunded
from payments.queries import pending as pending_money
from payments.queries import refunds
from payments.queries.authorisations import Captured, captures_made
from payments.states import PaymentStatus


@dataclass(frozen=True, slots=True)
class LeftOfShare:
    """What of one merchant's share living refunds took, what is left, and the fee with it.

    `fee_returned_minor` is what of the fee comes back if all that is left is refunded.
    """

    allocation: PaymentAllocation
    refunded_minor: int
    left_minor: int
    fee_returned_minor: int

    @property
    def whole_minor(self) -> int:
        """Return what was taken of the share; zero before money came."""
        return self.refunded_minor + self.left_minor


@dataclass(frozen=True, slots=True)
class Refundable:
    """What is left of a payment, by merchants, and of what belongs to nobody. A first look.

    The deed looks again, under the payment's lock.
    """

    shares: Sequence[LeftOfShare]
    unallocated_left_minor: int

    @property
    def left_minor(self) -> int:
        """Return what is left in all."""
        return self.unallocated_left_minor + sum(share.left_minor for share in self.shares)


def refundable_of(payment: Payment, *, merchant_id: str | None = None) -> Refundable:
    """Return what can still be refunded of a payment, or of one merchant's share; else nothing."""
    allocations = payment.allocations.select_related("merchant", "fee_plan").order_by("place")
    if merchant_id is not None:
        allocations = allocations.filter(merchant_id=merchant_id)
    taken = refunds.refunded_of(payment.pk)
    is_paid = payment.status == PaymentStatus.PAID
    wholes, nobodys_minor = _taken(payment, allocations)
    unallocated_minor = 0
    if is_paid and merchant_id is None and nobodys_minor:
        unallocated_minor = nobodys_minor - refunds.unallocated_refunded(payment.pk)
    return Refundable(
        [
            _left_of(
                allocation,
                wholes.get(allocation.pk, Captured()),
                taken.get(allocation.pk, Refunded()),
                is_paid=is_paid,
            )
            for allocation in allocations
        ],
        unallocated_minor,
    )


def _taken(
    payment: Payment, allocations: Iterable[PaymentAllocation]
) -> tuple[Mapping[str, Captured], int]:
    """Return what was taken of a payment, by allocation, and of what belongs to nobody."""
    if payment.capture_mode == Capturing.AUTOMATIC:
        wholes = {one.pk: Captured(one.amount_minor, one.fee_minor) for one in allocations}
        return wholes, payment.unallocated_minor
    made = captures_made(payment)
    sums: dict[str, Captured] = {}
    for share in (share for capture in made for share in capture.shares.all()):
        before = sums.get(share.allocation_id, Captured())
        sums[share.allocation_id] = Captured(
            before.amount_minor + share.amount_minor, before.fee_minor + share.fee_minor
        )
    return sums, sum(capture.unallocated_minor for capture in made)


@dataclass(frozen=True, slots=True)
class Need:
    """What one merchant has to pay for its part of a refund, and what it may draw on now."""

    part: RefundAllocation
    need_minor: int
    means: Means

    @property
    def short_minor(self) -> int:
        """Return what is missing; zero when it can be funded."""
        means = self.means
        have = (
            means.pending_minor,
            means.available_minor,
            means.reserve_minor,
            means.advance_minor,
        )
        return max(0, self.need_minor - sum(max(0, minor) for minor in have))


def needs_of(refund: Refund, parts: Sequence[RefundAllocation]) -> Sequence[Need]:
    """Return what each part of a refund that is not funded needs, and has at this moment."""
    accounts = {
        account.merchant_id: account
        for account in MerchantAccount.objects.filter(
            merchant_id__in=[part.allocation.merchant_id for part in parts],
            currency=refund.currency,
        )
    }
    pending = pending_money.pending_for(refund, [part.allocation_id for part in parts])
    means = refunds.means_of(
        accounts,
        {
            part.allocation.merchant_id: pending[part.allocation_id].minor
            for part in parts
            if part.allocation_id in pending
        },
    )
    return [
        Need(
            part,
            part.amount_minor - part.fee_returned_minor,
            means[part.allocation.merchant_id],
        )
        for part in parts
    ]


def _left_of(
    allocation: PaymentAllocation, whole: Captured, taken: Refunded, *, is_paid: bool
) -> LeftOfShare:
    left_minor = whole.amount_minor - taken.amount_minor if is_paid else 0
    fee_minor = 0
    if left_minor:
        fee_minor = pricing.returned_fee(
            left_minor,
            gross_minor=whole.amount_minor,
            fee_minor=whole.fee_minor,
            before=taken,
            policy=allocation.fee_plan.refund_policy,
        )
    return LeftOfShare(allocation, taken.amount_minor, left_minor, fee_minor)

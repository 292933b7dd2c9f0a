"""Whose money a capture takes: what the caller names, or each merchant's part of what is left.

A merchant's fee is taken in the proportion of its allocation that was captured, counted from all
captures: so the last capture of the whole takes what is left of exactly the fee that was agreed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import AmountError
from ledger.money import allocate, proportion
from payments.errors import CaptureSharesMismatchError, CaptureTooLargeError
from payments.models import Payment, PaymentAllocation
from payments.queries.authorisations import Captured, captured_of, unallocated_captured


@dataclass(frozen=True, slots=True)
class CaptureShareRequest:
    """What of a capture shall be one merchant's, in minor units of the payment."""

    merchant_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class SharedCapture:
    """What a capture takes of one allocation, and which fee on it."""

    allocation: PaymentAllocation
    amount_minor: int
    fee_minor: int


class LeftToCapture:
    """What of a payment no living capture takes; the payment is locked by the caller."""

    def __init__(self, payment: Payment) -> None:
        """Read what living captures took."""
        self._allocations = list(payment.allocations.order_by("place"))
        self._taken = captured_of(payment.pk)
        self._left = [
            allocation.amount_minor - self._of(allocation).amount_minor
            for allocation in self._allocations
        ]
        self._unallocated_minor = payment.unallocated_minor - unallocated_captured(payment.pk)

    @property
    def minor(self) -> int:
        """Return what is left in all."""
        return sum(self._left) + self._unallocated_minor

    def shares(
        self, amount_minor: int | None, *, named: Sequence[CaptureShareRequest]
    ) -> tuple[list[SharedCapture], int]:
        """Work out the shares of a capture, and what of it belongs to nobody.

        Without an amount it takes all that is left, or what is named. An amount alone is split
        over what is left of each by largest remainder.

        Raises AmountError, CaptureTooLargeError or CaptureSharesMismatchError.
        """
        if amount_minor is not None and amount_minor <= 0:
            raise AmountError
        if named:
            amounts, unallocated_minor = self._named(amount_minor, named)
        else:
            wanted_minor = self.minor if amount_minor is None else amount_minor
            if wanted_minor > self.minor or wanted_minor == 0:
                raise CaptureTooLargeError(left_minor=self.minor)
            *amounts, unallocated_minor = allocate(
                wanted_minor, [*self._left, self._unallocated_minor]
            )
        shares = [
            self._share(allocation, minor)
            for allocation, minor in zip(self._allocations, amounts, strict=True)
            if minor
        ]
        return shares, unallocated_minor

    def _named(
        self, amount_minor: int | None, named: Sequence[CaptureShareRequest]
    ) -> tuple[list[int], int]:
        """Return what is named of each allocation; what an amount has over belongs to nobody."""
        wanted: Mapping[str, int] = {share.merchant_id: share.amount_minor for share in named}
        if min(wanted.values()) <= 0:
            raise AmountError
        strangers = wanted.keys() - {allocation.merchant_id for allocation in self._allocations}
        over_minor = 0 if amount_minor is None else amount_minor - sum(wanted.values())
        if len(wanted) < len(named) or strangers or over_minor < 0:
            raise CaptureSharesMismatchError
        if over_minor and not self._unallocated_minor:
            raise CaptureSharesMismatchError
        amounts = [wanted.get(allocation.merchant_id, 0) for allocation in self._allocations]
        for minor, left_minor in zip(
            [*amounts, over_minor], [*self._left, self._unallocated_minor], strict=True
        ):
            if minor > left_minor:
                raise CaptureTooLargeError(left_minor=left_minor)
        return amounts, over_minor

    def _share(self, allocation: PaymentAllocation, amount_minor: int) -> SharedCapture:
        before = self._of(allocation)
        due_minor = (
            proportion(
                allocation.fee_minor,
                part=before.amount_minor + amount_minor,
                whole=allocation.amount_minor,
            )
            - before.fee_minor
        )
        return SharedCapture(allocation, amount_minor, min(max(due_minor, 0), amount_minor))

    def _of(self, allocation: PaymentAllocation) -> Captured:
        return self._taken.get(allocation.pk, Captured())

"""Whose money a refund gives back: what the caller names, or what follows from the payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import AmountError
from payments import pricing
from payments.errors import (
    ForeignShareError,
    RefundCaptureMissingError,
    RefundSharesMismatchError,
    RefundSharesMissingError,
    RefundTooLargeError,
)
from payments.models import Capture, CaptureShare, Capturing, Payment, PaymentAllocation
from payments.pricing import Refunded
from payments.queries import refunds as queries
from payments.queries.authorisations import captures_made


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """What of a refund shall come from one merchant's share, in minor units of the payment."""

    merchant_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Share:
    """What of a refund comes from one allocation, and what of its fee goes back with it."""

    allocation: PaymentAllocation
    amount_minor: int
    fee_returned_minor: int


@dataclass(frozen=True, slots=True)
class Shares:
    """A whole refund: the shares of merchants, and what belongs to nobody."""

    of_merchants: tuple[Share, ...]
    unallocated_minor: int

    @property
    def amount_minor(self) -> int:
        """Return what goes back in all."""
        return self.unallocated_minor + sum(share.amount_minor for share in self.of_merchants)


class Left:
    """What can still be refunded of a payment, by those who may ask: a merchant its own share.

    Of a payment that was authorised first it is what is left of one `capture`. The payment is
    locked by the caller, so that nobody else takes of it meanwhile.
    """

    def __init__(
        self, payment: Payment, *, merchant_id: str | None, capture: Capture | None = None
    ) -> None:
        """Read what living refunds have left over."""
        self.capture = capture
        capture_id = None if capture is None else capture.pk
        self._refunded = queries.refunded_of(payment.pk, capture_id=capture_id)
        self._allocations = {
            allocation.merchant_id: allocation
            for allocation in payment.allocations.select_related("fee_plan").order_by("place")
        }
        self._taken: dict[str, CaptureShare | PaymentAllocation] = {
            allocation.pk: allocation for allocation in self._allocations.values()
        }
        if capture is not None:
            self._taken = {share.allocation_id: share for share in capture.shares.all()}
        nobodys_minor = (capture or payment).unallocated_minor
        self._is_merchants = merchant_id is not None
        self._may_ask = (
            set(self._allocations)
            if merchant_id is None
            else {merchant_id} & set(self._allocations)
        )
        self.unallocated_minor = (
            0
            if self._is_merchants
            else nobodys_minor - queries.unallocated_refunded(payment.pk, capture_id=capture_id)
        )
        self._is_of_one = len(self._may_ask) == 1 and (self._is_merchants or not nobodys_minor)

    @property
    def is_nobodys(self) -> bool:
        """Tell whether the asker has no share in the payment at all."""
        return self._is_merchants and not self._may_ask

    @property
    def minor(self) -> int:
        """Return what is left in all for the asker."""
        return self.unallocated_minor + sum(map(self._left_of, self._may_ask))

    def shares(
        self,
        amount_minor: int | None,
        *,
        named: Sequence[ShareRequest],
        unallocated_minor: int,
    ) -> Shares:
        """Work out whose money it is; without an amount all that is left, or what is named.

        Raises AmountError, RefundTooLargeError, RefundSharesMissingError,
        RefundSharesMismatchError or ForeignShareError.
        """
        if amount_minor is not None and amount_minor <= 0:
            raise AmountError
        if named or unallocated_minor:
            wanted = self._named(amount_minor, named, unallocated_minor)
        else:
            wanted, unallocated_minor = self._following(amount_minor)
        if unallocated_minor > self.unallocated_minor:
            raise RefundTooLargeError(left_minor=self.unallocated_minor)
        return Shares(
            tuple(
                self._share(allocation, wanted[merchant_id])
                for merchant_id, allocation in self._allocations.items()
                if wanted.get(merchant_id)
            ),
            unallocated_minor,
        )

    def _named(
        self, amount_minor: int | None, named: Sequence[ShareRequest], unallocated_minor: int
    ) -> dict[str, int]:
        wanted = {share.merchant_id: share.amount_minor for share in named}
        if unallocated_minor < 0 or min(wanted.values(), default=1) <= 0:
            raise AmountError
        if self._is_merchants and (unallocated_minor or wanted.keys() - self._may_ask):
            raise ForeignShareError
        total = sum(wanted.values()) + unallocated_minor
        if (
            len(wanted) < len(named)
            or wanted.keys() - self._may_ask
            or amount_minor not in (None, total)
        ):
            raise RefundSharesMismatchError
        return wanted

    def _following(self, amount_minor: int | None) -> tuple[dict[str, int], int]:
        """Take all that is left, or a part of the only share that there is."""
        left = {merchant_id: self._left_of(merchant_id) for merchant_id in self._may_ask}
        left_minor = sum(left.values()) + self.unallocated_minor
        if left_minor == 0 or (amount_minor or 0) > left_minor:
            raise RefundTooLargeError(left_minor=left_minor)
        if amount_minor in (None, left_minor):
            return left, self.unallocated_minor
        if not self._is_of_one:
            raise RefundSharesMissingError
        assert amount_minor is not None
        return dict.fromkeys(self._may_ask, amount_minor), 0

    def _left_of(self, merchant_id: str) -> int:
        allocation = self._allocations[merchant_id]
        taken = self._taken.get(allocation.pk)
        if taken is None:
            return 0  # the capture took nothing for this merchant
        return taken.amount_minor - _of(self._refunded, allocation).amount_minor

    def _share(self, allocation: PaymentAllocation, amount_minor: int) -> Share:
        left_minor = self._left_of(allocation.merchant_id)
        if amount_minor > left_minor:
            raise RefundTooLargeError(left_minor=left_minor)
        taken = self._taken[allocation.pk]
        return Share(
            allocation,
            amount_minor,
            fee_returned_minor=pricing.returned_fee(
                amount_minor,
                gross_minor=taken.amount_minor,
                fee_minor=taken.fee_minor,
                before=_of(self._refunded, allocation),
                policy=allocation.fee_plan.refund_policy,
            ),
        )


def _of(refunded: Mapping[str, Refunded], allocation: PaymentAllocation) -> Refunded:
    return refunded.get(allocation.pk, Refunded())


def shares_of(
    payment: Payment,
    amount_minor: int | None,
    *,
    named: Sequence[ShareRequest],
    unallocated_minor: int,
    merchant_id: str | None,
    capture_id: str | None,
) -> tuple[Shares, Capture | None]:
    """Work out whose money it is, and of which capture where the payment was authorised first.

    A channel knows a capture as an order of its own, so that no refund is of two of them: it is of
    the one that is named, or of the oldest that has enough left for all of it.

    Raises what `Left.shares` raises, and RefundCaptureMissingError.
    """
    captures: Sequence[Capture | None] = [None]
    if payment.capture_mode == Capturing.MANUAL:
        captures = [one for one in captures_made(payment) if capture_id in (None, one.pk)]
    elif capture_id is not None:
        raise RefundCaptureMissingError
    lefts = [Left(payment, merchant_id=merchant_id, capture=one) for one in captures]
    if amount_minor is None and not named and not unallocated_minor:
        lefts = [left for left in lefts if left.minor] or lefts[:1]
        if len(lefts) > 1:
            raise RefundCaptureMissingError
    for left in lefts:
        try:
            shares = left.shares(amount_minor, named=named, unallocated_minor=unallocated_minor)
        except RefundTooLargeError:
            if len(lefts) == 1:
                raise
        else:
            return shares, left.capture
    raise RefundCaptureMissingError

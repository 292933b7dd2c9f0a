"""Whose money a refund gives back: what the caller names, or what follows from the payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import AmountError
from payments import pricing
from payments.errors import (
    ForeignShareError,
    RefundSharesMismatchError,
    RefundSharesMissingError,
    RefundTooLargeError,
)
from payments.models import Payment, PaymentAllocation
from payments.pricing import Refunded
from payments.queries import refunds as queries


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

    The payment is locked by the caller, so that nobody else takes of it meanwhile.
    """

    def __init__(self, payment: Payment, *, merchant_id: str | None) -> None:
        """Read what living refunds have left over."""
        self._refunded = queries.refunded_of(payment.pk)
        self._allocations = {
            allocation.merchant_id: allocation
            for allocation in payment.allocations.select_related("fee_plan").order_by("place")
        }
        self._is_merchants = merchant_id is not None
        self._may_ask = (
            set(self._allocations)
            if merchant_id is None
            else {merchant_id} & set(self._allocations)
        )
        self.unallocated_minor = (
            0
            if self._is_merchants
            else payment.unallocated_minor - queries.unallocated_refunded(payment.pk)
        )
        self._is_of_one = len(self._may_ask) == 1 and (
            self._is_merchants or not payment.unallocated_minor
        )

    @property
    def is_nobodys(self) -> bool:
        """Tell whether the asker has no share in the payment at all."""
        return self._is_merchants and not self._may_ask

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
        return allocation.amount_minor - _of(self._refunded, allocation).amount_minor

    def _share(self, allocation: PaymentAllocation, amount_minor: int) -> Share:
        left_minor = self._left_of(allocation.merchant_id)
        if amount_minor > left_minor:
            raise RefundTooLargeError(left_minor=left_minor)
        return Share(
            allocation,
            amount_minor,
            fee_returned_minor=pricing.returned_fee(
                amount_minor,
                gross_minor=allocation.amount_minor,
                fee_minor=allocation.fee_minor,
                before=_of(self._refunded, allocation),
                policy=allocation.fee_plan.refund_policy,
            ),
        )


def _of(refunded: Mapping[str, Refunded], allocation: PaymentAllocation) -> Refunded:
    return refunded.get(allocation.pk, Refunded())

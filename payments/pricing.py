"""Work out what a payment costs and what a refund draws on, in whole minor units."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import AmountError
from ledger.money import BPS_PER_WHOLE, allocate, proportion, share


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What the platform charges on one allocation: a rate, a fixed part, and their bounds.

    Raises AmountError if a part is negative, the rate is above 100 % or the bounds cross.
    """

    bps: int
    fixed_minor: int = 0
    minimum_minor: int = 0
    maximum_minor: int | None = None

    def __post_init__(self) -> None:
        """Refuse terms that nobody can mean."""
        if not 0 <= self.bps <= BPS_PER_WHOLE or min(self.fixed_minor, self.minimum_minor) < 0:
            raise AmountError
        if self.maximum_minor is not None and self.maximum_minor < self.minimum_minor:
            raise AmountError


@dataclass(frozen=True, slots=True)
class PricedAllocation:
    """One merchant's part of a payment with its prices; what it books is in `postings`.

    `fee_minor` is the platform's fee, `channel_fee_minor` this allocation's part of what the
    channel takes; who bears the latter is the fee plan's matter.

    Raises AmountError if a price is negative or above the gross: it could not be booked.
    """

    gross_minor: int
    fee_minor: int
    channel_fee_minor: int

    def __post_init__(self) -> None:
        """Refuse prices that could not be booked."""
        for price in (self.fee_minor, self.channel_fee_minor):
            if not 0 <= price <= self.gross_minor:
                raise AmountError

    @property
    def net_minor(self) -> int:
        """Give what the merchant gets when the platform bears the channel's fee."""
        return self.gross_minor - self.fee_minor


def fee(gross_minor: int, terms: FeeTerms) -> int:
    """Work out the platform's fee on one allocation: rounded half up once, then bounded.

    It is the rate's share and the fixed part, raised to the minimum, lowered to the maximum and
    last to the gross, so that a fixed 0.30 on a payment of 0.13 costs 0.13.

    Raises AmountError if the gross is negative.
    """
    if gross_minor < 0:
        raise AmountError
    wanted = max(share(gross_minor, bps=terms.bps) + terms.fixed_minor, terms.minimum_minor)
    if terms.maximum_minor is not None:
        wanted = min(wanted, terms.maximum_minor)
    return min(wanted, gross_minor)


def channel_fee(amount_minor: int, bps: int) -> int:
    """Work out what a channel takes of one payment: rounded half up once, on the whole of it.

    Raises AmountError if the amount or the rate is negative or the rate is above 100 %.
    """
    if amount_minor < 0 or bps > BPS_PER_WHOLE:
        raise AmountError
    return share(amount_minor, bps=bps)


def split_channel_fee(total_minor: int, grosses_minor: Sequence[int]) -> list[int]:
    """Split a channel's fee over the allocations of its payment, by largest remainder.

    The parts add up to the fee and none passes its allocation: a part's exact value is at most
    its allocation, and rounding up ends at the next whole unit. Who wants the unallocated rest
    of a payment to bear its part lists it as one more allocation.

    Raises AmountError if the fee is negative or more than all allocations together.
    """
    gross_minor = sum(grosses_minor)
    if total_minor < 0 or total_minor > gross_minor or min(grosses_minor, default=0) < 0:
        raise AmountError
    if total_minor == 0:
        return [0] * len(grosses_minor)
    return allocate(total_minor, grosses_minor)


def price_allocations(
    allocations: Sequence[tuple[int, FeeTerms]], *, channel_fee_minor: int
) -> list[PricedAllocation]:
    """Price all allocations of one payment, each a gross with its merchant's terms.

    Raises AmountError if an amount is negative or the channel's fee passes the grosses.
    """
    parts = split_channel_fee(channel_fee_minor, [gross_minor for gross_minor, _ in allocations])
    return [
        PricedAllocation(
            gross_minor=gross_minor, fee_minor=fee(gross_minor, terms), channel_fee_minor=part
        )
        for (gross_minor, terms), part in zip(allocations, parts, strict=True)
    ]


def fee_tax(fee_minor: int, *, vat_bps: int) -> int:
    """Work out the value-added tax that a fee includes: 0.11 of 2.00 at 6 %, rounded half up once.

    Raises AmountError if the fee or the rate is negative or the rate is above 100 %.
    """
    if fee_minor < 0 or vat_bps > BPS_PER_WHOLE:
        raise AmountError
    return proportion(fee_minor, part=vat_bps, whole=BPS_PER_WHOLE + vat_bps)


@dataclass(frozen=True, slots=True)
class Refunded:
    """What has been refunded of one allocation, in minor units.

    `fee_minor` is what of the platform's fee went back with it, `tax_minor` the tax in that.
    """

    amount_minor: int = 0
    fee_minor: int = 0
    tax_minor: int = 0


def returned_fee(
    amount_minor: int, *, gross_minor: int, fee_minor: int, before: Refunded, policy: str
) -> int:
    """Work out what of an allocation's fee goes back with a refund of `amount_minor`.

    `policy` is one of `payments.models.RefundPolicy`. It is counted from the sum of all refunds,
    so that all parts together return what one full refund would, however often they failed in
    between. Never more than is refunded, so that no merchant earns by a refund.

    Raises AmountError if the refunds would pass the gross or the policy is unknown.
    """
    refunded_minor = before.amount_minor + amount_minor
    if amount_minor <= 0 or refunded_minor > gross_minor:
        raise AmountError
    if policy == "keep" or (policy == "return_full" and refunded_minor < gross_minor):
        return 0
    if policy not in ("return_full", "return_proportional"):
        raise AmountError
    due_minor = proportion(fee_minor, part=refunded_minor, whole=gross_minor) - before.fee_minor
    return min(max(due_minor, 0), amount_minor)


def returned_tax(fee_minor: int, *, vat_bps: int, before: Refunded) -> int:
    """Work out the tax in a fee that goes back, counted from the sum of all that went back.

    So the tax of all parts is the tax of the whole fee. Raises AmountError as `fee_tax` does.
    """
    due_minor = fee_tax(before.fee_minor + fee_minor, vat_bps=vat_bps) - before.tax_minor
    return min(max(due_minor, 0), fee_minor)


@dataclass(frozen=True, slots=True)
class Means:
    """What a merchant has for a refund, in minor units, in the order in which it is drawn on.

    What of this very payment is still pending, what is available, the reserve (0 unless it may be
    used), and how much more the merchant may owe.
    """

    pending_minor: int
    available_minor: int
    reserve_minor: int
    advance_minor: int


@dataclass(frozen=True, slots=True)
class Funding:
    """From where a refund is paid, in minor units: 2001, 2002, 2005 and 1201."""

    pending_minor: int
    available_minor: int
    reserve_minor: int
    debt_minor: int


def fund(need_minor: int, means: Means) -> Funding | None:
    """Draw what a refund needs from a merchant's means, each emptied before the next is touched.

    None when all of them together are not enough.

    Raises AmountError if the need is negative.
    """
    if need_minor < 0:
        raise AmountError
    drawn: list[int] = []
    for minor in (
        means.pending_minor,
        means.available_minor,
        means.reserve_minor,
        means.advance_minor,
    ):
        drawn.append(min(max(minor, 0), need_minor - sum(drawn)))
    return Funding(*drawn) if sum(drawn) == need_minor else None


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Where the money of a failed refund goes, in minor units: 2001, 1201 and 2002."""

    pending_minor: int
    debt_minor: int
    available_minor: int


def give_back(minor: int, *, pending_minor: int, debt_minor: int) -> GivenBack:
    """Spread what a failed refund gives back: what is still pending, then the debt, then the rest.

    `pending_minor` is what the refund took of money that has not matured to this day.
    """
    to_pending = min(minor, pending_minor)
    to_debt = min(minor - to_pending, debt_minor)
    return GivenBack(to_pending, to_debt, minor - to_pending - to_debt)

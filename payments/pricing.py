"""Work out what a payment costs: the platform's fee and the channel's, in whole minor units."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import AmountError
from ledger.money import BPS_PER_WHOLE, allocate, share


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

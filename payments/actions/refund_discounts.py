"""What of a refund the channel does not take of us: a discount of our own had paid for it."""

from collections.abc import Callable, Iterable, Sequence

from ledger.actions.journal import Entry
from payments import pricing
from payments.models import Refund, RefundAllocation
from payments.postings import discounts
from payments.postings.refunds import Occasion


def returned(
    refund: Refund, parts: Sequence[RefundAllocation], *, occasion: Occasion
) -> Iterable[Entry]:
    """Yield how it is booked, by merchants; nothing where the channel takes all of the refund.

    `refund.settled_minor` is what it takes; None where it said nothing.
    """
    return _booked(discounts.given_back, refund, parts, occasion=occasion)


def taken_again(
    refund: Refund, parts: Sequence[RefundAllocation], *, occasion: Occasion
) -> Iterable[Entry]:
    """Yield how it is booked that a refund came back, of which the channel had not taken all."""
    return _booked(discounts.taken_again, refund, parts, occasion=occasion)


def _booked(
    posting: Callable[..., Entry],
    refund: Refund,
    parts: Sequence[RefundAllocation],
    *,
    occasion: Occasion,
) -> Iterable[Entry]:
    if refund.settled_minor is None or refund.settled_minor == refund.amount_minor:
        return
    whose: list[tuple[str, str | None, int]] = [
        (part.pk, part.allocation.merchant_id, part.amount_minor) for part in parts
    ]
    if refund.unallocated_minor:
        whose.append((f"{refund.pk}:unallocated", None, refund.unallocated_minor))
    given_minor = refund.amount_minor - refund.settled_minor
    shares = pricing.split_channel_fee(given_minor, [amount for _, _, amount in whose])
    for (subject, merchant_id, _), discount_minor in zip(whose, shares, strict=True):
        if discount_minor:
            yield posting(
                refund.pk,
                of=subject if refund.turn == 1 else f"{subject}:{refund.turn}",
                merchant_id=merchant_id,
                amount_minor=discount_minor,
                currency=refund.currency,
                channel_account_id=occasion.channel_account_id,
                effective_date=occasion.effective_date,
                at=occasion.at,
            )

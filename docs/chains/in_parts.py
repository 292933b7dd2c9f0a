"""Chains of money that comes in parts: held first, paid with a discount, partly nobody's."""

from docs.chains import cast
from docs.chains.cast import BANK, CHANNEL, MERCHANT, MONEY, OCCASION
from docs.chains.telling import Chain, Step, step
from ledger.actions.journal import Entry
from payments.models import CaptureShare, Payment, Refund
from payments.postings import captures, discounts, refunds
from payments.pricing import Funding
from settlements.postings import channels

OWNER = f"{CHANNEL}/{MERCHANT}"
NOBODYS = f"{CHANNEL}/unallocated"
HELD = step("100.00 is held at the channel: nothing is booked", "")


def held() -> list[Chain]:
    """Tell what becomes of money that is held first: taken in parts, given back, refunded."""
    page = "authorising.md"
    freed = step("The rest is given back to the payer: nothing is booked", "")
    returned = cast.part("first-part", 6_000, fee_returned=120)
    return [
        Chain(page, "captured", (HELD, _taken("first", 6_000), _taken("second", 2_500), freed)),
        Chain(page, "voided", (HELD, step("All of it is given back: nothing is booked", ""))),
        Chain(
            page,
            "refunded",
            (
                HELD,
                _taken("first", 6_000),
                step(
                    "The capture is refunded, our fee as well",
                    "E05a",
                    cast.given_back(returned, Funding(5_880, 0, 0, 0)),
                ),
                step(
                    "The channel has paid the payer, and returns 0.36 of its fee",
                    "E05e, E05f",
                    refunds.succeeded(returned, channel_fee_minor=36, occasion=OCCASION),
                ),
            ),
        ),
    ]


def discounted() -> list[Chain]:
    """Tell a payment of which a discount of ours paid a part, and its refund."""
    page = "capture.md"
    paid = step(
        "A payer pays 100.00, of which a discount of ours pays 5.00",
        "E01, E02a, E02d, E03",
        _paid_with_discount(),
        discounts.discounted("payment", of="allocation", amount_minor=500, **_WHOSE),
    )
    whole = cast.part("whole", 10_000, fee_returned=200)
    return [
        Chain(page, "discounted", (paid, _settled("The channel settles 95.00 less 0.57", 9_443))),
        Chain(
            "refunds.md",
            "discounted",
            (
                paid,
                step(
                    "All of it is refunded, our fee as well",
                    "E05a",
                    cast.given_back(whole, Funding(9_800, 0, 0, 0)),
                ),
                step(
                    "The channel has paid the payer their 95.00, and takes no more of us",
                    "E05e, E05f, E02d",
                    refunds.succeeded(whole, channel_fee_minor=57, occasion=OCCASION),
                    discounts.given_back("payment", of="whole", amount_minor=500, **_WHOSE),
                ),
            ),
        ),
    ]


def unallocated() -> list[Chain]:
    """Tell a payment that belongs to no merchant, and how it goes back."""
    payment = Payment(id="payment", currency="CNY", unallocated_minor=3_000)
    first, second = (
        Refund(id=name, currency="CNY", unallocated_minor=3_000) for name in ("first", "second")
    )
    paid = captures.paid_unallocated(
        payment,
        channel_account_id=CHANNEL,
        channel_fee_minor=18,
        effective_date=cast.FRIDAY,
        at=cast.AT,
    )
    return [
        Chain(
            "refunds.md",
            "unallocated",
            (
                step("A payer pays 30.00 that belong to no merchant yet", "E14a, E02a", paid),
                _set_apart(first),
                step(
                    "The channel could not pay it: it is in suspense again",
                    "E05g",
                    refunds.failed_unallocated(first, occasion=OCCASION),
                ),
                _set_apart(second),
                step(
                    "The channel has paid the payer",
                    "E05e",
                    refunds.succeeded_unallocated(second, channel_fee_minor=0, occasion=OCCASION),
                ),
            ),
        )
    ]


def by_hand() -> list[Chain]:
    """Tell refunds that no channel can deliver, and that people pay from the bank."""
    part = cast.part("abnormal", 3_000, fee_returned=60)
    nobodys = Refund(id="refund", currency="CNY", unallocated_minor=3_000)
    return [
        Chain(
            "abnormal-refunds.md",
            "by-hand",
            (
                cast.paid_step(),
                step(
                    "30.00 is refunded, and 0.60 of our fee",
                    "E05c",
                    cast.given_back(part, Funding(2_940, 0, 0, 0)),
                ),
                step(
                    "It cannot be delivered; the bank's statement shows it paid by hand",
                    "E05h",
                    refunds.by_hand(part, bank_account_id=BANK, occasion=OCCASION),
                ),
                _settled("The channel settles what it kept", 9_940),
            ),
        ),
        Chain(
            "abnormal-refunds.md",
            "by-hand-of-nobody",
            (
                step("30.00 came late and waits", "E14a", parked_late(3_000)),
                _set_apart(nobodys),
                step(
                    "It cannot be delivered; the bank's statement shows it paid by hand",
                    "E05h",
                    refunds.by_hand_unallocated(nobodys, bank_account_id=BANK, occasion=OCCASION),
                ),
            ),
        ),
    ]


def parked_late(amount_minor: int) -> Entry:
    """Park money that came for a closed payment."""
    return captures.paid_late(
        Payment(id="payment", currency="CNY"),
        amount_minor=amount_minor,
        channel_account_id=CHANNEL,
        **MONEY,
    )


def _set_apart(refund: Refund) -> Step:
    entry = refunds.requested_unallocated(refund, occasion=OCCASION)
    return step("It goes back to its payer", "E14c", entry)


def _taken(name: str, amount_minor: int) -> Step:
    """Tell one capture of the held money, of which the channel keeps 0.6 %."""
    share = CaptureShare(id=name, amount_minor=amount_minor, fee_minor=amount_minor // 50)
    entry = captures.paid(
        cast.allocation(),
        share=share,
        currency=cast.CURRENCY,
        channel_account_id=CHANNEL,
        channel_fee_minor=amount_minor * 6 // 1_000,
        effective_date=cast.FRIDAY,
        at=cast.AT,
    )
    return step(f"{amount_minor // 100}.00 of it is captured", "E01, E02a, E03", entry)


def _paid_with_discount() -> Entry:
    """Book the payment of which the channel owes 95.00, and takes 0.6 % of that."""
    return captures.paid(
        cast.allocation(),
        currency=cast.CURRENCY,
        channel_account_id=CHANNEL,
        channel_fee_minor=57,
        effective_date=cast.FRIDAY,
        at=cast.AT,
    )


def _settled(happened: str, amount_minor: int) -> Step:
    entries = channels.channel_settled(
        source="arrived",
        subject="bill",
        bank_account_id=BANK,
        movements={OWNER: amount_minor},
        **MONEY,
    )
    return step(happened, "E13a", *entries)


_WHOSE = {"merchant_id": MERCHANT, "channel_account_id": CHANNEL, **MONEY}

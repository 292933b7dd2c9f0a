"""Chains of refunds that were made and came back."""

from docs.chains import cast, taking
from docs.chains.cast import BANK, CHANNEL, MERCHANT, MONEY, OCCASION
from docs.chains.in_parts import parked_late
from docs.chains.telling import Chain, Step, step
from payments.models import Refund
from payments.postings import discounts, refunds
from payments.pricing import Funding, GivenBack

_PAGE = "refunds.md"


def come_back() -> list[Chain]:
    """Tell what becomes of money that came back: by hand, to its merchant, or to suspense."""
    some = cast.part("some", 3_000, fee_returned=60)
    back = refunds.came_back(some, occasion=OCCASION)
    whose = {"merchant_id": MERCHANT, "channel_account_id": CHANNEL, **MONEY}
    made = (
        *cast.available(),
        step("30.00 is refunded", "E05c", cast.given_back(some, Funding(0, 2_940, 0, 0))),
        step("The channel has paid the payer", "E05e", taking.succeeded(some)),
    )
    by_hand = refunds.by_hand(some, bank_account_id=BANK, occasion=OCCASION)
    to_merchant = refunds.failed(some, given=GivenBack(0, 0, 2_940), tax_minor=0, occasion=OCCASION)
    ours = discounts.given_back("refund", of="some", amount_minor=500, **whose)
    again = discounts.taken_again("refund", of="some", amount_minor=500, **whose)
    returned = step("It comes back: the payer is owed it again", "E05i", back)
    return [
        Chain(
            _PAGE,
            "come-back",
            (*made, returned, step("Two people pay it from our bank account", "E05h", by_hand)),
        ),
        Chain(
            _PAGE,
            "come-back-to-merchant",
            (
                *made,
                step(
                    "5.00 of it was a discount of ours, which the channel gave us back",
                    "E02d",
                    ours,
                ),
                step("It comes back; the channel keeps the discount", "E05i, E02d", back, again),
                step("Two people give it to the merchant", "E05g", to_merchant),
            ),
        ),
        Chain(_PAGE, "come-back-to-suspense", _to_suspense()),
    ]


def _to_suspense() -> tuple[Step, ...]:
    nobodys = Refund(id="refund", currency="CNY", unallocated_minor=3_000)
    again = Refund(id="refund", currency="CNY", unallocated_minor=3_000, turn=2)
    asked = refunds.requested_unallocated(nobodys, occasion=OCCASION)
    made = refunds.succeeded_unallocated(nobodys, channel_fee_minor=0, occasion=OCCASION)
    back = refunds.came_back_unallocated(nobodys, occasion=OCCASION)
    waits = refunds.failed_unallocated(again, occasion=OCCASION)
    by_hand = Refund(id="another", currency="CNY", unallocated_minor=3_000)
    return (
        step("30.00 came late and waits", "E14a", parked_late(3_000)),
        step("It goes back to its payer", "E14c", asked),
        step("The channel has paid the payer", "E05e", made),
        step("It comes back, and waits in suspense again", "E05i, E05g", back, waits),
        step(
            "Two people have it given back once more",
            "E14c",
            refunds.requested_unallocated(by_hand, occasion=OCCASION),
        ),
        step(
            "It cannot be delivered; the bank's statement shows it paid by hand",
            "E05h",
            refunds.by_hand_unallocated(by_hand, bank_account_id=BANK, occasion=OCCASION),
        ),
    )

"""Chains of what people correct by hand, of reserves, and of what a merchant owes."""

from docs.chains import cast, taking
from docs.chains.telling import Chain, step
from payments.postings import adjustments, debts, reserves
from payments.pricing import Funding


def by_hand() -> list[Chain]:
    """Tell what two people book by hand."""
    in_favour = cast.by_hand("adjustment_credit", 500)
    against = cast.by_hand("adjustment_debit", 500)
    return [
        Chain(
            "by-hand.md",
            "adjusted",
            (
                step(
                    "5.00 in the merchant's favour",
                    "E12a",
                    adjustments.adjusted_in_favour(in_favour, **cast.WHEN),
                ),
                step(
                    "5.00 against the merchant",
                    "E12b",
                    adjustments.adjusted_against(against, **cast.WHEN),
                ),
            ),
        ),
        Chain(
            "by-hand.md",
            "frozen",
            (
                *cast.available(),
                step("50.00 is frozen while risk looks at it", "E12c", taking.frozen(5_000)),
                step("It is free again", "E12c", taking.unfrozen(5_000)),
            ),
        ),
        Chain(
            "reserve.md",
            "released",
            (
                cast.paid_step(),
                step("A tenth of the net is kept back", "E11a", taking.reserved(980)),
                step("The rest matures", "E04", cast.matured(8_820)),
                step("After 90 days it is free", "E11b", taking.released(980)),
            ),
        ),
        Chain(
            "reserve.md",
            "by-hand",
            (
                *cast.available(),
                step(
                    "Two people keep 20.00 of it back",
                    "E11a",
                    reserves.held_by_hand(cast.by_hand("reserve_hold", 2_000), **cast.WHEN),
                ),
                step(
                    "Two people let it go again",
                    "E11b",
                    reserves.released_by_hand(cast.by_hand("reserve_release", 2_000), **cast.WHEN),
                ),
            ),
        ),
    ]


def owing() -> list[Chain]:
    """Tell what becomes of what a merchant owes."""
    some = cast.part("some", 3_000, fee_returned=60)
    owed = (
        step(
            "A refund of 30.00 is advanced: the merchant has nothing",
            "E05d",
            cast.given_back(some, Funding(0, 0, 0, 2_940)),
        ),
        step("The channel has paid the payer", "E05e", taking.succeeded(some)),
    )
    early = debts.recovered_by_hand(cast.by_hand("debt_recovery", 2_940), **cast.WHEN)
    written_off = debts.written_off(cast.by_hand("debt_write_off", 2_940), **cast.WHEN)
    return [
        Chain(
            "debt.md",
            "recovered",
            (
                *owed,
                *cast.available(),
                step("The debt is taken first", "E16a", taking.recovered(2_940)),
            ),
        ),
        Chain(
            "debt.md",
            "by-hand",
            (
                *cast.available(),
                *owed,
                step("Two people take it before maturity does", "E16a", early),
            ),
        ),
        Chain("debt.md", "written-off", (*owed, step("It is given up", "E16b", written_off))),
    ]

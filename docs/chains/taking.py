"""Chains of taking money and giving it back: captures, refunds, transfers."""

from docs.chains import cast
from docs.chains.cast import BANK, CHANNEL, CHANNEL_FEE, MERCHANT, MONEY, NET, OCCASION, OTHER
from docs.chains.telling import Chain, step
from ledger.actions.journal import Entry
from payments.models import RefundAllocation
from payments.postings import adjustments, debts, refunds, reserves, transfers
from payments.postings.fees import ChannelFeeTerms
from payments.pricing import Funding, GivenBack
from settlements.postings import channels

OWNER = f"{CHANNEL}/{MERCHANT}"


def captures() -> list[Chain]:
    """Tell one payment under each way to bear the channel's fee, and with tax in our fee."""
    arrived = channels.channel_settled(
        source="arrived", subject="bill", bank_account_id=BANK, movements={OWNER: 9_940}, **MONEY
    )
    gross = channels.channel_settled(
        source="gross", subject="bill", bank_account_id=BANK, movements={OWNER: 10_000}, **MONEY
    )
    invoice = channels.invoice_paid(
        source="invoice",
        subject=CHANNEL,
        channel_account_id=CHANNEL,
        bank_account_id=BANK,
        amount_minor=CHANNEL_FEE,
        **MONEY,
    )
    net = step("The channel settles what is left after its fee", "E13a", *arrived)
    passed_on = cast.paid(terms=ChannelFeeTerms.PASSED_ON)
    invoiced = cast.paid(terms=ChannelFeeTerms.INVOICED)
    taxed = cast.paid(tax_minor=11)
    pays = "A payer pays 100.00"
    page = "capture.md"
    return [
        Chain(page, "borne", (cast.paid_step(), net)),
        Chain(page, "passed-on", (step(pays, "E01, E02b, E03", passed_on), net)),
        Chain(
            page,
            "invoiced",
            (
                step(pays, "E01, E02c, E03", invoiced),
                step("The channel settles all of it", "E13a", *gross),
                step("Its monthly invoice is paid from the bank", "E18", invoice),
            ),
        ),
        Chain(page, "taxed", (step(pays, "E01, E02a, E03, E03v", taxed), net)),
    ]


def maturity() -> list[Chain]:
    """Tell how money becomes available."""
    return [Chain("maturity.md", "matured", cast.available())]


def paid_back() -> list[Chain]:
    """Tell refunds that go well, by what becomes of our fee."""
    whole = cast.part("whole", 10_000, fee_returned=200)
    kept = cast.part("kept", 10_000, fee_returned=0)
    some = cast.part("some", 3_000, fee_returned=60)
    page = "refunds.md"
    return [
        Chain(
            page,
            "whole",
            (
                *cast.available(),
                step(
                    "All of it is refunded, our fee as well",
                    "E05a",
                    cast.given_back(whole, Funding(0, NET, 0, 0)),
                ),
                step(
                    "The channel has paid the payer, and returns 0.60 of its fee",
                    "E05e, E05f",
                    refunds.succeeded(whole, channel_fee_minor=60, occasion=OCCASION),
                ),
            ),
        ),
        Chain(
            page,
            "kept",
            (
                *cast.available(),
                step(
                    "We keep our fee, and the merchant has another 2.00",
                    "E12a",
                    adjustments.adjusted_in_favour(
                        cast.by_hand("adjustment_credit", 200), **cast.WHEN
                    ),
                ),
                step(
                    "All of it is refunded", "E05b", cast.given_back(kept, Funding(0, 10_000, 0, 0))
                ),
                step("The channel has paid the payer", "E05e", succeeded(kept)),
            ),
        ),
        Chain(
            page,
            "partial",
            (
                cast.paid_step(),
                step(
                    "30.00 is refunded before maturity, and 0.60 of our fee",
                    "E05c",
                    cast.given_back(some, Funding(2_940, 0, 0, 0)),
                ),
                step("The channel has paid the payer", "E05e", succeeded(some)),
            ),
        ),
    ]


def not_paid_back() -> list[Chain]:
    """Tell refunds for which the merchant has too little, and one that fails."""
    some = cast.part("some", 3_000, fee_returned=60)
    later = cast.part("later", 1_000, fee_returned=20)
    page = "refunds.md"
    return [
        Chain(
            page,
            "advanced",
            (
                *cast.available(),
                step("77.00 is frozen: 21.00 is left", "E12c", frozen(7_700)),
                step(
                    "30.00 is refunded; the platform advances what is missing",
                    "E05d",
                    cast.given_back(some, Funding(0, 2_100, 0, 840)),
                ),
                step("The channel has paid the payer", "E05e", succeeded(some)),
                step("The money is free again", "E12c", unfrozen(7_700)),
                step("Maturity takes the debt back first", "E16a", recovered(840)),
            ),
        ),
        Chain(
            page,
            "failed",
            (
                *cast.available(),
                step("30.00 is refunded", "E05c", cast.given_back(some, Funding(0, 2_940, 0, 0))),
                step(
                    "The channel could not pay it: the money and the fee go back",
                    "E05g",
                    refunds.failed(
                        some, given=GivenBack(0, 0, 2_940), tax_minor=0, occasion=OCCASION
                    ),
                ),
            ),
        ),
        Chain(
            "reserve.md",
            "consumed",
            (
                cast.paid_step(),
                step("A tenth of the net is kept back", "E11a", reserved(980)),
                step("The rest matures", "E04", cast.matured(8_820)),
                step("It is frozen", "E12c", frozen(8_820)),
                step(
                    "10.00 is refunded, from the reserve",
                    "E11c",
                    cast.given_back(later, Funding(0, 0, 980, 0)),
                ),
                step("The channel has paid the payer", "E05e", succeeded(later)),
            ),
        ),
    ]


def between() -> list[Chain]:
    """Tell how money goes from one merchant to another."""
    moved = transfers.transferred(
        "transfer", from_merchant_id=MERCHANT, to_merchant_id=OTHER, amount_minor=1_000, **MONEY
    )
    given = transfers.shared(
        "share", merchant_id=MERCHANT, channel_account_id=CHANNEL, amount_minor=1_000, **MONEY
    )
    page = "transfers.md"
    return [
        Chain(page, "transferred", (cast.paid_step(), step("10.00 to another", "E17a", moved))),
        Chain(
            page, "shared", (cast.paid_step(), step("The channel gives 10.00 away", "E17b", given))
        ),
    ]


def succeeded(part: RefundAllocation) -> Entry:
    """Book that a refund has reached its payer."""
    return refunds.succeeded(part, channel_fee_minor=0, occasion=OCCASION)


def frozen(minor: int) -> Entry:
    """Freeze some of what is available."""
    return adjustments.frozen(cast.by_hand("freeze", minor), **cast.WHEN)


def unfrozen(minor: int) -> Entry:
    """Free what was frozen."""
    return adjustments.unfrozen(cast.by_hand("unfreeze", minor), **cast.WHEN)


def reserved(minor: int) -> Entry:
    """Keep some of a payment back."""
    return reserves.held_at_capture(cast.allocation(), amount_minor=minor, **MONEY)


def released(minor: int) -> Entry:
    """Free what was kept back."""
    return reserves.released_when_due(
        cast.merchant_account(),
        amount_minor=minor,
        business_date=cast.TUESDAY,
        effective_date=cast.TUESDAY,
        at=cast.AT,
    )


def recovered(minor: int) -> Entry:
    """Take a debt back."""
    return debts.debt_recovered(cast.merchant_account(), place=1, amount_minor=minor, **cast.WHEN)

"""Chains of disputes and of what does not match: long items, short items, fees."""

from typing import Any

from docs.chains import cast
from docs.chains.cast import BANK, CHANNEL, MERCHANT, MONEY, NET, OCCASION
from docs.chains.telling import Chain, Step, step
from ledger.actions.journal import Entry
from payments.models import Refund
from payments.postings import disputes, refunds, suspense
from payments.pricing import Funding, GivenBack
from settlements.postings import breaks, channels

OWNER = f"{CHANNEL}/{MERCHANT}"
CLAIM = 5_000
DISPUTE_FEE = 1_500


def disputed() -> list[Chain]:
    """Tell disputes: won, lost, borne by the platform, and of a merchant without money."""
    page = "disputes.md"
    opened = (*cast.available(), _frozen(Funding(0, CLAIM, 0, 0), "E06a"), _taken())
    released = step(
        "What was frozen is the merchant's again", "E06e", _released(GivenBack(0, 0, CLAIM))
    )
    absorbed = disputes.absorbed("dispute", merchant_id=MERCHANT, amount_minor=CLAIM, **_OF_DISPUTE)
    borne = disputes.borne("dispute", merchant_id=MERCHANT, amount_minor=CLAIM, **_OF_DISPUTE)
    back = disputes.returned("dispute", merchant_id=MERCHANT, amount_minor=CLAIM, **_OF_DISPUTE)
    advanced = (
        _frozen(Funding(0, 0, 0, CLAIM), "E06b"),
        _taken(Funding(0, 0, 0, 0)),
    )
    return [
        Chain(page, "won", (*opened, step("Won: the money comes back", "E06d", back), released)),
        Chain(page, "lost", (*opened, step("Lost: what was frozen bears it", "E06f", absorbed))),
        Chain(
            page,
            "borne",
            (*opened, step("Lost, and the platform bears it", "E06g", borne), released),
        ),
        Chain(
            page,
            "on-credit",
            (
                *advanced,
                step("Won: the money comes back", "E06d", back),
                step(
                    "The freeze ends, and so does the debt",
                    "E06e",
                    _released(GivenBack(0, CLAIM, 0)),
                ),
            ),
        ),
    ]


def long_items() -> list[Chain]:
    """Tell what becomes of money that nobody knows."""
    page = "long-items.md"
    found = cast.found("long")
    opened = step("The channel has 50.00 of which we know nothing", "E14a", _long(5_000))
    credited = suspense.credited(found, cast.allocation(gross=5_000, fee=100), channel_fee_minor=30)
    arrived = channels.channel_settled(
        source="arrived",
        subject="bill",
        bank_account_id=BANK,
        movements={f"{CHANNEL}/unallocated": 4_970},
        **MONEY,
    )
    paid_back = refunds.succeeded_unallocated(
        Refund(id="refund", currency="CNY", unallocated_minor=5_000),
        channel_fee_minor=0,
        occasion=OCCASION,
    )
    return [
        Chain(
            page,
            "credited",
            (
                opened,
                step("It was a merchant's payment", "E14b", credited),
                step("The channel settles it", "E13a", *arrived),
            ),
        ),
        Chain(
            page,
            "returned",
            (
                opened,
                step(
                    "It goes back to its payer",
                    "E14c",
                    suspense.returned_to_payer(found, amount_minor=5_000),
                ),
                step("The channel has paid the payer", "E05e", paid_back),
            ),
        ),
        Chain(
            page,
            "income",
            (
                opened,
                step(
                    "Nobody claims it, and two people take it to income",
                    "E14d",
                    breaks.long_to_income(found, amount_minor=5_000),
                ),
            ),
        ),
    ]


def short_items() -> list[Chain]:
    """Tell what becomes of money that is missing."""
    page = "short-items.md"
    found = cast.found("short")
    opened = (
        cast.paid_step(),
        step(
            "The bank got 99.00, and 99.40 was expected",
            "E14e",
            *breaks.settled_short(
                found, bank_account_id=BANK, movements={OWNER: 9_940}, short_minor=40
            ),
        ),
    )
    arrived = breaks.short_arrived(found, bank_account_id=BANK, amount_minor=40)
    unknown = breaks.unknown_to_channel(found, merchant_id=MERCHANT, amount_minor=10_000)
    never = suspense.never_happened(
        found, cast.allocation(), funding=Funding(NET, 0, 0, 0), channel_fee_minor=60
    )
    return [
        Chain(page, "arrived", (*opened, step("It comes later", "E14g", arrived))),
        Chain(
            page,
            "fee",
            (
                *opened,
                step("It was a fee", "E14h", breaks.short_was_fee(found, amount_minor=40)),
            ),
        ),
        Chain(
            page,
            "written-off",
            (
                *opened,
                step(
                    "Two people give it up",
                    "E14j",
                    breaks.short_written_off(found, amount_minor=40),
                ),
            ),
        ),
        Chain(
            page,
            "never-happened",
            (
                cast.paid_step(),
                step("After days the channel still knows nothing of it", "E14f", unknown),
                step("It never happened: all of it is taken back", "E14i", never),
            ),
        ),
        Chain(
            page,
            "billed-more",
            (
                cast.paid_step(),
                step(
                    "The channel bills 0.65 where 0.60 was expected",
                    "E14k",
                    breaks.fee_corrected(
                        cast.found("fee"), difference_minor=5, merchant_id=MERCHANT
                    ),
                ),
                step(
                    "It settles what is left",
                    "E13a",
                    *channels.channel_settled(
                        source="arrived",
                        subject="bill",
                        bank_account_id=BANK,
                        movements={OWNER: 9_935},
                        **MONEY,
                    ),
                ),
            ),
        ),
    ]


_OF_DISPUTE: dict[str, Any] = {"currency": "CNY", "occasion": OCCASION}


def _frozen(funding: Funding, number: str) -> Step:
    entry = disputes.frozen("dispute", merchant_id=MERCHANT, funding=funding, **_OF_DISPUTE)
    return step("A payer disputes 50.00: it is frozen", number, entry)


def _taken(fee_funding: Funding = Funding(0, DISPUTE_FEE, 0, 0)) -> Step:  # noqa: B008
    entry = disputes.taken(
        "dispute",
        merchant_id=MERCHANT,
        amount_minor=CLAIM,
        fee_funding=fee_funding,
        **_OF_DISPUTE,
    )
    return step("The channel takes it, and its fee if there is one", "E06c", entry)


def _released(given: GivenBack) -> Entry:
    return disputes.released("dispute", merchant_id=MERCHANT, given=given, **_OF_DISPUTE)


def _long(amount_minor: int) -> Entry:
    return breaks.long_found(cast.found("long"), amount_minor=amount_minor)

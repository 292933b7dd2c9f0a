"""Chains of settlements and payouts, of money between channels and the bank, and of openings."""

from typing import Any

from docs.chains import cast
from docs.chains.cast import AT, BANK, CHANNEL, CURRENCY, MERCHANT, MONDAY, MONEY, NET
from docs.chains.telling import Chain, Step, step
from settlements.postings import channels, openings, payouts, settlements
from settlements.postings.openings import OpeningBalance

OWNER = f"{CHANNEL}/{MERCHANT}"
HELD = NET - 100
BOTH: dict[str, Any] = {"channel_account_id": CHANNEL, "bank_account_id": BANK}
OF_BANK: dict[str, Any] = {"bank_account_id": BANK, "amount_minor": HELD, **MONEY}
OF_WALLET: dict[str, Any] = {"channel_account_id": CHANNEL, "amount_minor": HELD, **MONEY}


def settled() -> list[Chain]:
    """Tell settlements: paid, rejected, failed, and come back, by bank and by wallet."""
    page = "settlement.md"
    arrived = channels.channel_settled(
        source="arrived", subject="bill", bank_account_id=BANK, movements={OWNER: 9_940}, **MONEY
    )
    fee = settlements.payout_fee("settlement", merchant_id=MERCHANT, fee_minor=100, **MONEY)
    drafted = (
        *cast.available(),
        step("The channel's money arrives", "E13a", *arrived),
        step("A run charges the payout fee", "E07f", fee),
        step("… and holds the rest", "E07a", settlements.held("settlement", **_OF_SETTLEMENT)),
    )
    released = settlements.released("settlement", **_OF_SETTLEMENT)
    sent = payouts.instructed("payout", merchant_id=MERCHANT, **OF_BANK)
    again = step("It is given up: the merchant has it again", "E07b", released)
    by_file = (*drafted, step("Two people agreed: the file is made", "E08", sent))
    paid = payouts.confirmed("payout", charge_minor=50, **OF_BANK)
    confirmed = step("The bank's statement shows it, and a charge", "E09", paid)
    failed = payouts.failed("payout", merchant_id=MERCHANT, **OF_BANK)
    returned = payouts.returned("payout", merchant_id=MERCHANT, **OF_BANK)
    return [
        Chain(page, "paid", (*by_file, confirmed)),
        Chain(page, "rejected", (*drafted, again)),
        Chain(
            page,
            "failed",
            (*by_file, step("The bank refused it before money moved", "E10a", failed), again),
        ),
        Chain(
            page,
            "returned",
            (*by_file, confirmed, step("Days later it comes back", "E10b", returned), again),
        ),
        Chain(page, "by-wallet", (*drafted, *_by_wallet())),
        Chain(
            page,
            "returned-to-wallet",
            (
                *drafted,
                *_by_wallet(),
                step(
                    "It comes back to the wallet",
                    "E10w",
                    payouts.transfer_returned("payout", merchant_id=MERCHANT, **OF_WALLET),
                ),
                again,
            ),
        ),
    ]


def channel_money() -> list[Chain]:
    """Tell how a channel's money comes to us, and goes back to its wallet."""
    page = "channel-money.md"
    direct = channels.channel_settled(
        source="arrived", subject="bill", bank_account_id=BANK, movements={OWNER: 9_940}, **MONEY
    )
    wallet = channels.settled_to_wallet(
        source="wallet",
        subject="bill",
        channel_account_id=CHANNEL,
        movements={OWNER: 9_940},
        **MONEY,
    )
    withdrawn = channels.wallet_withdrawn(
        source="withdrawn", subject=CHANNEL, amount_minor=9_940, **BOTH, **MONEY
    )
    return [
        Chain(page, "direct", (cast.paid_step(), step("It settles to the bank", "E13a", *direct))),
        Chain(
            page,
            "wallet",
            (
                cast.paid_step(),
                step("It settles to our wallet there", "E13b", *wallet),
                step("The bank's statement shows what we withdrew", "E13c", withdrawn),
            ),
        ),
        Chain(page, "topped-up", (_topped_up(100_000),)),
    ]


def opened() -> list[Chain]:
    """Tell how the books begin."""
    of_opening: dict[str, Any] = {
        "opening_id": "opening",
        "currency": CURRENCY,
        "effective_date": MONDAY,
        "at": AT,
    }
    bank = openings.opened(BANK, [OpeningBalance("1001", "D", 100_000)], **of_opening)
    owed = openings.opened(MERCHANT, [OpeningBalance("2002", "C", 100_000)], **of_opening)
    return [
        Chain(
            "openings.md",
            "opened",
            (
                step("The bank held 1,000.00", "E19", bank),
                step("A merchant was owed 1,000.00", "E19", owed),
            ),
        )
    ]


_OF_SETTLEMENT: dict[str, Any] = {"merchant_id": MERCHANT, "net_minor": HELD, **MONEY}


def _by_wallet() -> tuple[Step, ...]:
    """Tell a payout by transfer from a filled wallet."""
    sent = payouts.instructed(
        "payout", merchant_id=MERCHANT, bank_account_id=CHANNEL, amount_minor=HELD, **MONEY
    )
    paid = payouts.transferred("payout", fee_minor=50, **OF_WALLET)
    return (
        _topped_up(10_000),
        step("Two people agreed: the transfer is sent", "E08", sent),
        step("The channel has made it, for 0.50", "E09w", paid),
    )


def _topped_up(minor: int) -> Step:
    entry = channels.wallet_topped_up(
        source="topped_up", subject=CHANNEL, amount_minor=minor, **BOTH, **MONEY
    )
    return step("The bank's money fills the wallet", "E20", entry)

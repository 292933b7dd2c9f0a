"""How differences with channels and banks read in the books: E14, but what touches merchants.

Suspense is nobody's (`unallocated`), and never clears by itself: an entry that clears a break names
the break that it clears, in `source` and `subject` (`payments.postings.suspense` has the ways out
that touch payers and merchants). Pure functions; amounts are minor units.
"""

from collections.abc import Mapping

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.postings.owners import UNALLOCATED, channel_owner
from payments.postings.suspense import Break, entry_of
from settlements.postings.channels import in_chunks, signed

# --- long: there is more outside than in our books ----------------------------------------------


def long_found(found: Break, *, amount_minor: int) -> Entry:
    """Park what the channel has and we do not know: E14a, Dr 1101 / Cr 2901."""
    owner = channel_owner(found.channel_account_id)
    return entry_of(
        found,
        "long",
        [
            debit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, found.currency),
            credit(chart.SUSPENSE_LONG, UNALLOCATED, amount_minor, found.currency),
        ],
        kind="long_found",
    )


def long_to_income(found: Break, *, amount_minor: int) -> Entry:
    """Take to income what nobody claims, after approval: E14d, Dr 2901 / Cr 4102."""
    return entry_of(
        found,
        "income",
        [
            debit(chart.SUSPENSE_LONG, UNALLOCATED, amount_minor, found.currency),
            credit(chart.LONG_ITEMS_INCOME, UNALLOCATED, amount_minor, found.currency),
        ],
        kind="long_to_income",
    )


# --- short: there is less outside than in our books ---------------------------------------------


def settled_short(
    found: Break, *, bank_account_id: str, movements: Mapping[str, int], short_minor: int
) -> list[Entry]:
    """Book a channel's money of which some is missing at the bank: E14e.

        Dr 1001 what came      Cr 1101 what was expected, of each owner
        Dr 1901 what is missing

    `movements` is what was expected of each owner of 1101. Of more owners than one entry takes,
    the first entry has all that is missing.
    """
    entries: list[Entry] = []
    for chunk in in_chunks(movements, beside=2):
        missing_minor = 0 if entries else short_minor
        came_minor = sum(minor for _, minor in chunk) - missing_minor
        part = f"short:{len(entries) + 1}"
        legs = [
            signed(chart.BANK, bank_account_id, came_minor, found.currency),
            debit(chart.SUSPENSE_SHORT, UNALLOCATED, missing_minor, found.currency),
            *(
                signed(chart.CHANNEL_RECEIVABLE, owner, -minor, found.currency)
                for owner, minor in chunk
            ),
        ]
        entries.append(entry_of(found, part, legs, kind="channel_settled_short"))
    return entries


def unknown_to_channel(found: Break, *, merchant_id: str, amount_minor: int) -> Entry:
    """Park what we booked as paid and the channel never heard of: E14f, Dr 1901 / Cr 1101.

    Not on the first day: the channel's bill may have it on the next one.
    """
    owner = channel_owner(found.channel_account_id, merchant_id)
    return entry_of(
        found,
        "short",
        [
            debit(chart.SUSPENSE_SHORT, UNALLOCATED, amount_minor, found.currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, found.currency),
        ],
        kind="short_found",
    )


def short_arrived(found: Break, *, bank_account_id: str, amount_minor: int) -> Entry:
    """Book what was missing and came later: E14g, Dr 1001 / Cr 1901."""
    return entry_of(
        found,
        "arrived",
        [
            debit(chart.BANK, bank_account_id, amount_minor, found.currency),
            credit(chart.SUSPENSE_SHORT, UNALLOCATED, amount_minor, found.currency),
        ],
        kind="short_arrived",
    )


def short_was_fee(found: Break, *, amount_minor: int) -> Entry:
    """Book that what was missing was the channel's fee: E14h, Dr 5001 / Cr 1901."""
    owner = channel_owner(found.channel_account_id)
    return entry_of(
        found,
        "fee",
        [
            debit(chart.CHANNEL_COST, owner, amount_minor, found.currency),
            credit(chart.SUSPENSE_SHORT, UNALLOCATED, amount_minor, found.currency),
        ],
        kind="short_was_fee",
    )


def short_written_off(found: Break, *, amount_minor: int) -> Entry:
    """Give up what is missing, after approval: E14j, Dr 5102 / Cr 1901."""
    return entry_of(
        found,
        "written_off",
        [
            debit(chart.SHORT_ITEMS_LOSS, UNALLOCATED, amount_minor, found.currency),
            credit(chart.SUSPENSE_SHORT, UNALLOCATED, amount_minor, found.currency),
        ],
        kind="short_written_off",
    )


# --- fees ---------------------------------------------------------------------------------------


def fee_corrected(found: Break, *, difference_minor: int, merchant_id: str = UNALLOCATED) -> Entry:
    """Correct an accrued channel fee to what was billed: E14k, Dr 5001 / Cr 1101.

    `difference_minor` is what was billed less what was accrued; below zero it is the mirror. A
    difference that belongs to no payment is nobody's.
    """
    owner = channel_owner(found.channel_account_id, merchant_id)
    return entry_of(
        found,
        "fee_corrected",
        [
            signed(chart.CHANNEL_COST, owner, difference_minor, found.currency),
            signed(chart.CHANNEL_RECEIVABLE, owner, -difference_minor, found.currency),
        ],
        kind="fee_corrected",
    )

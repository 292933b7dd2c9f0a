"""Every booking by its number: the function that makes it, and the chains that it is told in."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from docs.chains import coming_back, correcting, deciding, in_parts, paying_out, taking, waiting
from docs.chains.telling import Chain
from payments.postings import (
    adjustments,
    captures,
    debts,
    discounts,
    disputes,
    maturity,
    refunds,
    reserves,
    suspense,
    transfers,
)
from settlements.postings import breaks, channels, openings, payouts, settlements

_BY_FUNCTION: tuple[tuple[Callable[..., Any], tuple[str, ...]], ...] = (
    (captures.paid, ("E01", "E02a", "E02b", "E02c", "E03", "E03v")),
    (captures.paid_unallocated, ("E14a", "E02a")),
    (captures.paid_late, ("E14a",)),
    (captures.paid_twice, ("E14a",)),
    (captures.conflicted, ("E14a",)),
    (captures.unparked, ("E14b",)),
    (discounts.discounted, ("E02d",)),
    (discounts.given_back, ("E02d",)),
    (discounts.taken_again, ("E02d",)),
    (maturity.matured, ("E04",)),
    (refunds.requested, ("E05a", "E05b", "E05c", "E05d", "E11c")),
    (refunds.succeeded, ("E05e", "E05f")),
    (refunds.failed, ("E05g",)),
    (refunds.by_hand, ("E05h",)),
    (refunds.came_back, ("E05i",)),
    (refunds.requested_unallocated, ("E14c",)),
    (refunds.succeeded_unallocated, ("E05e", "E05f")),
    (refunds.failed_unallocated, ("E05g",)),
    (refunds.by_hand_unallocated, ("E05h",)),
    (refunds.came_back_unallocated, ("E05i",)),
    (disputes.frozen, ("E06a", "E06b")),
    (disputes.taken, ("E06c",)),
    (disputes.returned, ("E06d",)),
    (disputes.released, ("E06e",)),
    (disputes.absorbed, ("E06f",)),
    (disputes.borne, ("E06g",)),
    (settlements.payout_fee, ("E07f",)),
    (settlements.held, ("E07a",)),
    (settlements.released, ("E07b",)),
    (payouts.instructed, ("E08",)),
    (payouts.confirmed, ("E09",)),
    (payouts.transferred, ("E09w",)),
    (payouts.failed, ("E10a",)),
    (payouts.returned, ("E10b",)),
    (payouts.transfer_returned, ("E10w",)),
    (reserves.held_at_capture, ("E11a",)),
    (reserves.held_by_hand, ("E11a",)),
    (reserves.released_when_due, ("E11b",)),
    (reserves.released_by_hand, ("E11b",)),
    (adjustments.adjusted_in_favour, ("E12a",)),
    (adjustments.adjusted_against, ("E12b",)),
    (adjustments.frozen, ("E12c",)),
    (adjustments.unfrozen, ("E12c",)),
    (channels.channel_settled, ("E13a",)),
    (channels.settled_to_wallet, ("E13b",)),
    (channels.wallet_withdrawn, ("E13c",)),
    (breaks.long_found, ("E14a",)),
    (suspense.credited, ("E14b",)),
    (suspense.returned_to_payer, ("E14c",)),
    (breaks.long_to_income, ("E14d",)),
    (breaks.settled_short, ("E14e",)),
    (breaks.unknown_to_channel, ("E14f",)),
    (breaks.short_arrived, ("E14g",)),
    (breaks.short_was_fee, ("E14h",)),
    (suspense.never_happened, ("E14i",)),
    (breaks.short_written_off, ("E14j",)),
    (breaks.fee_corrected, ("E14k",)),
    (debts.debt_recovered, ("E16a",)),
    (debts.recovered_by_hand, ("E16a",)),
    (debts.written_off, ("E16b",)),
    (transfers.transferred, ("E17a",)),
    (transfers.shared, ("E17b",)),
    (channels.invoice_paid, ("E18",)),
    (openings.opened, ("E19",)),
    (channels.wallet_topped_up, ("E20",)),
)

NUMBERS: Mapping[str, tuple[Callable[..., Any], ...]] = MappingProxyType(
    {
        number: tuple(function for function, numbers in _BY_FUNCTION if number in numbers)
        for number in sorted({number for _, numbers in _BY_FUNCTION for number in numbers})
    }
)
"""The functions of each number: mostly one, and one more for what is nobody's or done by hand."""


@cache
def chains() -> tuple[Chain, ...]:
    """Return every chain that docs/recipes tells."""
    return (
        *taking.captures(),
        *taking.maturity(),
        *taking.paid_back(),
        *taking.not_paid_back(),
        *coming_back.come_back(),
        *in_parts.held(),
        *in_parts.discounted(),
        *in_parts.unallocated(),
        *in_parts.by_hand(),
        *correcting.by_hand(),
        *correcting.owing(),
        *taking.between(),
        *deciding.disputed(),
        *waiting.parked(),
        *deciding.long_items(),
        *deciding.short_items(),
        *paying_out.settled(),
        *paying_out.channel_money(),
        *paying_out.opened(),
    )


def as_table() -> str:
    """List every booking by its number."""
    lines = ["| | what is booked | function | told in |", "|---|---|---|---|"]
    for number, functions in NUMBERS.items():
        pages = sorted({chain.page for chain in chains() if number in chain.numbers})
        links = ", ".join(f"[{page.removesuffix('.md')}]({page})" for page in pages)
        for function in functions:
            said = (function.__doc__ or "").splitlines()[0].replace("|", "\\|")
            name = f"`{function.__module__}.{function.__name__}`"
            lines.append(f"| {number} | {said} | {name} | {links} |")
            links = ""
    return "\n".join(lines)

"""Whose money stands on an account: the opaque owners that payments gives the ledger.

A channel's money is kept per merchant (`chn_…/mer_…`), so that payments of two merchants touch no
common row.
"""

from collections.abc import Sequence

from ledger.actions.journal import Leg

UNALLOCATED = "unallocated"
"""The owner of money that belongs to no merchant."""

LEGAL_ENTITY = "platform"
"""Who owes the tax in our fees."""


def channel_owner(channel_account_id: str, merchant_id: str = UNALLOCATED) -> str:
    """Name the owner of a channel's money of one merchant, or of nobody."""
    return f"{channel_account_id}/{merchant_id}"


def tax_owner(merchant_id: str) -> str:
    """Name the owner of the tax in one merchant's fees.

    The tax is our legal entity's; kept per merchant, like a channel's money, so that payments of
    two merchants touch no common row.
    """
    return f"{LEGAL_ENTITY}/{merchant_id}"


def booked_source(manual_entry_id: str) -> str:
    """Name the entry by which people's decision about a merchant's money was booked."""
    return f"{manual_entry_id}:booked"


def without_zeros(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Leave out the legs on which nothing moves."""
    return tuple(leg for leg in legs if leg.amount_minor)

"""How money between channels, our wallets there and the bank reads in the books: E13, E18, E20.

Pure functions; amounts are minor units.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import MAX_POSTINGS, Entry, Leg, credit, debit


def channel_settled(
    *,
    source: str,
    subject: str,
    bank_account_id: str,
    movements: Mapping[str, int],
    currency: str,
    effective_date: date,
    at: datetime,
) -> list[Entry]:
    """Book a channel's money that arrived at the bank: E13a, Dr 1001 / Cr 1101 of each owner.

    `movements` is what of it belongs to each owner of 1101 (`chn_…/mer_…`), above or below
    zero. One entry where it fits, several of at most MAX_POSTINGS postings otherwise, with the
    sources `source:1`, `source:2` ….
    """
    chunks = in_chunks(movements, beside=1)
    return [
        Entry(
            source=f"{source}:{place}",
            kind="channel_settled",
            subject=subject,
            legs=_settled_legs(chart.BANK, bank_account_id, chunk, currency),
            effective_date=effective_date,
            at=at,
        )
        for place, chunk in enumerate(chunks, 1)
    ]


def settled_to_wallet(
    *,
    source: str,
    subject: str,
    channel_account_id: str,
    movements: Mapping[str, int],
    currency: str,
    effective_date: date,
    at: datetime,
) -> list[Entry]:
    """Book what a channel settled to our wallet there: E13b, Dr 1102 / Cr 1101 of each owner.

    In as many entries, with the same sources, as `channel_settled` makes.
    """
    chunks = in_chunks(movements, beside=1)
    return [
        Entry(
            source=f"{source}:{place}",
            kind="channel_settled_to_wallet",
            subject=subject,
            legs=_settled_legs(chart.CHANNEL_WALLET, channel_account_id, chunk, currency),
            effective_date=effective_date,
            at=at,
        )
        for place, chunk in enumerate(chunks, 1)
    ]


def wallet_withdrawn(
    *,
    source: str,
    subject: str,
    channel_account_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what came from our wallet at a channel to the bank: E13c, Dr 1001 / Cr 1102."""
    return Entry(
        source=source,
        kind="wallet_withdrawn",
        subject=subject,
        legs=(
            debit(chart.BANK, bank_account_id, amount_minor, currency),
            credit(chart.CHANNEL_WALLET, channel_account_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def wallet_topped_up(
    *,
    source: str,
    subject: str,
    channel_account_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book money that went from the bank to our wallet at a channel: E20, Dr 1102 / Cr 1001."""
    return Entry(
        source=source,
        kind="wallet_topped_up",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_WALLET, channel_account_id, amount_minor, currency),
            credit(chart.BANK, bank_account_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def invoice_paid(
    *,
    source: str,
    subject: str,
    channel_account_id: str,
    bank_account_id: str,
    amount_minor: int,
    currency: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Pay a channel's invoice of its fees: E18, Dr 2201 / Cr 1001."""
    return Entry(
        source=source,
        kind="channel_invoice_paid",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_FEE_PAYABLE, channel_account_id, amount_minor, currency),
            credit(chart.BANK, bank_account_id, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def in_chunks(movements: Mapping[str, int], *, beside: int) -> list[list[tuple[str, int]]]:
    """Split what belongs to each owner so that it fits an entry, `beside` other postings left."""
    owners = [(owner, minor) for owner, minor in sorted(movements.items()) if minor]
    size = MAX_POSTINGS - beside
    return [owners[start : start + size] for start in range(0, len(owners), size)]


def signed(code: str, owner_id: str, minor: int, currency: str) -> Leg:
    """Make a leg of a signed amount: above zero a debit, below zero a credit."""
    make = debit if minor > 0 else credit
    return make(code, owner_id, abs(minor), currency)


def _settled_legs(
    code: str, account_id: str, chunk: Sequence[tuple[str, int]], currency: str
) -> tuple[Leg, ...]:
    legs = [signed(chart.CHANNEL_RECEIVABLE, owner, -minor, currency) for owner, minor in chunk]
    total_minor = sum(minor for _, minor in chunk)
    if total_minor:
        legs.insert(0, signed(code, account_id, total_minor, currency))
    return tuple(legs)

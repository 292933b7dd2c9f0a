"""How money between channels and the bank reads in the books: E13 and E20.

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
    owners = [(owner, minor) for owner, minor in sorted(movements.items()) if minor]
    size = MAX_POSTINGS - 1
    chunks = [owners[start : start + size] for start in range(0, len(owners), size)]
    return [
        Entry(
            source=f"{source}:{place}",
            kind="channel_settled",
            subject=subject,
            legs=_channel_legs(chunk, bank_account_id=bank_account_id, currency=currency),
            effective_date=effective_date,
            at=at,
        )
        for place, chunk in enumerate(chunks, 1)
    ]


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


def _channel_legs(
    chunk: Sequence[tuple[str, int]], *, bank_account_id: str, currency: str
) -> tuple[Leg, ...]:
    legs = [_signed(chart.CHANNEL_RECEIVABLE, owner, -minor, currency) for owner, minor in chunk]
    total_minor = sum(minor for _, minor in chunk)
    if total_minor:
        legs.insert(0, _signed(chart.BANK, bank_account_id, total_minor, currency))
    return tuple(legs)


def _signed(code: str, owner_id: str, minor: int, currency: str) -> Leg:
    """Make a leg of a signed amount: above zero a debit, below zero a credit."""
    make = debit if minor > 0 else credit
    return make(code, owner_id, abs(minor), currency)

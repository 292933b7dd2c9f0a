"""One entry of four postings, posted as the product does: its role, its settings, its laws."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime

from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, Leg, credit, debit
from ledger.identifiers import new_id
from tests.benchmarks.contestants.spread import OWNERS, owner_name

DAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


def prepare() -> None:
    """Open every account once, so that the measured entries find them."""
    for owner in range(OWNERS):
        _post(owner)


def deed() -> Callable[[], None]:
    """Return what posts one entry on the accounts of a random owner."""
    return lambda: _post(random.randrange(OWNERS))


def _post(owner: int) -> None:
    with transaction.atomic():
        journal.post_entry(
            Entry(
                source=new_id("row"),
                subject=new_id("pay"),
                # None of its accounts is a merchant's, so the entry needs no line.
                kind="channel_settled",
                legs=_legs(owner_name(owner)),
                effective_date=DAY,
                at=NOON,
            )
        )


def _legs(owner: str) -> tuple[Leg, ...]:
    """Return what a channel's money at the bank looks like, with both their charges."""
    return (
        debit("1001", owner, 9_900, "CNY"),
        debit("5002", owner, 40, "CNY"),
        debit("5001", owner, 60, "CNY"),
        credit("1101", owner, 10_000, "CNY"),
    )

"""Sealing in tests, where other databases of the same server have transactions open."""

import time

from django.db import transaction

from ledger.actions import journal, seals
from ledger.actions.journal import Entry, credit, debit
from ledger.leaves import STREAMS
from ledger.models import Seal
from tests.instants import NOON, THURSDAY
from tests.rig import database


def book(source: str, *, amount_minor: int = 5_000) -> None:
    """Book an entry that no law of the house asks anything more of."""
    with transaction.atomic():
        journal.post_entry(
            Entry(
                source=source,
                kind="test",
                legs=(
                    debit("5002", "tianping", amount_minor, "CNY"),
                    credit("4102", "tianping", amount_minor, "CNY"),
                ),
                effective_date=THURSDAY,
                at=NOON,
            )
        )


def seal_everything() -> int:
    """Seal all that stands in the sealed tables; return how many blocks that took.

    Transactions of a whole server are numbered together, so a neighbour's test may hold sealing
    up for as long as it takes.
    """
    made = 0
    deadline = time.monotonic() + 240
    while True:
        made += seals.seal_all()
        if not rows_in_no_block():
            return made
        assert time.monotonic() < deadline, "a transaction of a neighbour never ends"
        time.sleep(0.05)


def rows_in_no_block() -> int:
    """Return how many rows of the sealed tables are in no block."""
    rows = 0
    for stream in STREAMS.values():
        sealed = sum(Seal.objects.filter(stream=stream.name).values_list("count", flat=True))
        found = database.owner_connection().execute(f"SELECT count(*) FROM {stream.table}")  # noqa: S608
        rows += found.fetchone()[0] - sealed
    return rows

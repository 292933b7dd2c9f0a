"""Eight connections post on the same accounts in any order: nobody waits for ever."""

import random

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import AccountBalance, JournalEntry
from tests.instants import NOON, THURSDAY
from tests.rig.attacks import run_sql
from tests.rig.races import at_once

CONNECTIONS, ENTRIES = 8, 25
CODES = ("1001", "1101", "1102", "5001", "5002", "4002")


def _posts(number: int) -> None:
    """Post entries that name three pairs of the shared accounts, each time in another order."""
    order = random.Random(number)
    for place in range(ENTRIES):
        codes = order.sample(CODES, len(CODES))
        legs = tuple(
            make(code, "shared", 100, "CNY")
            for code, make in zip(codes, (debit, credit) * 3, strict=True)
        )
        with transaction.atomic():
            journal.post_entry(
                Entry(
                    source=f"{number}:{place}",
                    kind="channel_settled",
                    legs=legs,
                    effective_date=THURSDAY,
                    at=NOON,
                )
            )


@pytest.mark.django_db(transaction=True)
def test_accounts_named_in_any_order_are_locked_in_one():
    # When
    results = at_once(*(lambda number=number: _posts(number) for number in range(CONNECTIONS)))

    # Then nobody was sent away for a deadlock, and every posting is numbered and counted
    assert results == [None] * CONNECTIONS
    assert JournalEntry.objects.count() == CONNECTIONS * ENTRIES
    assert set(AccountBalance.objects.values_list("seq", flat=True)) == {CONNECTIONS * ENTRIES}
    assert run_sql("SELECT sum(debits_minor), sum(credits_minor) FROM ledger_accountbalance") == [
        (3 * 100 * CONNECTIONS * ENTRIES, 3 * 100 * CONNECTIONS * ENTRIES)
    ]

"""What was there before the books began, to the cent."""

import pytest

from settlements.postings.openings import OpeningBalance, opened
from tests.books import left_over, legs_of
from tests.instants import NOON, THURSDAY


def opening(owner_id: str, *balances: tuple[str, str, int]):
    return opened(
        owner_id,
        [OpeningBalance(*one) for one in balances],
        opening_id="opn_1",
        currency="CNY",
        effective_date=THURSDAY,
        at=NOON,
    )


@pytest.mark.parametrize(
    ("entry", "table"),
    [
        (
            opening("chn_b", ("1001", "D", 100_000)),
            ["Dr 1001 chn_b 1000.00", "Cr 3101 platform 1000.00"],
        ),
        (
            opening("mer_1", ("2002", "C", 100_000)),
            ["Cr 2002 mer_1 1000.00", "Dr 3101 platform 1000.00"],
        ),
        (
            opening("mer_1", ("2001", "C", 5_000), ("1201", "D", 2_000)),
            ["Cr 2001 mer_1 50.00", "Dr 1201 mer_1 20.00", "Dr 3101 platform 30.00"],
        ),
        (
            opening("mer_1", ("2005", "C", 5_000), ("1201", "D", 5_000)),
            ["Cr 2005 mer_1 50.00", "Dr 1201 mer_1 50.00"],
        ),
    ],
)
def test_an_owner_s_accounts_open_against_3101(entry, table):  # E19
    assert (entry.kind, entry.subject) == ("opening", "opn_1")
    assert entry.source == f"opening:{entry.legs[0].owner_id}:CNY"
    assert legs_of(entry) == table


def test_what_the_bank_held_and_what_was_owed_meet_in_3101():
    entries = [
        opening("chn_b", ("1001", "D", 100_000)),
        opening("mer_1", ("2002", "C", 100_000)),
    ]

    assert left_over(entries) == {"1001": 100_000, "2002": 100_000, "3101": 0}

"""Differences with channels and banks, entry by entry: each names its break, to the cent."""

import pytest

from ledger.actions.journal import MAX_POSTINGS
from payments.postings.suspense import Break
from settlements.postings import breaks
from tests.books import left_over, legs_of
from tests.instants import FRIDAY, NEXT_NOON

BREAK = Break("brk_1", "chn_a", "CNY", FRIDAY, NEXT_NOON)


@pytest.mark.parametrize(
    ("entry", "source", "kind", "table"),
    [
        (  # E14a
            breaks.long_found(BREAK, amount_minor=5_000),
            "brk_1:long:1",
            "long_found",
            ["Dr 1101 chn_a/unallocated 50.00", "Cr 2901 unallocated 50.00"],
        ),
        (  # E14d
            breaks.long_to_income(BREAK, amount_minor=5_000),
            "brk_1:income:1",
            "long_to_income",
            ["Dr 2901 unallocated 50.00", "Cr 4102 unallocated 50.00"],
        ),
        (  # E14f
            breaks.unknown_to_channel(BREAK, merchant_id="mer_1", amount_minor=10_000),
            "brk_1:short:1",
            "short_found",
            ["Dr 1901 unallocated 100.00", "Cr 1101 chn_a/mer_1 100.00"],
        ),
        (  # E14g
            breaks.short_arrived(BREAK, bank_account_id="chn_b", amount_minor=40),
            "brk_1:arrived:1",
            "short_arrived",
            ["Dr 1001 chn_b 0.40", "Cr 1901 unallocated 0.40"],
        ),
        (  # E14h
            breaks.short_was_fee(BREAK, amount_minor=40),
            "brk_1:fee:1",
            "short_was_fee",
            ["Dr 5001 chn_a/unallocated 0.40", "Cr 1901 unallocated 0.40"],
        ),
        (  # E14j
            breaks.short_written_off(BREAK, amount_minor=40),
            "brk_1:written_off:1",
            "short_written_off",
            ["Dr 5102 unallocated 0.40", "Cr 1901 unallocated 0.40"],
        ),
        (  # E14k
            breaks.fee_corrected(BREAK, difference_minor=5, merchant_id="mer_1"),
            "brk_1:fee_corrected:1",
            "fee_corrected",
            ["Dr 5001 chn_a/mer_1 0.05", "Cr 1101 chn_a/mer_1 0.05"],
        ),
        (
            breaks.fee_corrected(BREAK, difference_minor=-5),
            "brk_1:fee_corrected:1",
            "fee_corrected",
            ["Cr 5001 chn_a/unallocated 0.05", "Dr 1101 chn_a/unallocated 0.05"],
        ),
    ],
)
def test_each_event_of_a_break(entry, source, kind, table):
    assert (entry.source, entry.kind, entry.subject) == (source, kind, "brk_1")
    assert (entry.effective_date, entry.at) == (FRIDAY, NEXT_NOON)
    assert legs_of(entry) == table


def test_what_is_missing_at_the_bank_is_short():  # E14e
    (entry,) = breaks.settled_short(
        BREAK, bank_account_id="chn_b", movements={"chn_a/mer_1": 9_940}, short_minor=40
    )

    assert (entry.source, entry.kind, entry.subject) == (
        "brk_1:short:1:1",
        "channel_settled_short",
        "brk_1",
    )
    assert legs_of(entry) == [
        "Dr 1001 chn_b 99.00",
        "Dr 1901 unallocated 0.40",
        "Cr 1101 chn_a/mer_1 99.40",
    ]


def test_of_many_owners_the_first_entry_has_all_that_is_missing():
    movements = {f"chn_a/mer_{number:04}": 100 for number in range(1_200)}

    first, second = breaks.settled_short(
        BREAK, bank_account_id="chn_b", movements=movements, short_minor=250
    )

    assert (first.source, second.source) == ("brk_1:short:1:1", "brk_1:short:2:1")
    assert (len(first.legs), len(second.legs)) == (MAX_POSTINGS, 203)
    assert legs_of(first)[:2] == ["Dr 1001 chn_b 995.50", "Dr 1901 unallocated 2.50"]
    assert left_over([first, second]) == {"1001": 119_750, "1901": 250, "1101": -120_000}


@pytest.mark.parametrize(
    "clearing",
    [
        breaks.short_arrived(BREAK, bank_account_id="chn_b", amount_minor=40),
        breaks.short_was_fee(BREAK, amount_minor=40),
        breaks.short_written_off(BREAK, amount_minor=40),
    ],
    ids=["arrived", "fee", "written off"],
)
def test_each_way_out_clears_the_break_that_it_names(clearing):
    found = breaks.settled_short(
        BREAK, bank_account_id="chn_b", movements={"chn_a/mer_1": 9_940}, short_minor=40
    )

    assert left_over([*found, clearing])["1901"] == 0
    assert {entry.subject for entry in (*found, clearing)} == {"brk_1"}

"""Every booking has one number, one function and a chain; and every chain leaves nothing behind."""

import re
from collections.abc import Iterable

import pytest

from docs import bookings
from docs.chains.telling import MUST_CLEAR, Chain, closing
from ledger.actions.journal import Entry, credit, debit
from tests.books import left_over
from tests.instants import NOON, THURSDAY

# As the design numbers them. E15 converts currencies, which nothing does yet.
_LETTERS = {
    **dict.fromkeys(("E01", "E04", "E08", "E18", "E19", "E20"), ("",)),
    "E02": "abc",
    "E03": ("", "v"),
    "E05": "abcdefg",
    "E06": "abcdefg",
    "E07": "fab",
    "E09": ("", "w"),
    "E10": "abw",
    "E11": "abc",
    "E12": "abc",
    "E13": "abc",
    "E14": "abcdefghijk",
    "E16": "ab",
    "E17": "ab",
}
NUMBERED = [f"{number}{letter}" for number, letters in _LETTERS.items() for letter in letters]
CHAINS = bookings.chains()


def ids(chains: Iterable[Chain]) -> list[str]:
    return [f"{chain.page}:{chain.name}" for chain in chains]


def named_in(text: str) -> set[str]:
    """Return the numbers that a docstring names, ranges such as `E05a to E05d` filled in."""
    numbers = set(re.findall(r"E\d\d[a-w]?", text))
    for first, last in re.findall(r"(E\d\d[a-z]) to (E\d\d[a-z])", text):
        letters = range(ord(first[-1]), ord(last[-1]) + 1)
        numbers |= {f"{first[:-1]}{chr(letter)}" for letter in letters}
    return numbers


def test_every_number_is_known_once():
    listed = [number for _, numbers in bookings._BY_FUNCTION for number in numbers]

    assert sorted(listed) == sorted(NUMBERED)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("number", NUMBERED)
def test_the_function_of_a_number_names_it(number):
    assert number in named_in(bookings.NUMBERS[number].__doc__ or "")


@pytest.mark.parametrize("number", NUMBERED)
def test_every_booking_is_told_in_a_chain(number):
    assert [chain for chain in CHAINS if number in chain.numbers]


def test_chains_tell_no_number_that_is_none():
    assert {number for chain in CHAINS for number in chain.numbers} == set(NUMBERED)


@pytest.mark.parametrize("chain", CHAINS, ids=ids(CHAINS))
def test_each_entry_of_a_chain_balances(chain):
    for entry in chain.entries:
        sums = sum(leg.amount_minor if leg.side == "D" else -leg.amount_minor for leg in entry.legs)
        assert (sums, min(leg.amount_minor for leg in entry.legs) > 0) == (0, True), entry.source


@pytest.mark.parametrize("chain", CHAINS, ids=ids(CHAINS))
def test_a_chain_leaves_nothing_on_the_way(chain):
    left = left_over(chain.entries)

    assert {code: minor for code, minor in left.items() if code in MUST_CLEAR and minor} == {}
    assert closing(chain.entries) == dict(sorted(left.items()))


def test_every_account_that_must_clear_is_passed_by_some_chain():
    touched = {leg.code for chain in CHAINS for entry in chain.entries for leg in entry.legs}

    assert set(MUST_CLEAR) <= touched


def test_a_chain_that_leaves_something_is_seen():
    legs = (debit("1101", "a", 5, "CNY"), credit("2901", "b", 5, "CNY"))
    entry = Entry(source="x", kind="x", legs=legs, effective_date=THURSDAY, at=NOON)

    assert closing([entry]) == {"1101": 5, "2901": 5}

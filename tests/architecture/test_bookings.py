"""Every booking has one number, one function and a chain; and every chain leaves nothing behind."""

import ast
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from docs import bookings
from docs.chains.telling import MUST_CLEAR, Chain, closing
from ledger.actions.journal import Entry, credit, debit
from payments.models import ManualEntryKind
from payments.postings import suspense
from tests.architecture.sources import ROOT
from tests.books import left_over
from tests.instants import NOON, THURSDAY

# E15 converts currencies, which nothing does yet.
_LETTERS = {
    **dict.fromkeys(("E01", "E04", "E08", "E18", "E19", "E20"), ("",)),
    "E02": "abcd",
    "E03": ("", "v"),
    "E05": "abcdefghi",
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
ROOMS = ("payments/postings", "settlements/postings")
SHARED = {suspense.entry_of}
"""What several bookings are made with, and which books nothing of its own."""


def ids(chains: Iterable[Chain]) -> list[str]:
    return [f"{chain.page}:{chain.name}" for chain in chains]


def named_in(text: str) -> set[str]:
    """Return the numbers that a docstring names, ranges such as `E05a to E05d` filled in."""
    numbers = set(re.findall(r"E\d\d[a-w]?", text))
    for first, last in re.findall(r"(E\d\d[a-z]) to (E\d\d[a-z])", text):
        letters = range(ord(first[-1]), ord(last[-1]) + 1)
        numbers |= {f"{first[:-1]}{chr(letter)}" for letter in letters}
    return numbers


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).glob("[a-z]*.py"))


def makes_entries(function: Callable[..., Any]) -> bool:
    returned = inspect.signature(function).return_annotation
    return returned in (Entry, list[Entry], tuple[Entry, ...])


def posting_functions() -> set[Callable[..., Any]]:
    """Return every public function of the rooms of postings that makes entries."""
    found = set()
    for path in modules():
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found |= {function} if makes_entries(function) else set()
    return found - SHARED


def kinds_written(source: str) -> set[str]:
    """Return the kinds of entries that a module of postings writes down."""
    found: set[str] = set()
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        said = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
        if isinstance(call.func, ast.Name) and call.func.id == "_entry":
            said += call.args[1:2]
        found |= {str(one.value) for one in said if isinstance(one, ast.Constant)}
    return found


def called_while(deed: Callable[[], object]) -> set[object]:
    """Return the code of everything that is called while something is done."""
    seen: set[object] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            seen.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        deed()
    finally:
        sys.setprofile(before)
    return seen


def test_every_number_is_known():
    assert sorted(bookings.NUMBERS) == sorted(NUMBERED)


@pytest.mark.parametrize("number", NUMBERED)
def test_the_functions_of_a_number_name_it(number):
    for function in bookings.NUMBERS[number]:
        assert number in named_in(function.__doc__ or ""), function.__qualname__


def test_every_function_that_books_has_a_number():
    listed = [function for function, _ in bookings._BY_FUNCTION]

    assert len(set(listed)) == len(listed)
    assert posting_functions() - set(listed) == set()


def test_every_function_that_books_is_told_in_a_chain():
    called = called_while(bookings.chains.__wrapped__)

    assert len(posting_functions()) > 50
    assert [one.__qualname__ for one in posting_functions() if one.__code__ not in called] == []


def test_every_kind_of_entry_is_told_in_a_chain():
    # Given: what is booked by hand has its own kinds
    kinds = {str(kind) for kind in ManualEntryKind}
    for path in modules():
        kinds |= kinds_written(path.read_text())

    # Then
    assert len(kinds) > 40
    assert {entry.kind for chain in CHAINS for entry in chain.entries} == kinds


def test_a_kind_is_seen_wherever_it_is_written():
    source = 'Entry(source="a", kind="b")\n_entry(x, "c", y)\n_entry(entry, debit(1))'

    assert kinds_written(source) == {"b", "c"}


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

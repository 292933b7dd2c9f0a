"""Tell a chain of events: its entries as a table, and what stands on each account in the end."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger import chart
from ledger.actions.journal import Entry
from ledger.money import to_decimal_text

MUST_CLEAR = ("1301", "1901", "2003", "2006", "2101", "2401", "2901")
"""Accounts through which money only passes: when a chain is over, nothing is left on them."""


@dataclass(frozen=True)
class Step:
    """One event: what happened in plain words, the numbers of its bookings, and its entries.

    What is not booked has neither.
    """

    happened: str
    numbers: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Chain:
    """Events one after the other, in one part of one page of docs/recipes."""

    page: str
    name: str
    steps: tuple[Step, ...]

    @property
    def entries(self) -> list[Entry]:
        """Return all entries, in order."""
        return [entry for step in self.steps for entry in step.entries]

    @property
    def numbers(self) -> list[str]:
        """Return the numbers of all its bookings, in order."""
        return [number for step in self.steps for number in step.numbers.split(", ") if number]


def step(happened: str, numbers: str, *entries: Entry) -> Step:
    """Write one event down."""
    return Step(happened, numbers, entries)


def told(chain: Chain) -> str:
    """Tell a chain: a table of its entries, then what is left."""
    return "\n".join([*_entries(chain.steps), "", "What is left:", "", *_closing(chain.entries)])


def closing(entries: Sequence[Entry]) -> dict[str, int]:
    """Return what stands on each account that was touched, on its normal side, by code."""
    sums: dict[str, int] = {}
    for entry in entries:
        for leg in entry.legs:
            is_normal = leg.side == chart.CHART[leg.code].normal_side
            change = leg.amount_minor if is_normal else -leg.amount_minor
            sums[leg.code] = sums.get(leg.code, 0) + change
    return dict(sorted(sums.items()))


def account(code: str) -> str:
    """Name an account by number and name."""
    return f"{code} {chart.CHART[code].name}"


def amount(minor: int) -> str:
    """Write an amount of the recipes, which are in CNY."""
    return to_decimal_text(minor, "CNY")


def _entries(steps: Sequence[Step]) -> Iterator[str]:
    yield "| what happened | | debit | credit | CNY |"
    yield "|---|---|---|---|--:|"
    for one in steps:
        happened, numbers = one.happened, one.numbers
        if not one.entries:
            yield f"| {happened} |  |  |  |  |"
        for leg in (leg for entry in one.entries for leg in entry.legs):
            sides = (account(leg.code), "") if leg.side == "D" else ("", account(leg.code))
            yield f"| {' | '.join((happened, numbers, *sides, amount(leg.amount_minor)))} |"
            happened = numbers = ""


def _closing(entries: Sequence[Entry]) -> Iterator[str]:
    if not entries:
        yield "Nothing."
        return
    yield "| account | balance |"
    yield "|---|--:|"
    for code, minor in closing(entries).items():
        mark = " (must clear)" if code in MUST_CLEAR else ""
        yield f"| {account(code)}{mark} | {amount(minor)} |"

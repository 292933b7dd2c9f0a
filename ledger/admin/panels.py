"""What a page of the back office is made of: panels of facts, tables and moments."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from ledger.admin import showing

Words = str | Promise
Cell = str | SafeString | Promise | int


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known, under its name."""

    name: Words
    value: Cell
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one thing."""

    title: Words
    facts: Sequence[Fact]
    note: Words = ""
    template: str = field(default="admin/panels/facts.html", init=False)


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column; amounts are aligned by their last digit."""

    title: Words
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that belong to one thing; `empty` says what will stand here and how it comes."""

    title: Words
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    empty: Words
    totals: Sequence[Sequence[Cell]] = ()
    note: Words = ""
    more_url: str = ""
    more_text: Words = ""
    template: str = field(default="admin/panels/table.html", init=False)

    @property
    def body(self) -> list[list[tuple[Cell, Column]]]:
        """Return the rows, each cell with its column."""
        return [list(zip(row, self.columns, strict=True)) for row in self.rows]

    @property
    def foot(self) -> list[list[tuple[Cell, Column]]]:
        """Return the totals, each cell with its column."""
        return [list(zip(row, self.columns, strict=True)) for row in self.totals]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of a report that belong together, under a heading, and what they add up to."""

    title: Words
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Sequence[Cell]] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Rows in groups, each with its sum, and the sums of all; `empty` as for a table."""

    title: Words
    columns: Sequence[Column]
    groups: Sequence[Group]
    empty: Words
    totals: Sequence[Sequence[Cell]] = ()
    note: Words = ""
    template: str = field(default="admin/panels/report.html", init=False)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing, and beside it in words what it shows."""

    title: Words
    drawing: SafeString
    caption: Words
    template: str = field(default="admin/panels/drawing.html", init=False)


@dataclass(frozen=True, slots=True)
class TAccount:
    """What one entry did to one account: debits on the left, credits on the right."""

    account: Cell
    owner: Cell
    debits: Sequence[Cell]
    credits: Sequence[Cell]
    before: Cell
    after: Cell

    @property
    def rows(self) -> list[tuple[Cell, Cell]]:
        """Return the amounts side by side."""
        return list(zip_longest(self.debits, self.credits, fillvalue=""))


@dataclass(frozen=True, slots=True)
class TAccounts:
    """The accounts that an entry touched, each as a T."""

    title: Words
    accounts: Sequence[TAccount]
    note: Words = ""
    template: str = field(default="admin/panels/t_accounts.html", init=False)


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when, what, by whom, and where its evidence is."""

    at: datetime
    what: Words
    actor: Cell = ""
    evidence: Cell = ""
    url: str = ""

    @property
    def when(self) -> SafeString:
        """Write the instant in BUSINESS_TIME_ZONE; the page names the zone."""
        return showing.instant(self.at, with_zone=False)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that happened to one thing, in order."""

    title: Words
    moments: Sequence[Moment]
    empty: Words
    template: str = field(default="admin/panels/timeline.html", init=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence that must not be overlooked; `tone` is good, moving, attention or alarm."""

    text: Words
    tone: str = "attention"
    template: str = field(default="admin/panels/notice.html", init=False)


@dataclass(frozen=True, slots=True)
class LooksAgain:
    """One sentence about what a worker does now; the page looks again by itself."""

    text: Words
    seconds: int = 3
    template: str = field(default="admin/panels/looks_again.html", init=False)


Panel = Facts | Table | Timeline | Notice | Report | Drawing | TAccounts | LooksAgain

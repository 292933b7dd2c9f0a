"""Columns of the reports: one definition for the screen, CSV and XLSX."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.utils.translation import gettext_lazy as _

from ledger.admin import showing
from ledger.admin.panels import Cell, Column
from ledger.queries.reports import Movement
from ledger.rendering.sheets import RowT, SheetColumn

MovementT = TypeVar("MovementT", bound=Movement)


@dataclass(frozen=True, slots=True)
class BookColumn(SheetColumn[RowT], Generic[RowT]):
    """A column of a file that the screen shows as well.

    `url` leads from a figure to what makes it. `shown` writes a cell otherwise than its text, as
    a link by name; `is_shown` keeps a column out of the screen where another says the same.
    """

    url: Callable[[RowT], str] | None = None
    shown: Callable[[RowT], Cell] | None = None
    is_shown: bool = True


def heads(columns: Iterable[BookColumn[RowT]]) -> list[Column]:
    """Return the heads of the columns that the screen shows."""
    return [
        Column(column.title, is_amount=column.is_amount) for column in columns if column.is_shown
    ]


def cells(columns: Sequence[BookColumn[RowT]], row: RowT, *, currency: str) -> list[Cell]:
    """Return a row's cells as the screen shows them."""
    return [_cell(column, row, currency) for column in columns if column.is_shown]


def _cell(column: BookColumn[RowT], row: RowT, currency: str) -> Cell:
    if column.shown is not None:
        return column.shown(row)
    value = column.value(row)
    url = column.url(row) if column.url is not None else ""
    if value is None:
        return ""
    if column.is_amount and isinstance(value, int):
        return showing.money(value, currency, url=url)
    if isinstance(value, date):
        return showing.day(value)
    return showing.link(url, str(value))


def debit_of(minor: int) -> int | None:
    """Return a balance if it stands on the debit side."""
    return minor if minor > 0 else None


def credit_of(minor: int) -> int | None:
    """Return a balance if it stands on the credit side."""
    return -minor if minor < 0 else None


def six_columns(url: Callable[[MovementT], str]) -> list[BookColumn[MovementT]]:
    """Return the six columns of a trial balance; each figure leads to `url` of its row."""
    return [
        BookColumn(
            _("opening debit"), lambda row: debit_of(row.opening_minor), is_amount=True, url=url
        ),
        BookColumn(
            _("opening credit"), lambda row: credit_of(row.opening_minor), is_amount=True, url=url
        ),
        BookColumn(_("debits"), lambda row: row.debits_minor, is_amount=True, url=url),
        BookColumn(_("credits"), lambda row: row.credits_minor, is_amount=True, url=url),
        BookColumn(
            _("closing debit"), lambda row: debit_of(row.closing_minor), is_amount=True, url=url
        ),
        BookColumn(
            _("closing credit"), lambda row: credit_of(row.closing_minor), is_amount=True, url=url
        ),
    ]


@dataclass(frozen=True, slots=True)
class SixSums:
    """What six columns add up to: the sides are added apart, as they stand."""

    opening_debit_minor: int
    opening_credit_minor: int
    debits_minor: int
    credits_minor: int
    closing_debit_minor: int
    closing_credit_minor: int

    @property
    def are_equal(self) -> bool:
        """Tell whether the sides are equal in each pair of columns."""
        return (
            self.opening_debit_minor == self.opening_credit_minor
            and self.debits_minor == self.credits_minor
            and self.closing_debit_minor == self.closing_credit_minor
        )

    def cells(self, currency: str, *, url: str = "") -> list[Cell]:
        """Write the sums under their columns; each leads to `url`."""
        return [
            showing.money(minor, currency, url=url)
            for minor in (
                self.opening_debit_minor,
                self.opening_credit_minor,
                self.debits_minor,
                self.credits_minor,
                self.closing_debit_minor,
                self.closing_credit_minor,
            )
        ]


def sums_of(rows: Sequence[Movement]) -> SixSums:
    """Add up rows of one currency."""
    return SixSums(
        sum(debit_of(row.opening_minor) or 0 for row in rows),
        sum(credit_of(row.opening_minor) or 0 for row in rows),
        sum(row.debits_minor for row in rows),
        sum(row.credits_minor for row in rows),
        sum(debit_of(row.closing_minor) or 0 for row in rows),
        sum(credit_of(row.closing_minor) or 0 for row in rows),
    )

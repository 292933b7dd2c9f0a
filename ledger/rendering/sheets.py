"""What a file of the books is made of, and as CSV. The screen shows the same columns.

UTF-8 with a byte order mark and CRLF: what Excel opens without garbling Chinese, everywhere.
Amounts are plain decimals with a point and all places of the currency.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from django.utils.functional import Promise
from django.utils.text import capfirst

from ledger.money import to_decimal_text

RowT = TypeVar("RowT")

Value = str | Promise | int | date | None
"""What stands in a cell; a whole number is minor units in a column of amounts."""

CSV_CONTENT_TYPE = "text/csv; charset=utf-8"
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# What makes a spreadsheet take a cell for a formula; blanks before it do not help.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
# Spreadsheets round longer numbers to 15 digits and show them as 1.23E+17.
_LONG_NUMBER = re.compile(r"[0-9]{12,}")


@dataclass(frozen=True, slots=True)
class SheetColumn(Generic[RowT]):
    """One column of a report: its heading, and what each row has there."""

    title: str | Promise
    value: Callable[[RowT], Value]
    is_amount: bool = False


@dataclass(frozen=True, slots=True)
class Sheet(Generic[RowT]):
    """One report as a file: columns, rows as they come, and where a row's currency stands."""

    title: str
    columns: Sequence[SheetColumn[RowT]]
    rows: Iterable[RowT]
    currency_of: Callable[[RowT], str]


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def csv_lines(sheet: Sheet[RowT]) -> Iterator[str]:
    """Yield the file line by line, the byte order mark and the headings first.

    Nothing is kept, however many rows come.
    """
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield BYTE_ORDER_MARK + writer.writerow([heading(column) for column in sheet.columns])
    for row in sheet.rows:
        yield writer.writerow([_cell(column, row, sheet) for column in sheet.columns])


def heading(column: SheetColumn[RowT]) -> str:
    """Write a column's title as the screen does, in the reader's language."""
    return capfirst(str(column.title))


def safe_text(text: str) -> str:
    """Return a text as a cell that a spreadsheet shows and never computes.

    What would be a formula gets an apostrophe before it, a long number (an order's) a tab behind
    it, as in the files of Chinese payment channels.
    """
    if _FORMULA.match(text):
        return f"'{text}"
    if _LONG_NUMBER.fullmatch(text):
        return f"{text}\t"
    return text


def _cell(column: SheetColumn[RowT], row: RowT, sheet: Sheet[RowT]) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if isinstance(value, int):
        return to_decimal_text(value, sheet.currency_of(row)) if column.is_amount else str(value)
    return value.isoformat() if isinstance(value, date) else safe_text(str(value))

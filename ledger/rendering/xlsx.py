"""A report of the books as a spreadsheet, written row by row: memory stays the same."""

from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, Generic

import xlsxwriter

from ledger.currencies import EXPONENTS
from ledger.money import to_decimal_text
from ledger.rendering.sheets import RowT, Sheet, SheetColumn, heading

XLSX_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

ROWS_PER_SHEET = 1_000_000
"""What a sheet holds besides its headings; Excel's own bound is 1,048,576. More go to the next."""

EXACT_MINOR_MAX = 10**15 - 1
"""Spreadsheets count to fifteen digits; a larger amount is written as text, with all of them."""

_WIDTHS = {True: 18, False: 24}


def write_xlsx(sheet: Sheet[RowT], target: BinaryIO) -> int:
    """Write a report into a file that is open for writing, and return how many rows it has.

    Amounts are numbers with all places of their currency; texts are texts, also those that look
    like formulas or addresses.
    """
    book = xlsxwriter.Workbook(
        target,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    writer = _Writer(book, sheet)
    row_count = 0
    for row in sheet.rows:
        writer.add(row)
        row_count += 1
    writer.close()
    return row_count


class _Writer(Generic[RowT]):
    """Writes rows into sheets of a book, a new sheet when one is full."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet[RowT]) -> None:
        """Open the first sheet."""
        self._book, self._sheet = book, sheet
        self._heading = book.add_format({"bold": True, "bottom": 1})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._amounts = {
            places: book.add_format({"num_format": f"#,##0.{'0' * places}".rstrip(".")})
            for places in sorted(set(EXPONENTS.values()))
        }
        self._page: Any = None
        self._next = 0
        self._open()

    def add(self, row: RowT) -> None:
        """Write one row."""
        if self._next > ROWS_PER_SHEET:
            self._open()
        for place, column in enumerate(self._sheet.columns):
            self._write(place, column, row)
        self._next += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()

    def _open(self) -> None:
        self._page = self._book.add_worksheet()
        for place, column in enumerate(self._sheet.columns):
            self._page.set_column(place, place, _WIDTHS[column.is_amount])
            self._page.write_string(0, place, heading(column), self._heading)
        self._page.freeze_panes(1, 0)
        self._next = 1

    def _write(self, place: int, column: SheetColumn[RowT], row: RowT) -> None:
        value = column.value(row)
        if value is None:
            return
        if isinstance(value, int) and not column.is_amount:
            self._page.write_number(self._next, place, value)
        elif isinstance(value, int):
            self._write_amount(place, value, self._sheet.currency_of(row))
        elif isinstance(value, date):
            self._page.write_datetime(self._next, place, value, self._day)
        else:
            self._page.write_string(self._next, place, str(value))

    def _write_amount(self, place: int, minor: int, currency: str) -> None:
        text = to_decimal_text(minor, currency)
        if abs(minor) > EXACT_MINOR_MAX:
            self._page.write_string(self._next, place, text)
            return
        places = EXPONENTS[currency]
        self._page.write_number(self._next, place, Decimal(text), self._amounts[places])

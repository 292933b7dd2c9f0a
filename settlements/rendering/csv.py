"""A statement as a CSV file for people with a spreadsheet.

UTF-8 with a byte order mark and CRLF: what Excel opens without garbling Chinese, everywhere.
Amounts are plain decimals with a point and all places of the currency. Programs read the API.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from ledger.money import to_decimal_text
from settlements.rendering.statements import COLUMNS, Column, StatementRow

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
CONTENT_TYPE = "text/csv; charset=utf-8"

# What makes a spreadsheet take a cell for a formula; blanks before it do not help.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
# Spreadsheets round longer numbers to 15 digits and show them as 1.23E+17.
_LONG_NUMBER = re.compile(r"[0-9]{12,}")


class _Echo:
    """A file that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def csv_lines(
    rows: Iterable[StatementRow], *, zone: str, columns: Sequence[Column] = COLUMNS
) -> Iterator[str]:
    """Yield the file line by line, the byte order mark and the headings first.

    The heading of times names `zone`. Nothing is kept, however many rows come.
    """
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield BYTE_ORDER_MARK + writer.writerow([_heading(column, zone) for column in columns])
    for row in rows:
        yield writer.writerow([_cell(column, row) for column in columns])


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


def _heading(column: Column, zone: str) -> str:
    return f"{column.heading} ({zone})" if column.key == "time" else str(column.heading)


def _cell(column: Column, row: StatementRow) -> str:
    value = column.value(row)
    if value is None:
        return ""
    if isinstance(value, int):
        return to_decimal_text(value, row.currency)
    return safe_text(value)

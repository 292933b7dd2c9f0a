"""Files of many rows: written as they are read, in little memory."""

import tracemalloc
import zipfile
from collections.abc import Iterator

import pytest

from ledger.admin.books import files
from ledger.rendering.sheets import Sheet, SheetColumn, csv_lines
from tests.factories.payments import UserFactory  # noqa: F401
from tests.ledger.admin.book_tables import without_second_factor  # noqa: F401

pytestmark = pytest.mark.django_db


# --- long files ---------------------------------------------------------------------------------

LONG = 150_000


def _long_sheet(count: int) -> Sheet[int]:
    def rows() -> Iterator[int]:
        yield from range(count)

    return Sheet(
        "long",
        [
            SheetColumn("no.", lambda row: row),
            SheetColumn("text", lambda row: f"payment {row}"),
            SheetColumn("amount", lambda row: row, is_amount=True),
        ],
        rows(),
        lambda _row: "CNY",
    )


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_a_long_file_holds_no_memory(file_format):
    files.spool(_long_sheet(10), file_format=file_format).file.close()  # what is loaded once
    tracemalloc.start()
    try:
        spooled = files.spool(_long_sheet(LONG), file_format=file_format)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    spooled.file.close()
    assert spooled.row_count == LONG
    assert peak < 8_000_000


def test_rows_beyond_a_sheet_go_to_the_next(monkeypatch):
    monkeypatch.setattr("ledger.rendering.xlsx.ROWS_PER_SHEET", 3)

    spooled = files.spool(_long_sheet(7), file_format="xlsx")

    with spooled.file, zipfile.ZipFile(spooled.file) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert (spooled.row_count, len(sheets)) == (7, 3)


def test_a_stream_asks_for_rows_as_they_are_needed():
    asked = []

    def rows() -> Iterator[int]:
        for number in range(3):
            asked.append(number)
            yield number

    lines = csv_lines(Sheet("x", [SheetColumn("n", lambda row: row)], rows(), lambda _row: "CNY"))

    assert next(lines) == "\ufeffN\r\n"
    assert asked == []
    assert next(lines) == "0\r\n"
    assert asked == [0]

"""A report as a file: written whole to disk, noted in the audit trail, and only then sent.

So nobody takes away half a file for a whole one, its rows are counted before the first byte
leaves, and memory stays the same however many there are.
"""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, BinaryIO

from django.http import FileResponse

from ledger.actions.exports import record_export
from ledger.admin.asking import Asking
from ledger.rendering.sheets import CSV_CONTENT_TYPE, RowT, Sheet, csv_lines
from ledger.rendering.xlsx import XLSX_CONTENT_TYPE, write_xlsx

FORMATS: Mapping[str, str] = {"csv": CSV_CONTENT_TYPE, "xlsx": XLSX_CONTENT_TYPE}


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole file on disk, open at its beginning; it disappears when it is closed."""

    file: IO[bytes]
    file_format: str
    title: str
    row_count: int


def spool(sheet: Sheet[RowT], *, file_format: str) -> Spooled:
    """Write a report to a file without a name. `file_format` is one of FORMATS."""
    with ExitStack() as failing:
        file = failing.enter_context(tempfile.TemporaryFile())
        write = write_xlsx if file_format == "xlsx" else _write_csv
        row_count = write(sheet, file)
        file.seek(0)
        failing.pop_all()  # whole: who sends it closes it
    return Spooled(file, file_format, sheet.title, row_count)


def handed_over(
    spooled: Spooled, *, report: str, filters: Mapping[str, str], asking: Asking
) -> FileResponse:
    """Note in the audit trail that a file leaves, and send it."""
    with ExitStack() as failing:
        failing.enter_context(spooled.file)
        record_export(
            report=report,
            file_format=spooled.file_format,
            filters=filters,
            row_count=spooled.row_count,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        failing.pop_all()
    return FileResponse(
        spooled.file,
        as_attachment=True,
        filename=f"{spooled.title}.{spooled.file_format}",
        content_type=FORMATS[spooled.file_format],
    )


def _write_csv(sheet: Sheet[RowT], target: BinaryIO) -> int:
    row_count = -1  # the headings are a line as well
    for line in csv_lines(sheet):
        target.write(line.encode())
        row_count += 1
    return row_count

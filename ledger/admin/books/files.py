"""A report as a file: written whole to disk, noted in the audit trail, and only then sent.

So nobody takes away half a file for a whole one, its rows are counted before the first byte
leaves, and memory stays the same however many there are.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

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
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    if file_format == "xlsx":
        row_count = write_xlsx(sheet, file)
    else:
        row_count = -1  # the headings are a line as well
        for line in csv_lines(sheet):
            file.write(line.encode())
            row_count += 1
    file.seek(0)
    return Spooled(file, file_format, sheet.title, row_count)


def handed_over(
    spooled: Spooled, *, report: str, filters: Mapping[str, str], asking: Asking
) -> FileResponse:
    """Note in the audit trail that a file leaves, and send it."""
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
    return FileResponse(
        spooled.file,
        as_attachment=True,
        filename=f"{spooled.title}.{spooled.file_format}",
        content_type=FORMATS[spooled.file_format],
    )

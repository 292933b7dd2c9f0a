"""Recording that somebody took a part of the books away as a file."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ledger.actions.audit import record_audit

SUBJECT = "books"
"""What the audit trail names as the subject of exports: the books as a whole."""


@transaction.atomic(durable=True)
def record_export(
    *,
    report: str,
    file_format: str,
    filters: Mapping[str, str],
    row_count: int,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Record what of the books is about to be handed over: which rows, how many, as what.

    The door calls it when the file is whole and before its first byte is sent, so that no file
    leaves without a trace. Every export is a deed of its own, also of the same rows.
    """
    record_audit(
        action="books.exported",
        subject=SUBJECT,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        after={
            "report": report,
            "format": file_format,
            "filters": dict(filters),
            "rows": row_count,
        },
    )

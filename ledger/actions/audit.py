"""Writing the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from ledger import origin
from ledger.models import AuditEntry


def record_audit(
    *,
    action: str,
    subject: str,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add one row to the audit trail. A part: it commits with the deed that it records.

    Where the deed comes from is known by the door (`ledger.origin`); what is passed here goes
    before it.
    """
    assert connection.in_atomic_block, "record_audit is a part; open a transaction around it"
    here = origin.current()
    AuditEntry.objects.create(
        action=action,
        subject=subject,
        actor=actor,
        at=at,
        client_ip=client_ip or here.client_ip,
        request_id=request_id or here.request_id,
        reason=reason,
        before=dict(before or {}),
        after=dict(after or {}),
    )


@transaction.atomic(durable=True)
def record_refusal(
    *,
    action: str,
    subject: str,
    actor: str,
    at: datetime,
    code: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Record that somebody was refused a deed about money.

    The refusal rolled its own transaction back, so the door calls this one after it.
    """
    record_audit(
        action=f"{action}.refused",
        subject=subject,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=code,
    )

"""Telling the outside: one row per thing that happened, in order per subject."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from ledger.identifiers import new_id


def record_event(
    *, kind: str, subject: str, at: datetime, payload: Mapping[str, Any] | None = None
) -> str:
    """Write one event and return its id. A part; the caller holds the subject's lock.

    The sequence is counted in the same statement, 1, 2, 3 … per subject.
    """
    assert connection.in_atomic_block, "record_event is a part; open a transaction around it"
    event_id = new_id("evt")
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO payments_event (id, kind, subject, sequence, payload, at)
               SELECT %s, %s, %s, coalesce(max(sequence), 0) + 1, %s::jsonb, %s
               FROM payments_event WHERE subject = %s""",
            [event_id, kind, subject, json.dumps(dict(payload or {})), at, subject],
        )
    return event_id

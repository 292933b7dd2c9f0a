"""Carrying a request out once, however often it arrives.

The one durable action around the API's deeds, which are parts: the key, the deed and its answer
are one transaction, so a key without its answer is never visible and nothing has to be cleaned
up after a crash.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from ledger.errors import DomainError
from ledger.fault_points import fault_point
from payments.errors import IdempotencyInFlightError, IdempotencyKeyReusedError
from payments.models import ApiCredential, IdempotencyRecord

Answer = tuple[int, dict[str, Any]]
"""The HTTP status and the JSON body that a request is answered with."""

PATIENCE = "2s"
"""How long a request waits for its twin before it is told to come back."""

_CLAIMED = fault_point("request.claimed")
_DONE = fault_point("request.done")


@transaction.atomic(durable=True)
def run_once(
    *,
    credential: ApiCredential,
    key: str,
    operation: str,
    fingerprint: bytes,
    at: datetime,
    deed: Callable[[], Answer],
    explain: Callable[[DomainError], Answer] | None = None,
) -> tuple[int, dict[str, Any], bool]:
    """Carry out a deed once per credential and key; return status, body, and if it is a replay.

    The body comes back as it was stored, so that the first answer and its replays are the same
    bytes. A final refusal of the deed (see `is_final`) undoes what the deed wrote and is stored
    as the answer that `explain` makes of it; without `explain`, and for every other error,
    nothing is kept and the error is raised.

    Raises IdempotencyKeyReusedError when the key belongs to another request,
    IdempotencyInFlightError when the same request is still being carried out.
    """
    record_id = _claimed(credential, key=key, operation=operation, fingerprint=fingerprint, at=at)
    if record_id is None:
        return _replayed(credential, key=key, operation=operation, fingerprint=fingerprint)
    _CLAIMED()
    try:
        with transaction.atomic():
            answer = deed()
    except DomainError as error:
        if explain is None or not is_final(error):
            raise
        answer = explain(error)
    status, body = _kept(record_id, answer)
    _DONE()
    return status, body, False


def is_final(error: DomainError) -> bool:
    """Tell whether the same request would be refused again, so that the refusal may be kept."""
    return 400 <= error.status < 500 and error.retry != "same_key"


def _claimed(
    credential: ApiCredential, *, key: str, operation: str, fingerprint: bytes, at: datetime
) -> int | None:
    """Take the key and return its record, or None when it has been taken before.

    While a twin holds the key uncommitted, PostgreSQL makes the insert wait for its end.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(
                """INSERT INTO payments_idempotencyrecord
                     (credential_id, key, operation, fingerprint, created_at)
                   VALUES (%s, %s, %s, %s, %s)
                   ON CONFLICT (credential_id, key) DO NOTHING RETURNING id""",
                [credential.pk, key, operation, fingerprint, at],
            )
            row = cursor.fetchone()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise IdempotencyInFlightError from error
        raise
    return None if row is None else int(row[0])


def _replayed(
    credential: ApiCredential, *, key: str, operation: str, fingerprint: bytes
) -> tuple[int, dict[str, Any], bool]:
    record = IdempotencyRecord.objects.filter(credential=credential, key=key).first()
    if record is None or record.response_status is None:
        # Pruned between two statements; the next try takes the key anew.
        raise IdempotencyInFlightError
    if record.operation != operation or bytes(record.fingerprint) != fingerprint:
        raise IdempotencyKeyReusedError
    assert record.response_body is not None
    body: dict[str, Any] = record.response_body
    return record.response_status, body, True


def _kept(record_id: int, answer: Answer) -> Answer:
    """Store the answer and return it as the database will give it back to every replay."""
    status, body = answer
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE payments_idempotencyrecord
               SET response_status = %s, response_body = %s::jsonb
               WHERE id = %s RETURNING response_body::text""",
            [status, json.dumps(body), record_id],
        )
        (stored,) = cursor.fetchone()
    return status, json.loads(stored)

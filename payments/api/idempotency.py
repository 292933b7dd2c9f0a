"""The header Idempotency-Key, and what makes two requests the same."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.actions.audit import record_refusal
from ledger.errors import DomainError
from ledger.fault_points import fault_point
from payments.actions.idempotency import Answer, run_once
from payments.api.requests import caller, seen
from payments.errors import IdempotencyKeyMalformedError, IdempotencyKeyMissingError

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEY_PATTERN = r"[A-Za-z0-9_.:-]{16,128}"

KEY_PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
    OpenApiParameter.HEADER,
    required=True,
    description=_("Yours, new for each deed. The same key with the same request never acts twice."),
)

# The draft writes the key as a quoted string; the bare form means the same key.
_KEY = re.compile(rf'(?P<quote>"?)(?P<key>{KEY_PATTERN})(?P=quote)')

_COMMITTED = fault_point("request.committed")


def key_of(request: Request) -> str:
    """Return the key of a request. Servers join a doubled header by a comma, which no key has.

    Raises IdempotencyKeyMissingError or IdempotencyKeyMalformedError.
    """
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        raise IdempotencyKeyMissingError
    match = _KEY.fullmatch(header)
    if match is None:
        raise IdempotencyKeyMalformedError
    return match["key"]


def operation_of(request: Request) -> str:
    """Name the endpoint that a request was for, ids included."""
    return f"{request.method} {request.path}"


def fingerprint_of(request: Request) -> bytes:
    """Return the SHA-256 of all that a request asks for, however its JSON was spaced or sorted."""
    query = sorted(
        (name, value) for name, values in request.query_params.lists() for value in values
    )
    body = json.dumps(dict(request.data), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    parts = [str(request.method), request.path, json.dumps(query), body]
    return hashlib.sha256("\n".join(parts).encode()).digest()


def answer_once(
    request: Request,
    *,
    deed: Callable[[], Answer],
    explain: Callable[[DomainError], Answer],
    action: str,
    subject: str,
) -> Response:
    """Carry out the deed of a request once, and answer it or its replay.

    `deed` is a part. A final refusal is stored as the answer and then recorded in the audit
    trail under `action` and `subject`, in a transaction of its own.

    Raises what `run_once` and `key_of` raise, and what the deed raised if it is not final.
    """
    refused: list[DomainError] = []

    def explain_and_remember(error: DomainError) -> Answer:
        refused.append(error)
        return explain(error)

    status, body, is_replay = run_once(
        credential=caller(request).credential,
        key=key_of(request),
        operation=operation_of(request),
        fingerprint=fingerprint_of(request),
        at=seen(request).at,
        deed=deed,
        explain=explain_and_remember,
    )
    _COMMITTED()
    for error in refused:
        note_refusal(request, error, action=action, subject=subject)
    return _response(status, body, is_replay=is_replay)


def note_refusal(request: Request, error: DomainError, *, action: str, subject: str) -> None:
    """Record in the audit trail that a deed about money was refused."""
    context = seen(request)
    record_refusal(
        action=action,
        subject=subject,
        actor=caller(request).actor,
        at=context.at,
        code=error.code,
    )


def _response(status: int, body: dict[str, Any], *, is_replay: bool) -> Response:
    response = Response(
        body,
        status=status,
        content_type="application/problem+json" if status >= 400 else None,
    )
    if is_replay:
        response[REPLAYED_HEADER] = "true"
    return response

"""What a refused request is told: `application/problem+json` (RFC 9457), never a stack trace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg import errors as postgres
from rest_framework import exceptions
from rest_framework.response import Response

from ledger.errors import DomainError, Outcome, Retry

CONTENT_TYPE = "application/problem+json"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY_AFTER_SECONDS = 1

# PostgreSQL undid the transaction for certain; any other trouble with it may hide a COMMIT.
_UNDONE = (
    postgres.LockNotAvailable,
    postgres.QueryCanceled,
    postgres.DeadlockDetected,
    postgres.SerializationFailure,
)

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal as a partner reads it; `errors` lists what is wrong field by field."""

    code: str
    status: int
    detail: str | Promise
    outcome: Outcome = "not_executed"
    retry: Retry = "do_not"
    errors: tuple[dict[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


DOOR_PROBLEMS: Mapping[type[Exception], Problem] = {
    exceptions.ParseError: Problem(
        "malformed_request", 400, _("The request cannot be read."), retry="new_key"
    ),
    exceptions.NotAuthenticated: Problem(
        "unauthenticated", 401, _("A valid credential is needed.")
    ),
    exceptions.AuthenticationFailed: Problem(
        "unauthenticated", 401, _("A valid credential is needed.")
    ),
    exceptions.PermissionDenied: Problem("forbidden", 403, _("This is not allowed.")),
    PermissionDenied: Problem("forbidden", 403, _("This is not allowed.")),
    exceptions.NotFound: Problem("not_found", 404, _("There is no such object.")),
    Http404: Problem("not_found", 404, _("There is no such object.")),
    exceptions.MethodNotAllowed: Problem(
        "method_not_allowed", 405, _("This address does not know the method.")
    ),
    exceptions.NotAcceptable: Problem(
        "not_acceptable", 406, _("This address answers in application/json only.")
    ),
    exceptions.UnsupportedMediaType: Problem(
        "unsupported_media_type",
        415,
        _("The request must be application/json in UTF-8, not compressed."),
        retry="new_key",
    ),
    exceptions.ValidationError: Problem(
        "invalid_request", 422, _("The request is not valid."), retry="new_key"
    ),
    exceptions.Throttled: Problem(
        "too_many_requests", 429, _("Too many requests."), retry="same_key"
    ),
}
"""What the door itself refuses, before any deed; a DomainError brings its own words."""

UNAVAILABLE = Problem(
    "unavailable",
    503,
    _("The service cannot answer at the moment. The same key resolves it."),
    outcome="unknown",
    retry="same_key",
)
UNEXPECTED = Problem(
    "internal_error",
    500,
    _("Something went wrong here, and somebody has been told. The same key resolves it."),
    outcome="unknown",
    retry="same_key",
)


def problem_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Turn whatever a view of the API raised into its problem; DRF calls this."""
    request = context.get("request")
    problem = problem_of(error, method=getattr(request, "method", None) or "GET")
    request_id: str = getattr(request, "request_id", "")
    if problem.status >= 500:
        logger.error("api.failed", code=problem.code, exc_info=error)
    return Response(
        document(problem, request_id=request_id),
        status=problem.status,
        headers=dict(problem.headers),
        content_type=CONTENT_TYPE,
    )


def problem_of(error: Exception, *, method: str) -> Problem:
    """Name the problem that an exception is to a caller who used `method`."""
    if isinstance(error, DomainError):
        problem = _of_domain_error(error)
    elif isinstance(error, OperationalError | InterfaceError):
        problem = _of_database_error(error, method=method)
    else:
        problem = _of_door(error) or _unexpected(method)
    if problem.retry == "same_key" and problem.status in (409, 429, 503):
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS), **problem.headers}
        problem = _with(problem, headers=headers)
    return problem


def document(problem: Problem, *, request_id: str) -> dict[str, Any]:
    """Return the JSON of a problem, its detail in the language that is active now."""
    return {
        "type": f"{reverse('api-errors')}#{problem.code}",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "detail": str(problem.detail),
        "code": problem.code,
        "errors": list(problem.errors),
        "request_id": request_id,
        "outcome": problem.outcome,
        "retry": problem.retry,
    }


def _of_domain_error(error: DomainError) -> Problem:
    return Problem(
        code=error.code,
        status=error.status,
        detail=str(error),
        outcome=error.outcome,
        retry=error.retry,
    )


def _of_database_error(error: Exception, *, method: str) -> Problem:
    is_undone = method in SAFE_METHODS or isinstance(error.__cause__, _UNDONE)
    return _with(UNAVAILABLE, outcome="not_executed" if is_undone else "unknown")


def _of_door(error: Exception) -> Problem | None:
    for kind in type(error).__mro__:
        known = DOOR_PROBLEMS.get(kind)
        if known is not None:
            return _with(
                known,
                errors=tuple(_fields(error)),
                headers=_headers(error),
                **_own_words(error),
            )
    if isinstance(error, exceptions.APIException) and error.status_code < 500:
        return Problem(
            code=error.default_code,
            status=error.status_code,
            detail=str(error.detail),
            retry="new_key",
        )
    return None


def _unexpected(method: str) -> Problem:
    return _with(UNEXPECTED, outcome="not_executed" if method in SAFE_METHODS else "unknown")


def _own_words(error: Exception) -> dict[str, Any]:
    """Return what the parser says is wrong; other doors keep one sentence for all, on purpose."""
    if isinstance(error, exceptions.ParseError):
        return {"detail": str(error.detail)}
    return {}


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(getattr(error, "auth_header"))  # noqa: B009  not in stubs
    wait = getattr(error, "wait", None)
    if wait is not None and isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(int(wait))
    return headers


def _fields(error: Exception) -> Iterator[dict[str, str]]:
    if isinstance(error, exceptions.ValidationError):
        yield from _flattened(error.detail, path="")


def _flattened(detail: object, *, path: str) -> Iterator[dict[str, str]]:
    """Yield one row per complaint, the field written as `allocations.0.amount`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == "non_field_errors"
            yield from _flattened(inner, path=path if is_whole else _joined(path, str(name)))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            is_row = isinstance(inner, Mapping)
            yield from _flattened(inner, path=_joined(path, str(place)) if is_row else path)
    else:
        code = str(getattr(detail, "code", "") or "invalid")
        yield {"field": path, "code": code, "detail": str(detail)}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _with(problem: Problem, **changes: Any) -> Problem:
    values = {name: getattr(problem, name) for name in Problem.__slots__}
    return Problem(**{**values, **changes})

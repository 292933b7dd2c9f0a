"""The pages of the partner API: the document, the console that reads it, the list of errors."""

from collections.abc import Iterator
from dataclasses import dataclass

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView

import ledger.errors
import payments.errors
import risk.errors
import settlements.errors
from config.api import errors, parsers, schema
from ledger.errors import DomainError

REFUSALS = (ledger.errors, payments.errors, risk.errors, settlements.errors)


@dataclass(frozen=True, slots=True)
class Row:
    """One code as the list of errors shows it."""

    code: str
    status: int
    detail: str
    outcome: str
    retry: str


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """Serve the OpenAPI 3.1 document in the caller's language."""
    return HttpResponse(
        schema.document(get_language() or "en"),
        content_type="application/vnd.oai.openapi+json;version=3.1",
    )


# Swagger UI draws with style attributes and inline SVG; its scripts are all our own files.
@csp_update({"style-src": ["'self'", "'unsafe-inline'"]})
@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """Show the document as pages, with its scripts from this server."""
    return render(request, "api/console.html")


@require_safe
def error_list(request: HttpRequest) -> HttpResponse:
    """List every code that a problem may carry; the `type` of a problem points here."""
    return render(request, "api/errors.html", {"rows": sorted(rows(), key=lambda row: row.code)})


def rows() -> Iterator[Row]:
    """Yield each code once: what the doors refuse, and what the deeds do."""
    doors = {problem.code: problem for problem in errors.DOOR_PROBLEMS.values()}
    for problem in (*doors.values(), errors.UNAVAILABLE, errors.UNEXPECTED):
        yield Row(problem.code, problem.status, str(problem.detail), problem.outcome, problem.retry)
    large = parsers.PayloadTooLargeError
    detail = str(large.default_detail)
    yield Row(large.default_code, large.status_code, detail, "not_executed", "new_key")
    for refusal in _refusals():
        if refusal.code not in doors:
            # Its words without its facts: some cannot be made without them.
            words = str(DomainError(refusal.detail))
            yield Row(refusal.code, refusal.status, words, refusal.outcome, refusal.retry)


def _refusals() -> Iterator[type[DomainError]]:
    for module in REFUSALS:
        for found in vars(module).values():
            if not isinstance(found, type) or not issubclass(found, DomainError):
                continue
            # Of this module or of one in it; what it took from elsewhere is listed there.
            is_its_own = f"{found.__module__}.".startswith(f"{module.__name__}.")
            if is_its_own and found is not DomainError:
                yield found


class NoSuchAddress(APIView):
    """Answer 404 for every address under /v1/ that is none, in the API's own words."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse before the method is looked at. Raises NotFound."""
        raise NotFound

"""The OpenAPI document, made from the serializers and views, with what they cannot say."""

import json
from functools import cache
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from config.api import errors


class BearerScheme(OpenApiAuthenticationExtension):
    """Describe the bearer secret."""

    target_class = "payments.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme as OpenAPI writes it."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": _("The secret of a credential, `tpk_…`. It is shown once, when issued."),
        }


@cache
def document(language: str) -> str:
    """Return the document as JSON in a language; made once per process and language."""
    with translation.override(language):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        found["components"]["schemas"]["Problem"] = _problem_schema()
        found["components"]["responses"] = {"Problem": _problem_response()}
        for methods in found["paths"].values():
            for name, operation in methods.items():
                _complete(operation, method=name)
        return json.dumps(found, ensure_ascii=False)


def _complete(operation: dict[str, Any], *, method: str) -> None:
    """Add what every answer of ours has: a request id, a problem, and the mark of a replay."""
    for response in operation["responses"].values():
        headers = response.setdefault("headers", {})
        headers["X-Request-Id"] = _request_id()
        if method == "post":
            headers["Idempotency-Replayed"] = _replayed()
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}


def _replayed() -> dict[str, Any]:
    return {
        "description": _(
            "Present and `true` when this answer was given before, under the same key."
        ),
        "schema": {"type": "string", "const": "true"},
    }


def _request_id() -> dict[str, Any]:
    return {
        "description": _("The id of this request; quote it when you ask us."),
        "schema": {"type": "string"},
    }


def _problem_response() -> dict[str, Any]:
    return {
        "description": _("Refused, or failed: the problem says what happened and how to go on."),
        "headers": {"X-Request-Id": _request_id()},
        "content": {
            errors.CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }


def _problem_schema() -> dict[str, Any]:
    text = {"type": "string"}
    row = {
        "type": "object",
        "required": ["field", "code", "detail"],
        "properties": {"field": text, "code": text, "detail": text},
    }
    properties = {
        "type": {**text, "format": "uri-reference", "description": _("The page of this code.")},
        "title": text,
        "status": {"type": "integer"},
        "detail": {**text, "description": _("In the language of Accept-Language.")},
        "code": {**text, "description": _("Stable: decide by this.")},
        "errors": {"type": "array", "items": row, "description": _("Field by field.")},
        "request_id": text,
        "outcome": {"type": "string", "enum": ["not_executed", "executed", "unknown"]},
        "retry": {"type": "string", "enum": ["same_key", "new_key", "do_not"]},
    }
    return {"type": "object", "required": list(properties), "properties": properties}

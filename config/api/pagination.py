"""Lists in pages: newest first, with a signed cursor that names the last row of a page."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PAGE_SIZE = 25
PAGE_SIZE_MAX = 100
CURSOR_LENGTH_MAX = 500


class CursorPage(BasePagination):
    """A page of up to 100 rows, in falling order of the view's `keyset`.

    The cursor holds the last row's place, signed and bound to the address, so a page costs the
    same however deep it lies, and rows that arrive meanwhile shift nothing. `keyset` is
    `("created_at", "id")` unless the view names another; its last field must be unique.
    """

    keyset: Sequence[str] = ("created_at", "id")

    def paginate_queryset(
        self,
        queryset: QuerySet[Any] | Sequence[Any],
        request: Request,
        view: APIView | None = None,
    ) -> list[Any]:
        """Return the rows of the page. Raises ValidationError for a bad limit or cursor."""
        assert isinstance(queryset, QuerySet), "a keyset needs a query"
        self.keyset = getattr(view, "keyset", CursorPage.keyset)
        self.salt = f"cursor:{request.path}"
        limit = _limit(request.query_params.get("limit"))
        after = request.query_params.get("cursor")
        if after is not None:
            queryset = queryset.filter(self._beyond(self._read(after)))
        rows = list(queryset.order_by(*(f"-{name}" for name in self.keyset))[: limit + 1])
        self.has_more = len(rows) > limit
        page = rows[:limit]
        self.next_cursor = self._written(page[-1]) if self.has_more else None
        return page

    def get_paginated_response(self, data: Any) -> Response:
        """Wrap the rows."""
        return Response(
            {
                "object": "list",
                "data": data,
                "has_more": self.has_more,
                "next_cursor": self.next_cursor,
            }
        )

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Describe the wrapping for the OpenAPI document."""
        return {
            "type": "object",
            "required": ["object", "data", "has_more", "next_cursor"],
            "properties": {
                "object": {"type": "string", "const": "list"},
                "data": schema,
                "has_more": {"type": "boolean"},
                "next_cursor": {"type": ["string", "null"]},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe the two query parameters for the OpenAPI document."""
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": PAGE_SIZE_MAX,
                    "default": PAGE_SIZE,
                },
            },
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": str(_("`next_cursor` of the page before.")),
                "schema": {"type": "string", "maxLength": CURSOR_LENGTH_MAX},
            },
        ]

    def _beyond(self, place: Sequence[Any]) -> Q:
        """Return the condition of standing after a place, written so that an index serves it."""
        first, *rest = self.keyset
        if not rest:
            return Q(**{f"{first}__lt": place[0]})
        (second,) = rest
        return Q(**{f"{first}__lte": place[0]}) & (
            Q(**{f"{first}__lt": place[0]}) | Q(**{f"{second}__lt": place[1]})
        )

    def _written(self, row: Model) -> str:
        place = [getattr(row, name) for name in self.keyset]
        return signing.dumps(place, salt=self.salt, serializer=_PlaceSerializer)

    def _read(self, cursor: str) -> list[Any]:
        try:
            if len(cursor) > CURSOR_LENGTH_MAX:
                raise signing.BadSignature
            place: list[Any] = signing.loads(cursor, salt=self.salt, serializer=_PlaceSerializer)
        except (signing.BadSignature, ValueError):
            raise ValidationError(
                {"cursor": [_("This is no cursor of this list.")]}, code="invalid_cursor"
            ) from None
        return [
            parse_datetime(value) if name.endswith("_at") else value
            for name, value in zip(self.keyset, place, strict=True)
        ]


class _PlaceSerializer(signing.JSONSerializer):
    """Write instants with all their microseconds, which Django's encoder for JSON cuts."""

    def dumps(self, obj: Any) -> bytes:
        plain = [value.isoformat() if hasattr(value, "isoformat") else value for value in obj]
        return super().dumps(plain)


def _limit(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    is_number = text.isascii() and text.isdigit() and len(text) <= 4
    if not is_number or not 1 <= int(text) <= PAGE_SIZE_MAX:
        raise ValidationError(
            {"limit": [_("A whole number from 1 to 100 is needed.")]}, code="invalid_limit"
        )
    return int(text)

"""Reading the JSON bodies of the simulator's own doors, field by field and strictly."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Self

from payments.simulator.clock import milliseconds
from payments.simulator.errors import RefusedError


def bad_request(detail: str) -> RefusedError:
    """Make the refusal of a body that cannot be understood."""
    return RefusedError(status=400, code="bad_request", detail=detail)


def instant_ms(text: str, *, name: str) -> int:
    """Read an ISO 8601 instant that names its zone; Raises RefusedError if it is none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"{name} is not an ISO 8601 instant: {text}") from error
    if instant.tzinfo is None:
        raise bad_request(f"{name} must name its zone: {text}")
    return milliseconds(instant)


class JsonFields:
    """One JSON object; each field is asked for once, and what nobody asked for is refused."""

    def __init__(self, body: bytes) -> None:
        """Read the body; Raises RefusedError unless it is one JSON object (or empty)."""
        try:
            fields = json.loads(body or b"{}", parse_float=Decimal)
        except ValueError as error:
            raise bad_request("the body is not JSON") from error
        if not isinstance(fields, dict):
            raise bad_request("the body is not a JSON object")
        self._fields: dict[str, object] = fields

    @classmethod
    def of(cls, fields: Mapping[str, object]) -> Self:
        """Take fields that were read already; numbers with decimals are Decimals."""
        made = cls(b"")
        made._fields = dict(fields)
        return made

    def text(self, name: str) -> str:
        """Take a field that must be there and not empty."""
        value = self.optional_text(name)
        if not value:
            raise bad_request(f"{name} is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        """Take a text, or None where the field is absent or null."""
        value = self._fields.pop(name, None)
        if value is not None and not isinstance(value, str):
            raise bad_request(f"{name} must be a string")
        return value

    def optional_instant_ms(self, name: str) -> int | None:
        """Take an ISO 8601 instant with its zone, as milliseconds since 1970 UTC."""
        text = self.optional_text(name)
        return None if text is None else instant_ms(text, name=name)

    def integer(self, name: str, *, default: int | None = None) -> int:
        """Take a whole number; Raises RefusedError if it is missing and has no default."""
        value = self._fields.pop(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad_request(f"{name} must be an integer")
        return value

    def optional_number(self, name: str) -> Decimal | None:
        """Take a number that may have decimals, not negative."""
        value = self._fields.pop(name, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
            raise bad_request(f"{name} must be a number, zero or more")
        return Decimal(value)

    def flag(self, name: str) -> bool:
        """Take true or false; absent is false."""
        value = self._fields.pop(name, False)
        if not isinstance(value, bool):
            raise bad_request(f"{name} must be true or false")
        return value

    def require_no_more(self) -> None:
        """Refuse fields that nobody asked for: a mistyped name must not pass in silence."""
        if self._fields:
            raise bad_request(f"unknown fields: {', '.join(sorted(self._fields))}")

"""Reading a partner's JSON: capped, strict, and refused as a whole when anything is odd."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.http import UnreadablePostError
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

BODY_BYTES_MAX = 256 * 1024
DEPTH_MAX = 20
INTEGER_DIGITS_MAX = 20
"""More digits than any amount has; longer numbers are kept apart, so that no field takes them."""


class PayloadTooLargeError(APIException):
    """The body is larger than this API reads."""

    status_code = 413
    default_code = "payload_too_large"
    default_detail = _("The request is larger than 256 KiB.")


class StrictJSONParser(BaseParser):
    """Parse one JSON object of at most 256 KiB, 20 levels deep, without doubled keys.

    Whole numbers become `int`; numbers with a point or an exponent become `Decimal`, which no
    field takes, so that 1.0 and 1e2 are never an amount. NaN, Infinity, a byte order mark, bytes
    that are not UTF-8, NUL and halves of characters are refused.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object.

        Raises ParseError, UnsupportedMediaType or PayloadTooLargeError.
        """
        headers = (parser_context or {})["request"].META
        _require_plain_utf8(media_type or "", encoding=headers.get("HTTP_CONTENT_ENCODING", ""))
        if int(headers.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            raise PayloadTooLargeError
        # The server hands over no more than the length that was announced.
        return read_object(_whole(stream))


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that the bytes write. Raises ParseError."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object_of,
            parse_float=Decimal,
            parse_int=_whole_number,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise ParseError(_("The request is not UTF-8.")) from None
    except (ValueError, ArithmeticError, RecursionError):
        raise ParseError(_("The request is not JSON.")) from None
    if not isinstance(value, dict):
        raise ParseError(_("The request must be a JSON object."))
    _require_sound(value, depth=1)
    return value


def _require_plain_utf8(media_type: str, *, encoding: str) -> None:
    _name, parameters = parse_header_parameters(media_type)
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8") or encoding.lower() not in ("", "identity"):
        raise UnsupportedMediaType(media_type)


def _whole(stream: IO[Any]) -> bytes:
    try:
        body: bytes = stream.read()
    except UnreadablePostError:
        raise ParseError(_("The request broke off.")) from None
    return body


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ParseError(_("A key of the JSON object is doubled."))
    return found


def _whole_number(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= INTEGER_DIGITS_MAX else Decimal(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ParseError(_("NaN and Infinity are not JSON."))


def _require_sound(value: object, *, depth: int) -> None:
    """Refuse what is nested too deep, and text that no database takes. Raises ParseError."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ParseError(_("A text holds NUL or half a character."))
        return
    if not isinstance(value, dict | list):
        return
    if depth > DEPTH_MAX:
        raise ParseError(_("The request is nested deeper than 20 levels."))
    if isinstance(value, dict):
        for key in value:
            _require_sound(key, depth=depth)
    for inner in value.values() if isinstance(value, dict) else value:
        _require_sound(inner, depth=depth + 1)

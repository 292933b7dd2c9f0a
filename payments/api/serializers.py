"""The strict base of everything that comes in: fields that take one spelling, and no others."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ledger.currencies import EXPONENTS
from payments import text

AMOUNT_MINOR_MAX = 10**13
METADATA_KEYS_MAX = 50
YEARS = range(2000, 2100)

_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-](0\d|1[0-4]):[0-5]\d)", re.ASCII
)
_METADATA_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class StrictSerializer(serializers.Serializer[Any]):
    """A request that is refused when it holds a field that this door does not know."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Read the known fields. Raises ValidationError naming every unknown one."""
        if isinstance(data, Mapping):
            unknown = {name: [_("This field is not known here.")] for name in data}
            for name in self.fields:
                unknown.pop(name, None)
            if unknown:
                raise serializers.ValidationError(unknown, code="unknown_field")
        values: dict[str, Any] = super().to_internal_value(data)
        return values


class AmountField(serializers.IntegerField):
    """Minor units: a JSON integer from 1 to 10¹³, in no other spelling."""

    def __init__(self, **kwargs: Any) -> None:
        """Set the bounds."""
        super().__init__(min_value=1, max_value=AMOUNT_MINOR_MAX, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        """Take an int; bool is one to Python, but not to us."""
        if type(data) is not int:
            self.fail("invalid")
        return int(data)


class PlainTextField(serializers.CharField):
    """One line of text, brought to NFC, without controls, turned direction or card numbers."""

    default_error_messages = {
        "not_plain": _("Control and invisible characters are not taken."),
        "card_number": _("Card numbers are not taken here."),
    }

    def to_internal_value(self, data: Any) -> str:
        """Take a str that passes all of it."""
        if not isinstance(data, str):
            self.fail("invalid")
        # Looked at before blanks are cut off its ends: some controls count as blanks.
        if not text.is_plain(data):
            self.fail("not_plain")
        if text.holds_card_number(data):
            self.fail("card_number")
        value: str = super().to_internal_value(unicodedata.normalize("NFC", data))
        return value


class ReferenceField(serializers.RegexField):
    """A number of the partner's own: 1 to 64 letters, digits and `_.:/-`, but no card number."""

    default_error_messages = {
        "invalid": _("1 to 64 letters, digits and _ . : / - are taken here."),
        "card_number": _("Card numbers are not taken here."),
    }

    def __init__(self, **kwargs: Any) -> None:
        """Set the shape."""
        super().__init__(r"\A[A-Za-z0-9][A-Za-z0-9_.:/-]{0,63}\Z", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Take a str."""
        if not isinstance(data, str):
            self.fail("invalid")
        if text.is_card_number(data):
            self.fail("card_number")
        return str(data)


class CurrencyField(serializers.RegexField):
    """A currency of ISO 4217 in upper case."""

    default_error_messages = {"invalid": _("This is no currency of ISO 4217 in upper case.")}

    def __init__(self, **kwargs: Any) -> None:
        """Set the shape."""
        super().__init__(r"\A[A-Z]{3}\Z", trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        """Take a code that is in the table."""
        if not isinstance(data, str) or data not in EXPONENTS:
            self.fail("invalid")
        return str(data)


class InstantField(serializers.DateTimeField):
    """An instant of RFC 3339 with its offset, in this century."""

    default_error_messages = {
        "invalid": _("An instant such as 2026-11-22T09:00:00Z is needed."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        """Take a str with an offset; without one nobody knows which instant is meant."""
        found = instant(value) if isinstance(value, str) else None
        if found is None:
            self.fail("invalid", format="RFC 3339")
        assert found is not None
        return found


class AddressField(serializers.IPAddressField):
    """An IPv4 or IPv6 address."""

    def to_internal_value(self, data: Any) -> str:
        """Take a str."""
        if not isinstance(data, str) or "%" in data:
            self.fail("invalid")
        value: str = super().to_internal_value(data)
        return value


class MetadataField(serializers.DictField):
    """Up to 50 short texts of the partner's own, kept and returned as they are."""

    child = PlainTextField(max_length=500, allow_blank=True, trim_whitespace=False)
    default_error_messages = {
        "too_many": _("At most 50 keys are taken."),
        "key": _("A key has 1 to 40 letters, digits and _ . -"),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take a dict of texts."""
        if isinstance(data, Mapping):
            if len(data) > METADATA_KEYS_MAX:
                self.fail("too_many")
            if not all(_METADATA_KEY.fullmatch(key) for key in data):
                self.fail("key")
            if any(text.is_card_number(key) for key in data):
                self.fail("key")
        values: dict[str, Any] = super().to_internal_value(data)
        return values


def instant(value: str) -> datetime | None:
    """Read an instant of RFC 3339 with its offset, or return None."""
    if not _INSTANT.fullmatch(value):
        return None
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    return found if found is not None and found.year in YEARS else None

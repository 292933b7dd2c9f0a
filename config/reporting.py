"""What the page and the mail about an error may say: where it happened, never with which values.

Django hides what is called a key or a password, and only while DEBUG is off. A secret has any name
and stands in any local variable, and a demo with DEBUG on is shown to strangers. So of values only
those are told that cannot be a secret; of all others their type.
"""

import re
from collections.abc import ItemsView
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import FrameType, NoneType
from typing import Any, Final

from django.db.models import Model
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

_TOLD: Final = (NoneType, bool, int, Decimal, datetime, date, time, timedelta, Enum)


class ReticentReporterFilter(SafeExceptionReporterFilter):
    """Tells names and types of what was sent and of local variables, with DEBUG on as well."""

    # Addresses of the database have its password in them; the server's environment has all.
    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|PEPPER|_PEM|DATABASE.*URL|_DSN",
        flags=re.IGNORECASE,
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        """Hide always."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Tell which fields were sent."""
        if request is None:
            return {}
        return dict.fromkeys(request.POST, self.cleansed_substitute)

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Tell which cookies came."""
        return dict.fromkeys(request.COOKIES, self.cleansed_substitute)

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Tell which local variables there were, and of what type."""
        return {name: _told(value) for name, value in tb_frame.f_locals.items()}.items()


def _told(value: object) -> object:
    """Give a value that cannot be a secret; of a row its key, of anything else the type."""
    if isinstance(value, _TOLD):
        return value
    kind = type(value).__name__
    return _Type(f"<{kind} {value.pk}>" if isinstance(value, Model) else f"<{kind}>")


class _Type(str):
    """A description in place of a value; it is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

"""Instants that people type in UTC, wherever the pages around them live."""

from datetime import UTC, date, datetime

from django import forms
from django.utils import timezone


class UtcField(forms.DateTimeField):
    """Takes a date and time of day as those of UTC, to the minute; its help text has to say so.

    Pages of the back office speak in BUSINESS_TIME_ZONE, and so would a field of Django's own.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def to_python(self, value: str | datetime | date | None) -> datetime | None:
        """Return the instant, aware in UTC; None where nothing was typed."""
        with timezone.override(UTC):
            typed: datetime | None = super().to_python(value)
        return typed.astimezone(UTC) if typed is not None else None

"""Instants that people type, in the zone in which the pages around them speak."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy

from ledger.admin import showing


class BusinessInstantField(forms.DateTimeField):
    """Takes a date and time of day as those of BUSINESS_TIME_ZONE, to the minute, and says so.

    As every instant on the pages of the back office, whatever zone the process speaks in. A time
    that a clock of that zone never showed, or showed twice, is refused.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def __init__(self, **options: Any) -> None:
        """Take Django's own options; the zone is told before `help_text`."""
        help_text = options.pop("help_text", "")
        super().__init__(
            help_text=format_lazy("{zone}. {text}", zone=showing.zone_name(), text=help_text),
            **options,
        )

    def to_python(self, value: str | datetime | date | None) -> datetime | None:
        """Return the instant, aware in UTC; None where nothing was typed."""
        with timezone.override(ZoneInfo(showing.zone_name())):
            typed: datetime | None = super().to_python(value)
        return typed.astimezone(UTC) if typed is not None else None

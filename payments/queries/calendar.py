"""Which days are business days."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from payments import calendar
from payments.models import BusinessDay

HORIZON_DAYS = 40


def business_date_of(at: datetime) -> date:
    """Return the business day of an instant, in BUSINESS_TIME_ZONE."""
    return calendar.business_date(at, ZoneInfo(str(settings.BUSINESS_TIME_ZONE)))


class BusinessDays:
    """The calendar from one day on, read once: tell of any day whether banks work on it."""

    def __init__(self, *, from_date: date, horizon_days: int = HORIZON_DAYS) -> None:
        """Read the days from `from_date` for `horizon_days`; later ones count by weekday."""
        rows = BusinessDay.objects.filter(
            date__gte=from_date, date__lt=from_date + timedelta(days=horizon_days)
        ).values_list("date", "is_business_day")
        self._known = dict(rows)

    def __call__(self, day: date) -> bool:
        """Tell whether banks work on `day`; without a row, from Monday to Friday they do."""
        return self._known.get(day, calendar.is_weekday(day))

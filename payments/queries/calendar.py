"""Which days are business days."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from ledger.queries.periods import closed_through
from payments import calendar
from payments.models import BusinessDay

HORIZON_DAYS = 40


def business_date_of(at: datetime) -> date:
    """Return the business day of an instant, in BUSINESS_TIME_ZONE."""
    return calendar.business_date(at, ZoneInfo(str(settings.BUSINESS_TIME_ZONE)))


def first_open_date(wanted: date, *, at: datetime) -> date:
    """Return the day on which something that happened on `wanted` is booked, at an instant.

    That is `wanted` itself while its books are open, else the first open day. Nothing that is
    booked on the business day of `at` or later asks the database: only past days are closed.
    """
    return OpenDays(at=at)(wanted)


class OpenDays:
    """The same for many days at one instant: the database is asked once, if at all."""

    def __init__(self, *, at: datetime) -> None:
        """Look at the books as they are at `at`."""
        self._today = business_date_of(at)
        self._first_open: date | None = None

    def __call__(self, wanted: date) -> date:
        """Return the day on which what happened on `wanted` is booked."""
        if wanted >= self._today:
            return wanted
        if self._first_open is None:
            through = closed_through()
            self._first_open = date.min if through is None else through + timedelta(days=1)
        return max(wanted, self._first_open)


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

"""Which days are business days."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from ledger.queries.periods import closed_through, first_open
from payments import calendar
from payments.models import BusinessDay

HORIZON_DAYS = 40


def business_date_of(at: datetime) -> date:
    """Return the business day of an instant, in BUSINESS_TIME_ZONE."""
    return calendar.business_date(at, ZoneInfo(str(settings.BUSINESS_TIME_ZONE)))


def booking_date_of(at: datetime) -> date:
    """Return the day on which what is done at an instant is booked. One query.

    That is its business day while the books of that are open, else the first open day: a job keeps
    the instant of its deferral, and may run after that day was closed.
    """
    return first_open(business_date_of(at))


class OpenDays:
    """Tell the first open day for many days: the database is asked once, at the first of them."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._first_open: date | None = None

    def __call__(self, wanted: date) -> date:
        """Return the day on which what happened on `wanted` is booked."""
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

"""Tell business days apart, and when the money of one becomes available."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal, NamedTuple

import holidays

from payments.errors import InvalidCycleError, NoBusinessDayError

IsBusinessDay = Callable[[date], bool]
"""Answers whether banks work on a day; a set of days answers with its `__contains__`."""

CYCLE_DAYS_MAX = 365
"""Nobody waits longer than a year for their money."""

GAP_DAYS_MAX = 31
"""No holiday is longer; a longer gap means that the calendar was never filled in."""

_CYCLE = re.compile(r"([TD])\+?(0|[1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class Cycle:
    """How long money waits: N business days (`T`) or N calendar days (`D`) after its own day."""

    kind: Literal["T", "D"]
    days: int

    def __str__(self) -> str:
        """Write the cycle as it is kept: `T+1`."""
        return f"{self.kind}+{self.days}"


class CalendarDay(NamedTuple):
    """One day of a country's year: whether banks work on it, and its name if it has one."""

    date: date
    is_business_day: bool
    name: str


def business_date(at: datetime, zone: tzinfo) -> date:
    """Give the business day of an instant: the calendar day in the business time zone.

    Raises ValueError if the instant carries no time zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"an instant without its time zone: {at.isoformat()}")
    return at.astimezone(zone).date()


def is_weekday(day: date) -> bool:
    """Tell whether a day is one of Monday to Friday, the rule where no calendar says more."""
    return day.weekday() < 5


def parse_cycle(text: str) -> Cycle:
    """Read `T+1` or `T1` (business days), `D+1` or `D1` (calendar days).

    Raises InvalidCycleError for anything else and for more than `CYCLE_DAYS_MAX` days.
    """
    found = _CYCLE.fullmatch(text)
    if found is None or int(found.group(2)) > CYCLE_DAYS_MAX:
        raise InvalidCycleError(cycle=text)
    return Cycle("T" if found.group(1) == "T" else "D", int(found.group(2)))


def available_on(day: date, cycle: Cycle | str, is_business_day: IsBusinessDay) -> date:
    """Give the business day on which the money of a business day becomes available.

    `D+N` is N calendar days later, whatever day that is. `T+N` is the N-th business day after:
    with T+1 what is taken on Friday, Saturday or Sunday is available on Monday. `T+0` is the
    day itself, or the next business day if banks do not work on it.

    Raises InvalidCycleError if the cycle is written wrongly, NoBusinessDayError if the calendar
    shows no business day for a month.
    """
    terms = parse_cycle(cycle) if isinstance(cycle, str) else cycle
    if terms.kind == "D":
        return day + timedelta(days=terms.days)
    if terms.days == 0:
        return day if is_business_day(day) else _next_business_day(day, is_business_day)
    for _ in range(terms.days):
        day = _next_business_day(day, is_business_day)
    return day


def calendar_days(year: int, *, country: str = "CN", language: str = "zh_CN") -> list[CalendarDay]:
    """List every day of a year as the public calendar of a country has it, to be confirmed.

    In China working weekends count as business days and their days off do not, for the years
    whose arrangement the library knows; the State Council publishes it each November. Finance
    therefore confirms each year before it is relied on. Names are in `language` where the
    library speaks it.

    Raises NotImplementedError if the library does not know the country.
    """
    public = holidays.country_holidays(country, years=year, language=language)
    first = date(year, 1, 1)
    days = (first + timedelta(days=count) for count in range((date(year + 1, 1, 1) - first).days))
    return [CalendarDay(day, public.is_working_day(day), public.get(day, "")) for day in days]


def _next_business_day(day: date, is_business_day: IsBusinessDay) -> date:
    """Give the first business day after a day."""
    for count in range(1, GAP_DAYS_MAX + 1):
        later = day + timedelta(days=count)
        if is_business_day(later):
            return later
    raise NoBusinessDayError(day=day.isoformat())

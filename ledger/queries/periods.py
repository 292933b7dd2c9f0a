"""Which days and months are closed, which is next, and what a span of days came to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min

from ledger.models import ApprovalRequest, ClosedThrough, JournalEntry, Period
from ledger.models.periods import PeriodKind
from ledger.states import ApprovalState, PeriodState

REOPENING_KIND = "period_reopening"


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """What a span of days came to in one currency: amounts minor, and how many entries."""

    currency: str
    debits_minor: int
    credits_minor: int
    entries: int


def closed_through() -> date | None:
    """Return the last closed day of the books, or None while nothing was ever closed."""
    return ClosedThrough.objects.values_list("day", flat=True).first()


def first_open(wanted: date) -> date:
    """Return `wanted` if entries may be dated then, else the first day on which they may."""
    through = closed_through()
    return wanted if through is None or wanted > through else through + timedelta(days=1)


def today(at: datetime) -> date:
    """Return the day of an instant in BUSINESS_TIME_ZONE, which is the books' own."""
    return at.astimezone(ZoneInfo(str(settings.BUSINESS_TIME_ZONE))).date()


def is_over(last_day: date, *, at: datetime) -> bool:
    """Tell whether a day has ended in BUSINESS_TIME_ZONE at an instant."""
    return today(at) > last_day


def next_day_to_close() -> date | None:
    """Return the day that is closed next, or None while the books are empty.

    That is the day after the last closed one; at first the day of the earliest entry.
    """
    through = closed_through()
    if through is not None:
        return through + timedelta(days=1)
    first: date | None = JournalEntry.objects.aggregate(first=Min("effective_date"))["first"]
    return first


def next_month_to_close() -> date | None:
    """Return the first day of the month that is closed next, or None if its days are open."""
    through = closed_through()
    if through is None:
        return None
    days = Period.objects.filter(kind=PeriodKind.DAY)
    months = Period.objects.filter(kind=PeriodKind.MONTH, state=PeriodState.CLOSED)
    last = months.aggregate(last=Max("ends_on"))["last"]
    start = last + timedelta(days=1) if last else days.aggregate(first=Min("starts_on"))["first"]
    month: date = start.replace(day=1)
    return month if through >= last_day_of_month(month) else None


def last_day_of_month(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def totals_of(first_day: date, last_day: date) -> list[PeriodTotals]:
    """Return what the days from the first through the last came to, per currency."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT p.currency,
                 coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0)::bigint,
                 coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0)::bigint,
                 count(DISTINCT e.id)
               FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
               WHERE e.effective_date BETWEEN %s AND %s
               GROUP BY p.currency ORDER BY p.currency""",
            [first_day, last_day],
        )
        return [PeriodTotals(*row) for row in cursor.fetchall()]


def closed_from(first_day: date) -> list[Period]:
    """Return the closed days from a day on, and the closed months with any of them, by date."""
    return list(
        Period.objects.filter(state=PeriodState.CLOSED, ends_on__gte=first_day).order_by(
            "starts_on", "kind"
        )
    )


def reopening_payload(first_day: date) -> dict[str, Any]:
    """Return what people are shown and agree to when days from `first_day` on are reopened."""
    periods = closed_from(first_day)
    return {
        "from": first_day.isoformat(),
        "days": [str(one) for one in periods if one.kind == PeriodKind.DAY],
        "months": [str(one) for one in periods if one.kind == PeriodKind.MONTH],
        "periods": {one.pk: one.version for one in periods},
    }


def open_reopening(period_id: str) -> ApprovalRequest | None:
    """Return the request that waits for others to agree that a period is reopened, or None."""
    return ApprovalRequest.objects.filter(
        kind=REOPENING_KIND, object_id=period_id, state=ApprovalState.PENDING
    ).first()

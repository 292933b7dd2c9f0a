"""Filling in the business calendar, which finance confirms year by year."""

from datetime import datetime

from django.db import transaction

from ledger.actions.audit import record_audit
from payments.calendar import calendar_days
from payments.models import BusinessDay


@transaction.atomic(durable=True)
def fill_year(year: int, *, actor: str, at: datetime) -> int:
    """Propose the days of a year as the public holidays say; return how many were missing.

    Days that are there already are left as they are, confirmed or not.
    """
    before = BusinessDay.objects.count()
    BusinessDay.objects.bulk_create(
        [
            BusinessDay(date=day.date, is_business_day=day.is_business_day, name=day.name)
            for day in calendar_days(year)
        ],
        ignore_conflicts=True,
    )
    added = BusinessDay.objects.count() - before
    if added:
        record_audit(
            action="calendar.filled",
            subject=f"calendar:{year}",
            actor=actor,
            at=at,
            after={"days": added},
        )
    return added

"""What a merchant earned, day by day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Sum

from payments.models import BalanceTransaction, LineKind


@dataclass(frozen=True, slots=True)
class DayTurnover:
    """What one business day brought in payments, in minor units of one currency."""

    date: date
    payment_count: int
    gross_minor: int
    net_minor: int


def turnover_by_day(
    merchant_id: str, *, from_date: date, to_date: date
) -> dict[str, list[DayTurnover]]:
    """Return, by currency, every business day (BUSINESS_TIME_ZONE) from `from_date` to `to_date`.

    Both days belong to it, and days without payments stand there as zeros. A currency without
    any payment in these days is left out. One query, of these days alone.
    """
    zone = ZoneInfo(str(settings.BUSINESS_TIME_ZONE))
    rows = (
        BalanceTransaction.objects.filter(
            merchant_id=merchant_id,
            kind=LineKind.PAYMENT,
            # What the index is ordered by; a payment's line is dated by its own instant.
            created_at__gte=datetime.combine(from_date, time.min, zone),
            created_at__lt=datetime.combine(to_date + timedelta(days=1), time.min, zone),
        )
        .order_by()
        .values_list("currency", "effective_date")
        .annotate(Count("id"), Sum("gross_minor"), Sum("net_minor"))
    )
    found = {
        (currency, day): DayTurnover(day, count, int(gross), int(net))
        for currency, day, count, gross, net in rows
    }
    days = [from_date + timedelta(days=count) for count in range((to_date - from_date).days + 1)]
    return {
        currency: [found.get((currency, day), DayTurnover(day, 0, 0, 0)) for day in days]
        for currency in sorted({currency for currency, _ in found})
    }

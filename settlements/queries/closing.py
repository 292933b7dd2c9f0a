"""What a day still has to do before its books may be closed, and what will be booked later."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from payments.models import ChannelOperation
from payments.states import OperationStatus
from settlements.models import Opening
from settlements.states import OpeningStatus


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a day has not finished.

    `maturing` merchant accounts have money that became available by that day, or was kept back
    until then, and was not made available: the books of that day would still get it, so it hinders
    a closing. So do `openings`, agreed to and not booked to their end: they are booked as of their
    own day or not at all. `unknown_orders` at channels have no outcome yet: whatever it will be is
    booked on the first open day.
    """

    maturing: int
    openings: int
    unknown_orders: int


def unfinished_by(day: date) -> Unfinished:
    """Return what is unfinished of a business day and those before it. Three queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM payments_merchantaccount m
               WHERE m.matured_through_date < %(day)s AND (EXISTS (
                 SELECT FROM payments_balancetransaction l
                 WHERE l.merchant_id = m.merchant_id AND l.currency = m.currency
                   AND l.available_on > m.matured_through_date AND l.available_on <= %(day)s)
               OR EXISTS (
                 SELECT FROM payments_reservehold h
                 WHERE h.merchant_account_id = m.id AND h.left_minor > 0
                   AND h.release_on <= %(day)s))""",
            {"day": day},
        )
        maturing: int = cursor.fetchone()[0]
    unknown = [OperationStatus.UNKNOWN, OperationStatus.MANUAL_REVIEW]
    return Unfinished(
        maturing=maturing,
        openings=Opening.objects.filter(
            status=OpeningStatus.APPROVED, opening_date__lte=day
        ).count(),
        unknown_orders=ChannelOperation.objects.filter(status__in=unknown).count(),
    )

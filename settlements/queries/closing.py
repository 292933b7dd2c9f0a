"""What a day still has to do before its books may be closed, and what will be booked later."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from payments.models import ChannelOperation
from payments.states import OperationStatus


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What a day has not finished.

    `maturing` merchant accounts have money that became available by that day and was not made so:
    the books of that day would still get it, so it hinders a closing. `unknown_orders` at channels
    have no outcome yet: whatever it will be is booked on the first open day.
    """

    maturing: int
    unknown_orders: int


def unfinished_by(day: date) -> Unfinished:
    """Return what is unfinished of a business day and those before it. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM payments_merchantaccount m
               WHERE m.matured_through_date < %s AND EXISTS (
                 SELECT FROM payments_balancetransaction l
                 WHERE l.merchant_id = m.merchant_id AND l.currency = m.currency
                   AND l.available_on > m.matured_through_date AND l.available_on <= %s)""",
            [day, day],
        )
        maturing: int = cursor.fetchone()[0]
    unknown = [OperationStatus.UNKNOWN, OperationStatus.MANUAL_REVIEW]
    return Unfinished(
        maturing=maturing,
        unknown_orders=ChannelOperation.objects.filter(status__in=unknown).count(),
    )

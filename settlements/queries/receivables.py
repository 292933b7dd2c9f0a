"""What channels owe us of one day."""

from datetime import date

from django.conf import settings
from django.db import connection

from ledger import chart


def settled_subject(channel_account_id: str, day: date) -> str:
    """Name the subject of the entries that book a channel's money of one day at the bank."""
    return f"{channel_account_id}:{day.isoformat()}"


def days_movements(
    channel_account_id: str,
    *,
    currency: str,
    from_day: date,
    through_day: date,
    is_opened_counted: bool = False,
) -> dict[date, dict[str, int]]:
    """Return what each business day added to a channel's receivable, net, by owner of 1101.

    Takings less the channel's fees and what was refunded, in minor units; owners whose day came
    to nothing are left out, and so are days without any. What the channel paid to the bank on
    such a day is of other days and not counted. What happened on a day whose books were closed
    already is booked later, and counts for its own day all the same: so do channels count.
    What was opened is of the days before ours, unless `is_opened_counted`: then it is the opening
    day's, as it is to a channel that pays what it took before us under that day.
    """
    movements: dict[date, dict[str, int]] = {}
    zone = str(settings.BUSINESS_TIME_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT least(e.effective_date, (e.booked_at AT TIME ZONE %s)::date), a.owner_id,
                 sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END)::bigint
               FROM ledger_journalentry e
               LEFT JOIN ledger_journalentry reversed ON reversed.id = e.reverses_id
               JOIN ledger_posting p ON p.entry_id = e.id
               JOIN ledger_account a ON a.id = p.account_id
               WHERE e.effective_date >= %s
                 AND (e.effective_date <= %s OR (SELECT day FROM ledger_closedthrough) >= %s)
                 AND least(e.effective_date, (e.booked_at AT TIME ZONE %s)::date) BETWEEN %s AND %s
                 AND a.code = %s AND a.currency = %s
                 AND starts_with(a.owner_id, %s)
                 AND coalesce(reversed.kind, e.kind) <> ALL (%s::text[])
               GROUP BY 1, a.owner_id
               HAVING sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END) <> 0
               ORDER BY 1, a.owner_id""",
            [
                *(zone, from_day, through_day, from_day),
                *(zone, from_day, through_day),
                *(chart.CHANNEL_RECEIVABLE, currency, f"{channel_account_id}/"),
                ["channel_settled"] if is_opened_counted else ["channel_settled", "opening"],
            ],
        )
        for day, owner_id, minor in cursor.fetchall():
            movements.setdefault(day, {})[owner_id] = minor
    return movements

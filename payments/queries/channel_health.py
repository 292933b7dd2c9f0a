"""How channels have answered of late, and what the newest examinations of them found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import OuterRef, Q, Subquery

from payments.models import CallResult, ChannelAccount, ChannelExamination

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SLOT: Final = timedelta(minutes=5)
_UNDER_WAY: Final = ["todo", "doing"]

_HEALTH: Final = """
SELECT channel_account_id,
       count(*) FILTER (WHERE result = 'answered'), count(*) FILTER (WHERE result = 'failed'),
       count(*) FILTER (WHERE result = 'unknown'), count(*) FILTER (WHERE result = 'no_answer'),
       count(*) FILTER (WHERE result = 'not_connected'),
       percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY millis)
         FILTER (WHERE result IN ('answered', 'failed', 'unknown'))
FROM payments_channelcall
WHERE channel_account_id = ANY(%s) AND called_at > clock_timestamp() - make_interval(secs => %s)
GROUP BY channel_account_id"""


_SLOTS: Final = """
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
     slots AS (
       SELECT now - make_interval(secs => %(slot)s * n) AS began_at,
              now - make_interval(secs => %(slot)s * (n - 1)) AS ended_at
       FROM clock, generate_series(1, 12) n)
SELECT began_at, count(c.id),
       count(c.id) FILTER (WHERE c.result IN ('answered', 'failed')),
       percentile_disc(0.5) WITHIN GROUP (ORDER BY c.millis)
         FILTER (WHERE c.result IN ('answered', 'failed', 'unknown'))
FROM slots LEFT JOIN payments_channelcall c
  ON c.channel_account_id = %(account)s AND c.called_at > began_at AND c.called_at <= ended_at
GROUP BY began_at ORDER BY began_at"""


@dataclass(frozen=True, slots=True)
class Health:
    """How one account's channel answered for a while: how often how, and how fast it did.

    `median_ms` and `p95_ms` are of exchanges that had an answer; None where there was none.
    """

    counts: Mapping[CallResult, int]
    median_ms: int | None = None
    p95_ms: int | None = None

    @property
    def calls(self) -> int:
        """Return how many exchanges there were."""
        return sum(self.counts.values())

    @property
    def troubles(self) -> int:
        """Return how many had no answer that could be believed."""
        return self.calls - self.counts[CallResult.ANSWERED] - self.counts[CallResult.FAILED]


@dataclass(frozen=True, slots=True)
class Slot:
    """Five minutes of one account's channel: exchanges, those with an answer, half within ms."""

    began_at: datetime
    calls: int
    answered: int
    median_ms: int | None


def health_of(account_ids: Sequence[str], *, within: timedelta) -> dict[str, Health]:
    """Return how each of these accounts did until now, by the database's clock. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_HEALTH, (list(account_ids), within.total_seconds()))
        rows = cursor.fetchall()
    found = {account_id: Health(dict.fromkeys(CallResult, 0)) for account_id in account_ids}
    for account_id, *counts, speeds in rows:
        median, p95 = speeds or (None, None)
        found[account_id] = Health(dict(zip(CallResult, counts, strict=True)), median, p95)
    return found


def slots_of(account_id: str) -> list[Slot]:
    """Return the last hour of an account in slots of five minutes, the oldest first. One query.

    Slots end now, by the database's clock; those without an exchange are there, too.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, {"account": account_id, "slot": SLOT.total_seconds()})
        rows = cursor.fetchall()
    return [Slot(*row) for row in rows]


def newest_examinations(account: ChannelAccount, *, limit: int) -> list[ChannelExamination]:
    """Return the last examinations of an account, the newest first."""
    return list(account.examinations.order_by("-id")[:limit])


def worrying_examinations() -> list[ChannelExamination]:
    """Return the newest examination of each account that is switched on, where it worries.

    It found errors, or a certificate that ends soon. One query.
    """
    newest = ChannelExamination.objects.filter(channel_account=OuterRef("channel_account"))
    return list(
        ChannelExamination.objects.filter(
            Q(errors__gt=0) | Q(findings__contains=[{"code": "certificate_ends"}]),
            pk=Subquery(newest.order_by("-id").values("pk")[:1]),
            channel_account__is_enabled=True,
        )
        .select_related("channel_account")
        .order_by("channel_account__name")
    )


def is_being_examined(channel_account_id: str) -> bool:
    """Tell whether a worker examines an account, or will."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM procrastinate_jobs
               WHERE queueing_lock = %s AND status::text = ANY(%s))""",
            (lock_of(channel_account_id), _UNDER_WAY),
        )
        row: Any = cursor.fetchone()
    return bool(row[0])


def lock_of(channel_account_id: str) -> str:
    """Return the lock under which one examination of an account waits at most."""
    return f"{channel_account_id}:examine"

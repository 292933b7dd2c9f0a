"""What is sealed, what waits to be, and what rows say now."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.backends.utils import CursorWrapper

from ledger import heads
from ledger.heads import Head
from ledger.leaves import LEAF_PATH, STREAMS, Stream
from ledger.models import Seal
from ledger.sealing import FIRST_PREVIOUS, Totals

LISTED_MAX = 100_000
"""Rows that are listed at a time for sealing."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where the chain ends: what the next block follows."""

    number: int
    hmac: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """Rows of one stream that may be sealed, in order of the transactions that wrote them.

    `xacts` are these transactions and the one that follows the last row. `is_complete`: no more
    rows wait; `is_whole`: all rows of the table were looked at, because no floor was known.
    """

    stream: Stream
    cluster: int
    ids: Sequence[int]
    xacts: Sequence[int]
    is_complete: bool
    is_whole: bool

    def floor_after(self, taken: int) -> int:
        """Return below which transaction all is sealed once so many rows are; 0: nothing is said.

        A transaction whose rows end in the next block is not complete, so it is the floor itself.
        """
        if self.is_whole and not (self.is_complete and taken == len(self.ids)):
            return 0
        return self.xacts[taken]


@dataclass(frozen=True, slots=True)
class Lag:
    """How far behind sealing is: the oldest row that waits, and for how many seconds."""

    recorded_at: datetime | None
    seconds: int


def last_link() -> Link:
    """Return where the chain ends now; number 0 when there is no block."""
    row = Seal.objects.order_by("-number").values_list("number", "hmac").first()
    return Link(0, FIRST_PREVIOUS) if row is None else Link(row[0], bytes(row[1]))


def lost_head() -> Head | None:
    """Return the newest published head if this database lacks it: it is older, or another one.

    None when it has it, or none was published. A head is published once its block is committed.
    """
    newest = heads.newest()
    if newest is None:
        return None
    is_here = Seal.objects.filter(number=newest.number, hmac=newest.hmac).exists()
    return None if is_here else newest


def cluster_identifier() -> int:
    """Return which database cluster this is; a dump that is restored elsewhere finds another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return int(cursor.fetchone()[0])


def machine_time() -> datetime:
    """Return the instant of the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        return at


def waiting_rows(stream: Stream) -> Waiting:
    """List the rows of a stream that are settled and in no block, LISTED_MAX of them at most.

    Settled: every transaction that may still add an older row has ended. That is so for rows
    below `pg_snapshot_xmin`, so nothing is skipped behind an open transaction, and nothing depends
    on the order of ids. In the cluster of the last block only rows from its floor up are looked
    at. In another one, after a restore, all are, and those count as settled as well whose
    transaction is still to come here.
    """
    cluster = cluster_identifier()
    last = (
        Seal.objects.filter(stream=stream.name)
        .order_by("-number")
        .values_list("cluster", "floor")
        .first()
    )
    floor = last[1] if last is not None and last[0] == cluster else 0
    with connection.cursor() as cursor:
        cursor.execute(
            _WAITING.format(
                table=stream.table, beyond="" if floor else "OR xact >= pg_snapshot_xmax(now.seen)"
            ),
            {"stream": stream.name, "floor": str(floor), "limit": LISTED_MAX + 1},
        )
        settled_below, ids, xacts = cursor.fetchone()
    ids, xacts = ids or [], xacts or []
    return Waiting(
        stream=stream,
        cluster=cluster,
        ids=ids[:LISTED_MAX],
        xacts=[*xacts, settled_below] if len(ids) <= LISTED_MAX else xacts,
        is_complete=len(ids) <= LISTED_MAX,
        is_whole=not floor,
    )


def leaves_of(stream: Stream, form: int, ids: Sequence[int]) -> list[bytes | None]:
    """Return what rows say now, as leaves in the order of `ids`; None where there is no such row.

    It asks PostgreSQL's own functions only, inside the caller's transaction.
    """
    with _builtins_only() as cursor:
        cursor.execute(
            f"""SELECT CASE WHEN t.id IS NOT NULL THEN {stream.leaf_sql(form)} END
                FROM unnest(%s::bigint[]) WITH ORDINALITY AS member (id, place)
                LEFT JOIN public.{stream.table} t ON t.id = member.id
                ORDER BY member.place""",  # noqa: S608  put together from constants of ours
            [list(ids)],
        )
        return [None if leaf is None else bytes(leaf) for (leaf,) in cursor.fetchall()]


def content_of(stream: Stream, form: int, row_id: int) -> str | None:
    """Return what one row says, as the text that its leaf is made of, or None without such a row.

    It asks PostgreSQL's own functions only, inside the caller's transaction.
    """
    with _builtins_only() as cursor:
        cursor.execute(
            f"SELECT {stream.forms[form]} FROM public.{stream.table} t WHERE t.id = %s",  # noqa: S608  put together from constants of ours
            [row_id],
        )
        row = cursor.fetchone()
    return None if row is None else str(row[0])


def totals_of(stream: Stream, ids: Sequence[int]) -> Totals:
    """Return debits and credits of entries by currency; nothing for streams without postings.

    It asks PostgreSQL's own functions only, inside the caller's transaction.
    """
    if not stream.has_totals:
        return {}
    with _builtins_only() as cursor:
        cursor.execute(
            """SELECT currency::text, coalesce(sum(amount_minor) FILTER (WHERE side = 'D'), 0),
                      coalesce(sum(amount_minor) FILTER (WHERE side = 'C'), 0)
               FROM public.ledger_posting WHERE entry_id = ANY (%s::bigint[])
               GROUP BY currency ORDER BY currency""",
            [list(ids)],
        )
        return {
            currency: {"debits": int(debits), "credits": int(credits_)}
            for currency, debits, credits_ in cursor.fetchall()
        }


def sealed_totals() -> Totals:
    """Return debits and credits by currency of all entries that are sealed."""
    with connection.cursor() as cursor:
        cursor.execute(_SEALED_TOTALS)
        return {
            currency: {"debits": int(debits), "credits": int(credits_)}
            for currency, debits, credits_ in cursor.fetchall()
        }


def seal_lag() -> Lag:
    """Return how far behind sealing is, by the database's clock; nothing waits: 0 seconds.

    One index look-up per stream that knows its machine time. After a restore into another cluster
    it looks at the whole of a stream until the first block that is made there.
    """
    cluster = cluster_identifier()
    parts = [
        _OLDEST.format(
            table=stream.table,
            recorded=stream.recorded,
            name=stream.name,
            floor=_FLOOR.format(name=stream.name),
        )
        for stream in STREAMS.values()
        if stream.recorded
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT min(at), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::bigint
                FROM ({" UNION ALL ".join(parts)}) oldest""",  # noqa: S608  constants of ours
            {"cluster": cluster},
        )
        recorded_at, seconds = cursor.fetchone()
    return Lag(recorded_at=recorded_at, seconds=max(0, seconds))


@contextmanager
def _builtins_only() -> Iterator[CursorWrapper]:
    """Open a cursor that reaches the functions that came with PostgreSQL and no other.

    Nobody makes a row look untouched by a function of the same name in another schema.
    """
    assert connection.in_atomic_block, "the search path is set for one transaction"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path, set_config('search_path', %s, true) FROM current_setting('search_path')"
            " AS path",
            [LEAF_PATH],
        )
        path = cursor.fetchone()[0]
        yield cursor
        cursor.execute("SELECT set_config('search_path', %s, true)", [path])


_WAITING = """
WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS seen),
candidate AS MATERIALIZED (
  SELECT t.id, t.xact FROM {table} t, now
  WHERE t.xact >= %(floor)s::xid8 AND (t.xact < pg_snapshot_xmin(now.seen) {beyond})),
taken AS (
  SELECT unnest(s.ids) AS id
  FROM ledger_seal s, (SELECT min(id) AS first, max(id) AS last FROM candidate) span
  WHERE s.stream = %(stream)s AND s.last_id >= span.first AND s.first_id <= span.last),
waiting AS (
  SELECT c.id, c.xact FROM candidate c
  WHERE NOT EXISTS (SELECT FROM taken WHERE taken.id = c.id)
  ORDER BY c.xact, c.id LIMIT %(limit)s)
SELECT pg_snapshot_xmin(now.seen)::text::bigint,
       (SELECT array_agg(id ORDER BY xact, id) FROM waiting),
       (SELECT array_agg(xact::text::bigint ORDER BY xact, id) FROM waiting)
FROM now
"""

# Only one half is carried out. Without a floor, members of blocks lie among what waits, and the
# numbers of transactions are those of another cluster, so they say nothing.
_OLDEST = """
(SELECT t.{recorded} AS at FROM {table} t
 WHERE {floor} > 0 AND t.xact >= {floor}::text::xid8
   AND t.xact < pg_snapshot_xmax(pg_current_snapshot())
 ORDER BY t.xact LIMIT 1)
UNION ALL
(SELECT min(t.{recorded}) FROM {table} t
 LEFT JOIN (SELECT unnest(ids) AS id FROM ledger_seal WHERE stream = '{name}') member
   ON member.id = t.id
 WHERE {floor} = 0 AND member.id IS NULL)
"""

_FLOOR = """
coalesce((SELECT CASE s.cluster WHEN %(cluster)s THEN s.floor ELSE 0 END
          FROM ledger_seal s WHERE s.stream = '{name}' ORDER BY s.number DESC LIMIT 1), 0)
"""

_SEALED_TOTALS = """
SELECT currency, sum((sides ->> 'debits')::numeric), sum((sides ->> 'credits')::numeric)
FROM ledger_seal, jsonb_each(totals) AS told (currency, sides)
GROUP BY currency ORDER BY currency
"""

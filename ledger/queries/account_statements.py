"""One account over a range of business days: what stood, every posting, what stands.

Rows are in order of business day and, within a day, of booking (`seq`), and the balance runs in
that order. It differs from `balance_after_minor` of a posting, which runs in order of booking,
where something was booked late for an earlier day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from ledger.queries import balances
from ledger.queries.reports import Arguments, DayRange, Movement, Row, begins_closed, streamed

OPEN_POSTINGS_MAX = 20_000
"""Postings of open days that are added up for a curve; closing days makes it as short as they."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an account's statement: after the posting `seq` of a business day."""

    effective_date: date
    seq: int = 0

    def __str__(self) -> str:
        """Write the place as the address of a page carries it: `2026-03-05~17`."""
        return f"{self.effective_date}~{self.seq}"


def place_of(text: str) -> Place:
    """Read a place as `Place` writes it. Raises ValueError for anything else."""
    day, _tilde, seq = text.partition("~")
    return Place(date.fromisoformat(day), int(seq))


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of an account, signed with debits positive, and the other accounts' numbers.

    `balance_minor` is what stands on the account after it, debits positive.
    """

    effective_date: date
    seq: int
    entry_id: int
    kind: str
    subject: str
    source: str
    amount_minor: int
    counter_codes: tuple[str, ...]
    balance_minor: int

    @property
    def place(self) -> Place:
        """Return the place after this row, for the next page."""
        return Place(self.effective_date, self.seq)


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order; `balance_before_minor` stands before the first of them."""

    balance_before_minor: int
    lines: tuple[StatementLine, ...]
    has_more: bool


def movement_of(account_id: int, days: DayRange) -> Movement:
    """Return what stood on an account before a range, and what moved in it.

    At most three queries; call it in `reports.one_moment`.
    """
    if begins_closed(days):
        before, after = _through(account_id, before=days.first), _sums(account_id, days.last)
        return Movement(before[0] - before[1], after[0] - before[0], after[1] - before[1])
    arguments: Arguments = {"account": account_id, "first": days.first, "last": days.last}
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENT, arguments)
        row = cursor.fetchone()
    opening, debits, credits_ = row or (0, 0, 0)
    return Movement(int(opening), int(debits), int(credits_))


def page_of(account_id: int, days: DayRange, *, after: Place | None, limit: int) -> Page:
    """Return the rows after a place, with the balance carried to it.

    At most four queries; call it in `reports.one_moment`.
    """
    start = _start(days, after)
    carried = _carried(account_id, start)
    arguments: Arguments = {
        "account": account_id,
        "last": days.last,
        "after_date": start.effective_date,
        "after_seq": start.seq,
        "limit": limit + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{_LINES} LIMIT %(limit)s", arguments)
        rows = cursor.fetchall()
    lines = tuple(_lines(rows[:limit], balance_minor=carried))
    return Page(carried, lines, has_more=len(rows) > limit)


def stream_lines(account_id: int, days: DayRange, *, opening_minor: int) -> Iterator[StatementLine]:
    """Yield every row of the range. Call it in `reports.one_moment`, as its opening was."""
    arguments: Arguments = {
        "account": account_id,
        "last": days.last,
        "after_date": days.first,
        "after_seq": 0,
    }
    yield from _lines(streamed(_LINES, arguments), balance_minor=opening_minor)


def closings_by_day(
    account_id: int, days: DayRange, *, opening_minor: int
) -> list[tuple[date, int]] | None:
    """Return what stood at the end of each day of the range on which something moved.

    Of closed days these are the daily balances; of open ones, the postings since are added up.
    None where that would be more than OPEN_POSTINGS_MAX of them. Two queries.
    """
    arguments: Arguments = {"account": account_id, "first": days.first, "last": days.last}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_POSTINGS, arguments)
        row = cursor.fetchone()
        if row and row[0] > OPEN_POSTINGS_MAX:
            return None
        cursor.execute(_BY_DAY, arguments)
        rows = cursor.fetchall()
    closings: list[tuple[date, int]] = []
    balance = opening_minor
    for day, stood, moved in rows:
        balance = int(stood) if stood is not None else balance + int(moved)
        closings.append((day, balance))
    return closings


def _carried(account_id: int, start: Place) -> int:
    """Return what stands on an account at a place."""
    arguments: Arguments = {
        "account": account_id,
        "after_date": start.effective_date,
        "after_seq": start.seq,
    }
    is_closed = begins_closed(DayRange(start.effective_date, start.effective_date))
    debits, credits_ = _through(account_id, before=start.effective_date) if is_closed else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(_OF_THE_DAY if is_closed else _CARRIED, arguments)
        row = cursor.fetchone()
    return debits - credits_ + (int(row[0]) if row else 0)


def _through(account_id: int, *, before: date) -> tuple[int, int]:
    """Return an account's debits and credits through the day before one."""
    return (0, 0) if before == date.min else _sums(account_id, before - timedelta(days=1))


def _sums(account_id: int, day: date) -> tuple[int, int]:
    debits, credits_ = balances.sums_on(account_id, day) or (0, 0)
    return int(debits), int(credits_)


def _start(days: DayRange, after: Place | None) -> Place:
    """Return where a page begins: never before the range."""
    start = Place(days.first)
    if after is None or after.effective_date < days.first:
        return start
    return after


def _lines(rows: Iterable[Row], *, balance_minor: int) -> Iterator[StatementLine]:
    for day, seq, entry_id, kind, subject, source, amount, codes in rows:
        balance_minor += amount
        yield StatementLine(
            effective_date=day,
            seq=seq,
            entry_id=entry_id,
            kind=kind,
            subject=subject,
            source=source,
            amount_minor=amount,
            counter_codes=tuple(codes.split()) if codes else (),
            balance_minor=balance_minor,
        )


_SIGNED = "CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END"

_MOVEMENT = f"""
SELECT b.debits_minor - b.credits_minor - coalesce(m.since, 0),
  coalesce(m.debits, 0), coalesce(m.credits, 0)
FROM ledger_accountbalance b
CROSS JOIN LATERAL (
  SELECT sum({_SIGNED}) AS since,
    sum(p.amount_minor) FILTER (WHERE p.side = 'D' AND e.effective_date <= %(last)s) AS debits,
    sum(p.amount_minor) FILTER (WHERE p.side = 'C' AND e.effective_date <= %(last)s) AS credits
  FROM ledger_posting p
  JOIN ledger_journalentry e ON e.id = p.entry_id
  WHERE p.account_id = b.account_id AND e.effective_date >= %(first)s
) m
WHERE b.account_id = %(account)s
"""  # noqa: S608  put together from constants of this module

_CARRIED = f"""
SELECT b.debits_minor - b.credits_minor - coalesce((
  SELECT sum({_SIGNED})
  FROM ledger_posting p
  JOIN ledger_journalentry e ON e.id = p.entry_id
  WHERE p.account_id = b.account_id AND e.effective_date >= %(after_date)s
    AND (e.effective_date, p.seq) > (%(after_date)s, %(after_seq)s)
), 0)
FROM ledger_accountbalance b
WHERE b.account_id = %(account)s
"""  # noqa: S608  put together from constants of this module

_OF_THE_DAY = f"""
SELECT coalesce(sum({_SIGNED}), 0)
FROM ledger_posting p
JOIN ledger_journalentry e ON e.id = p.entry_id
WHERE p.account_id = %(account)s AND e.effective_date = %(after_date)s
  AND p.seq <= %(after_seq)s
"""  # noqa: S608  put together from constants of this module

_LINES = f"""
SELECT e.effective_date, p.seq, e.id, e.kind, e.subject, e.source, {_SIGNED},
  (SELECT string_agg(DISTINCT a.code, ' ' ORDER BY a.code)
   FROM ledger_posting o JOIN ledger_account a ON a.id = o.account_id
   WHERE o.entry_id = e.id AND o.account_id <> p.account_id)
FROM ledger_posting p
JOIN ledger_journalentry e ON e.id = p.entry_id
WHERE p.account_id = %(account)s
  AND e.effective_date >= %(after_date)s AND e.effective_date <= %(last)s
  AND (e.effective_date, p.seq) > (%(after_date)s, %(after_seq)s)
ORDER BY e.effective_date, p.seq
"""  # noqa: S608  put together from constants of this module

# How many postings may be dated in open days of the range, of the account; none of a closed one.
_OPEN_POSTINGS = """
SELECT CASE WHEN %(last)s > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
  THEN b.seq - coalesce((
    SELECT contained_seq FROM ledger_dailybalance WHERE account_id = b.account_id
    ORDER BY effective_date DESC LIMIT 1), 0)
  ELSE 0 END
FROM ledger_accountbalance b WHERE b.account_id = %(account)s
"""

_BY_DAY = f"""
SELECT effective_date, debits_minor - credits_minor, NULL
FROM ledger_dailybalance
WHERE account_id = %(account)s AND effective_date BETWEEN %(first)s AND %(last)s
UNION ALL
SELECT e.effective_date, NULL, sum({_SIGNED})
FROM ledger_posting p
JOIN ledger_journalentry e ON e.id = p.entry_id
WHERE %(last)s > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
  AND p.account_id = %(account)s AND e.effective_date BETWEEN %(first)s AND %(last)s
  AND e.effective_date > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
  AND p.seq > coalesce((
    SELECT contained_seq FROM ledger_dailybalance WHERE account_id = %(account)s
    ORDER BY effective_date DESC LIMIT 1), 0)
GROUP BY e.effective_date
ORDER BY effective_date
"""  # noqa: S608  put together from constants of this module

"""What the books say over a range of business days: by number of the chart, and by account.

Amounts are in minor units, signed with debits positive; a page shows them on the side they are
on. Where the day before a range is closed, its daily balances say what stood then. Where it is
open, that is what stands now less all that came since: only the entries since the range's first
day are looked at, however many there are.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from ledger import chart
from ledger.queries import balances
from ledger.queries.periods import closed_through

Arguments = dict[str, str | int | date | list[str] | None]

Row = tuple[Any, ...]
"""One row as the driver gives it; the functions here give it types."""

STREAM_ROWS = 5_000
"""Rows that a stream asks for at a time."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """Business days in BUSINESS_TIME_ZONE, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Movement:
    """What stood before a range, what moved in it, and so what stood at its end."""

    opening_minor: int
    debits_minor: int
    credits_minor: int

    @property
    def closing_minor(self) -> int:
        """Return what stands at the end of the last day."""
        return self.opening_minor + self.debits_minor - self.credits_minor


@dataclass(frozen=True, slots=True)
class CodeLine(Movement):
    """One number of the chart in one currency: the sum of its accounts (the control total)."""

    code: str
    currency: str


@dataclass(frozen=True, slots=True)
class AccountLine(Movement):
    """One account of a number: its part of the control total."""

    account_id: int
    owner_id: str
    code: str
    currency: str


@dataclass(frozen=True, slots=True)
class Equation:
    """What the platform has, and what it owes, owns and earned, in one currency."""

    currency: str
    assets_minor: int
    liabilities_minor: int
    equity_minor: int
    income_minor: int
    expenses_minor: int

    @property
    def remainder_minor(self) -> int:
        """Return what the other side does not explain: 0, or the books are wrong."""
        owed = self.liabilities_minor + self.equity_minor + self.income_minor
        return self.assets_minor - (owed - self.expenses_minor)


@contextmanager
def one_moment(*, is_long: bool = False) -> Iterator[None]:
    """Show the books as they stand at one moment to all queries of a block.

    `is_long` lifts the time-outs of pages, for files. Inside somebody's transaction there is no
    choosing: it shows what that shows.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if is_long:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL transaction_timeout = 0")
        yield


def begins_closed(days: DayRange) -> bool:
    """Tell whether the daily balances say what stood before a range. One query."""
    if days.first == date.min:
        return True
    through = closed_through()
    return through is not None and through >= days.first - timedelta(days=1)


def trial_balance(days: DayRange, *, codes: Collection[str] = ()) -> list[CodeLine]:
    """Return every number of the chart that stood or moved, by currency and number.

    With `codes` only those numbers. At most five queries; call it in `one_moment`.
    """
    if begins_closed(days):
        return _between_balances(days, codes)
    arguments: Arguments = {"first": days.first, "last": days.last, "codes": list(codes) or None}
    with connection.cursor() as cursor:
        cursor.execute(_BY_CODE, arguments)
        return [
            CodeLine(int(opening), int(debits), int(credits_), number, currency)
            for currency, number, opening, debits, credits_ in cursor.fetchall()
        ]


def _between_balances(days: DayRange, codes: Collection[str]) -> list[CodeLine]:
    """Return the lines of a range from what stood before it and at its end."""
    before = {}
    if days.first > date.min:
        day_before = days.first - timedelta(days=1)
        stood = balances.trial_balance_on(day_before, codes=codes)
        before = {(x.currency, x.code): x for x in stood}
    lines = []
    for after in balances.trial_balance_on(days.last, codes=codes):
        was = before.get((after.currency, after.code))
        debits, credits_ = (was.debits_minor, was.credits_minor) if was else (0, 0)
        line = CodeLine(
            debits - credits_,
            after.debits_minor - debits,
            after.credits_minor - credits_,
            after.code,
            after.currency,
        )
        if line.opening_minor or line.debits_minor or line.credits_minor:
            lines.append(line)
    return sorted(lines, key=lambda line: (line.currency, line.code))


def equations(lines: Sequence[CodeLine]) -> list[Equation]:
    """Return the daily equation of each currency at the end of the range, from its lines."""
    found = []
    for currency in sorted({line.currency for line in lines}):
        sums = dict.fromkeys(("asset", "liability", "equity", "income", "expense"), 0)
        for line in lines:
            if line.currency == currency:
                account = chart.CHART[line.code]
                sign = 1 if account.normal_side == "D" else -1
                sums[account.category] += sign * line.closing_minor
        found.append(
            Equation(
                currency,
                assets_minor=sums["asset"],
                liabilities_minor=sums["liability"],
                equity_minor=sums["equity"],
                income_minor=sums["income"],
                expenses_minor=sums["expense"],
            )
        )
    return found


def accounts_of(
    code: str, currency: str, days: DayRange, *, after: str = "", limit: int
) -> list[AccountLine]:
    """Return the accounts of a number that stood or moved, by owner, from `after` on."""
    arguments: Arguments = {
        "code": code,
        "currency": currency,
        "first": days.first,
        "last": days.last,
        "after": after,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{_BY_ACCOUNT} LIMIT %(limit)s", arguments)
        return [_account_line(row) for row in cursor.fetchall()]


def stream_accounts_of(code: str, currency: str, days: DayRange) -> Iterator[AccountLine]:
    """Yield all accounts of a number that stood or moved, by owner. Call it in `one_moment`."""
    arguments: Arguments = {
        "code": code,
        "currency": currency,
        "first": days.first,
        "last": days.last,
        "after": "",
    }
    yield from map(_account_line, streamed(_BY_ACCOUNT, arguments))


def streamed(sql: str, arguments: Arguments) -> Iterator[Row]:
    """Yield the rows of a query as a cursor of the server gives them. Call it in `one_moment`.

    Memory stays the same however many there are.
    """
    assert connection.in_atomic_block, "a server's cursor lives in a transaction"
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, arguments)
        while rows := cursor.fetchmany(STREAM_ROWS):
            yield from rows


def _account_line(row: Row) -> AccountLine:
    account_id, owner_id, code, currency, opening, debits, credits_ = row
    return AccountLine(
        int(opening), int(debits), int(credits_), account_id, owner_id, code, currency
    )


# Of each account: what moved in the range, and all that moved since its first day, signed.
_MOVED = """
  SELECT p.account_id,
    sum(p.amount_minor) FILTER (WHERE p.side = 'D' AND e.effective_date <= %(last)s) AS debits,
    sum(p.amount_minor) FILTER (WHERE p.side = 'C' AND e.effective_date <= %(last)s) AS credits,
    sum(CASE p.side WHEN 'D' THEN p.amount_minor ELSE -p.amount_minor END) AS since
  FROM ledger_journalentry e
  JOIN ledger_posting p ON p.entry_id = e.id
"""

_BY_CODE = f"""
WITH moved AS ({_MOVED} WHERE e.effective_date >= %(first)s GROUP BY p.account_id),
lines AS (
  SELECT a.currency, a.code,
    sum(b.debits_minor - b.credits_minor - coalesce(m.since, 0)) AS opening,
    coalesce(sum(m.debits), 0) AS debits,
    coalesce(sum(m.credits), 0) AS credits
  FROM ledger_account a
  JOIN ledger_accountbalance b ON b.account_id = a.id
  LEFT JOIN moved m ON m.account_id = a.id
  WHERE %(codes)s::text[] IS NULL OR a.code = ANY(%(codes)s::text[])
  GROUP BY a.currency, a.code
)
SELECT currency, code, opening, debits, credits FROM lines
WHERE opening <> 0 OR debits <> 0 OR credits <> 0
ORDER BY currency, code
"""  # noqa: S608  put together from constants of this module

# Account by account in order of owner, so that a page reads no more accounts than it shows, and
# of their postings only those of the open days. OFFSET 0 has them read by account, never by day.
_BY_ACCOUNT = """
SELECT a.id, a.owner_id, a.code, a.currency, sums.opening, sums.debits, sums.credits
FROM ledger_account a
LEFT JOIN LATERAL (
  SELECT debits_minor, credits_minor FROM ledger_dailybalance
  WHERE account_id = a.id AND effective_date < %(first)s
  ORDER BY effective_date DESC LIMIT 1) before ON true
LEFT JOIN LATERAL (
  SELECT debits_minor, credits_minor, contained_seq FROM ledger_dailybalance
  WHERE account_id = a.id AND effective_date <= %(last)s
  ORDER BY effective_date DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (
  SELECT
    sum(p.amount_minor) FILTER (WHERE p.side = 'D' AND p.day < %(first)s) AS was_debits,
    sum(p.amount_minor) FILTER (WHERE p.side = 'C' AND p.day < %(first)s) AS was_credits,
    sum(p.amount_minor) FILTER (WHERE p.side = 'D') AS debits,
    sum(p.amount_minor) FILTER (WHERE p.side = 'C') AS credits
  FROM (
    SELECT p.side, p.amount_minor,
      (SELECT e.effective_date FROM ledger_journalentry e WHERE e.id = p.entry_id) AS day
    FROM ledger_posting p
    WHERE %(last)s > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
      AND p.account_id = a.id AND p.seq > coalesce(last.contained_seq, 0)
    OFFSET 0) p
  WHERE p.day > coalesce((SELECT day FROM ledger_closedthrough), '-infinity')
    AND p.day <= %(last)s) open ON true
CROSS JOIN LATERAL (
  SELECT coalesce(before.debits_minor, 0) + coalesce(open.was_debits, 0) AS was_debits,
         coalesce(before.credits_minor, 0) + coalesce(open.was_credits, 0) AS was_credits,
         coalesce(last.debits_minor, 0) + coalesce(open.debits, 0) AS is_debits,
         coalesce(last.credits_minor, 0) + coalesce(open.credits, 0) AS is_credits) stood
CROSS JOIN LATERAL (
  SELECT stood.was_debits - stood.was_credits AS opening,
         stood.is_debits - stood.was_debits AS debits,
         stood.is_credits - stood.was_credits AS credits) sums
WHERE a.code = %(code)s AND a.currency = %(currency)s AND a.owner_id > %(after)s
  AND (sums.opening <> 0 OR sums.debits <> 0 OR sums.credits <> 0)
ORDER BY a.owner_id
"""

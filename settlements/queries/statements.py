"""A merchant's statement: what was owed before, every line and payout, what is owed after.

It runs over 2001 + 2002 + 2003 - 1201 by business days. Opening and closing come from the books,
lines and payouts from their own rows, so that a remainder of zero proves something.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

from settlements.errors import InvalidPositionError

PAYMENT, PAYOUT_FEE = "payment", "payout_fee"
PAYOUT_SENT, PAYOUT_GIVEN_BACK = "payout", "payout_failed"
"""Kinds of rows: the lines' own, payouts that left (E08) and that came back (E10a, E10w)."""

SqlArguments = dict[str, str | int | date | None]

STREAM_ROWS = 5_000
"""Rows that a stream asks for at a time; its memory stays the same however many there are."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One merchant's money of one currency over business days, both included, in minor units."""

    merchant_id: str
    currency: str
    from_date: date
    to_date: date
    opening_minor: int
    line_count: int
    gross_minor: int
    fee_minor: int
    net_minor: int
    payouts_sent_minor: int
    payouts_returned_minor: int
    closing_minor: int

    @property
    def remainder_minor(self) -> int:
        """Return what the rows do not explain: 0, or the statement does not tie out."""
        explained = self.net_minor - self.payouts_sent_minor + self.payouts_returned_minor
        return self.closing_minor - self.opening_minor - explained


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One line, payout or returned payout; `net_minor` is what it changes, with its sign.

    `subject` is the allocation or settlement that it stands for, `order_no` the partner's own
    number where there is one. Payouts have neither gross nor fee. `at` is in UTC. Of one
    instant, lines (rank 1) come before payouts (2) and returned payouts (3).
    """

    business_date: date
    at: datetime
    rank: int
    row_id: str
    kind: str
    subject: str
    gross_minor: int | None
    fee_minor: int | None
    net_minor: int
    order_no: str
    bank_reference: str

    @property
    def position(self) -> str:
        """Name the place after this row, for the next page."""
        return f"{self.business_date}~{self.at.isoformat()}~{self.rank}~{self.row_id}"


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows in order; `balance_before_minor` is owed before the first of them.

    `after` asks for the next page; None when there is none.
    """

    rows: list[StatementRow]
    balance_before_minor: int
    after: str | None


def statement(merchant_id: str, currency: str, *, from_date: date, to_date: date) -> Statement:
    """Add up a merchant's statement of business days, both included, in one statement of SQL.

    A merchant without money in this currency has a statement of zeros.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, _arguments(merchant_id, currency, from_date, to_date))
        opening, closing, count, gross, fee, net, sent, back = cursor.fetchone()
    return Statement(
        merchant_id=merchant_id,
        currency=currency,
        from_date=from_date,
        to_date=to_date,
        opening_minor=opening,
        line_count=count,
        gross_minor=gross,
        fee_minor=fee,
        net_minor=net,
        payouts_sent_minor=sent,
        payouts_returned_minor=back,
        closing_minor=closing,
    )


def rows_page(asked: Statement, *, after: str | None = None, limit: int = 100) -> RowsPage:
    """Return up to `limit` rows of a statement that come after a position (None: the first).

    In the order of business days, then instants. Raises InvalidPositionError.
    """
    rows = _rows(asked, after=after, limit=limit + 1)
    shown = rows[:limit]
    return RowsPage(
        rows=shown,
        balance_before_minor=asked.opening_minor + _moved_before(asked, after),
        after=shown[-1].position if len(rows) > limit else None,
    )


def all_rows(asked: Statement) -> Iterator[StatementRow]:
    """Yield every row of a statement in order, a few thousand at a time.

    No transaction stays open between them. What is booked meanwhile on the period's last days
    may come along; opening and rows still add up to what is yielded.
    """
    after: str | None = None
    while rows := _rows(asked, after=after, limit=STREAM_ROWS):
        yield from rows
        if len(rows) < STREAM_ROWS:
            return
        after = rows[-1].position


def _rows(asked: Statement, *, after: str | None, limit: int) -> list[StatementRow]:
    with connection.cursor() as cursor:
        cursor.execute(
            _PAGE, {**_arguments_of(asked), **_after(after, asked.from_date), "limit": limit}
        )
        return [StatementRow(*row) for row in cursor.fetchall()]


def _moved_before(asked: Statement, after: str | None) -> int:
    """Sum the rows up to a position, itself included."""
    if after is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, {**_arguments_of(asked), **_after(after, asked.from_date)})
        moved: int = cursor.fetchone()[0]
    return moved


def _after(position: str | None, from_date: date) -> SqlArguments:
    """Read a position. Raises InvalidPositionError."""
    if position is None:
        return {"day": from_date, "at": datetime(1, 1, 1, tzinfo=UTC), "rank": 0, "row_id": ""}
    try:
        day, at, rank, row_id = position[:200].split("~")
        return {
            "day": date.fromisoformat(day),
            "at": datetime.fromisoformat(at).astimezone(UTC),
            "rank": int(rank) % 10,
            "row_id": row_id.replace("\0", ""),
        }
    except (ValueError, OverflowError) as error:
        raise InvalidPositionError from error


def _arguments_of(asked: Statement) -> SqlArguments:
    return _arguments(asked.merchant_id, asked.currency, asked.from_date, asked.to_date)


def _arguments(merchant_id: str, currency: str, from_date: date, to_date: date) -> SqlArguments:
    return {
        "merchant": merchant_id,
        "currency": currency,
        "from_date": from_date,
        "to_date": to_date,
    }


_TOTALS = """
WITH books AS (
  SELECT
    sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END)
      FILTER (WHERE e.effective_date < %(from_date)s) AS opening,
    sum(CASE p.side WHEN 'C' THEN p.amount_minor ELSE -p.amount_minor END) AS closing
  FROM payments_merchantaccount m
  JOIN ledger_posting p ON p.account_id IN (
    m.pending_account_id, m.available_account_id, m.hold_account_id, m.debt_account_id)
  JOIN ledger_journalentry e ON e.id = p.entry_id
  WHERE m.merchant_id = %(merchant)s AND m.currency = %(currency)s
    AND e.effective_date <= %(to_date)s
), lines AS (
  SELECT count(*), sum(gross_minor) AS gross, sum(fee_minor) AS fee, sum(net_minor) AS net
  FROM payments_balancetransaction
  WHERE merchant_id = %(merchant)s AND currency = %(currency)s
    AND effective_date BETWEEN %(from_date)s AND %(to_date)s
), payouts AS (
  SELECT
    sum(p.amount_minor)
      FILTER (WHERE sent.effective_date BETWEEN %(from_date)s AND %(to_date)s) AS sent,
    sum(p.amount_minor)
      FILTER (WHERE back.effective_date BETWEEN %(from_date)s AND %(to_date)s) AS back
  FROM settlements_settlement s
  JOIN settlements_payout p ON p.settlement_id = s.id
  JOIN ledger_journalentry sent ON sent.id = p.entry_id
  LEFT JOIN ledger_journalentry back
    ON back.source = ANY (ARRAY[p.id || ':failed', p.id || ':returned'])
  WHERE s.merchant_id = %(merchant)s AND s.currency = %(currency)s
)
SELECT coalesce(opening, 0)::bigint, coalesce(closing, 0)::bigint, count,
  coalesce(gross, 0)::bigint, coalesce(fee, 0)::bigint, coalesce(net, 0)::bigint,
  coalesce(sent, 0)::bigint, coalesce(back, 0)::bigint
FROM books, lines, payouts"""

_ROWS = """
  SELECT l.effective_date AS day, l.created_at AS at, 1 AS rank, l.id::text AS row_id,
    l.kind::text AS kind, l.source::text AS subject, l.gross_minor AS gross,
    l.fee_minor AS fee, l.net_minor AS net, '' AS bank_reference
  FROM payments_balancetransaction l
  WHERE l.merchant_id = %(merchant)s AND l.currency = %(currency)s
    AND l.effective_date BETWEEN %(from_date)s AND %(to_date)s
  UNION ALL
  SELECT e.effective_date, e.booked_at, 2, p.id::text, 'payout', s.id::text, NULL, NULL,
    -p.amount_minor, p.bank_reference
  FROM settlements_settlement s
  JOIN settlements_payout p ON p.settlement_id = s.id
  JOIN ledger_journalentry e ON e.id = p.entry_id
  WHERE s.merchant_id = %(merchant)s AND s.currency = %(currency)s
    AND e.effective_date BETWEEN %(from_date)s AND %(to_date)s
  UNION ALL
  SELECT e.effective_date, e.booked_at, 3, p.id::text, 'payout_failed', s.id::text, NULL, NULL,
    p.amount_minor, p.bank_reference
  FROM settlements_settlement s
  JOIN settlements_payout p ON p.settlement_id = s.id
  JOIN ledger_journalentry e
    ON e.source = ANY (ARRAY[p.id || ':failed', p.id || ':returned'])
  WHERE s.merchant_id = %(merchant)s AND s.currency = %(currency)s
    AND e.effective_date BETWEEN %(from_date)s AND %(to_date)s
"""

# Both are put together from constants of this module alone.
_PAGE = (
    """
SELECT r.day, r.at, r.rank, r.row_id, r.kind, r.subject, r.gross, r.fee, r.net,
  coalesce(payment.merchant_order_no, ''), r.bank_reference
FROM (
  SELECT * FROM ("""  # noqa: S608
    + _ROWS
    + """) every
  WHERE (day, at, rank, row_id) > (%(day)s, %(at)s, %(rank)s, %(row_id)s)
  ORDER BY day, at, rank, row_id LIMIT %(limit)s) r
LEFT JOIN payments_refundallocation refunded
  ON r.kind IN ('refund', 'refund_failed', 'reserve_release') AND refunded.id = r.subject
LEFT JOIN payments_paymentallocation a
  ON a.id = CASE WHEN r.kind IN ('payment', 'reserve_hold') THEN r.subject
                 ELSE refunded.allocation_id END
LEFT JOIN payments_payment payment ON payment.id = a.payment_id
ORDER BY r.day, r.at, r.rank, r.row_id"""
)
_MOVED = (
    "SELECT coalesce(sum(net), 0)::bigint FROM ("  # noqa: S608
    + _ROWS
    + ") every WHERE (day, at, rank, row_id) <= (%(day)s, %(at)s, %(rank)s, %(row_id)s)"
)

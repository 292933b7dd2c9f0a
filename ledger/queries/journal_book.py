"""The journal leg by leg: which postings there are, narrowed, in order of business day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from ledger.queries.reports import Arguments, DayRange, Row, streamed, trial_balance


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which legs are meant; what is empty means any. `cause` is an entry's subject or source."""

    days: DayRange
    kind: str = ""
    codes: tuple[str, ...] = ()
    side: str = ""
    currency: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg with its entry. `booked_at` is in UTC."""

    effective_date: date
    entry_id: int
    posting_id: int
    kind: str
    subject: str
    source: str
    description: str
    booked_at: datetime
    account_id: int
    code: str
    owner_id: str
    currency: str
    side: str
    amount_minor: int

    @property
    def place(self) -> str:
        """Name the place after this leg, for the next page."""
        return f"{self.effective_date}~{self.entry_id}~{self.posting_id}"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the journal: after one leg of an entry of a business day."""

    effective_date: date
    entry_id: int
    posting_id: int


@dataclass(frozen=True, slots=True)
class Sums:
    """What the legs of one currency add up to, by side."""

    currency: str
    debits_minor: int
    credits_minor: int


def place_of(text: str) -> Place:
    """Read a place as `Leg.place` writes it. Raises ValueError for anything else."""
    day, entry_id, posting_id = text.split("~")
    return Place(date.fromisoformat(day), int(entry_id), int(posting_id))


def legs(wanted: Wanted, *, after: Place | None, limit: int) -> list[Leg]:
    """Return legs in order, from a place on."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_LEGS} LIMIT %(limit)s", {**_arguments(wanted, after), "limit": limit})
        return [Leg(*row) for row in cursor.fetchall()]


def stream_legs(wanted: Wanted) -> Iterator[Leg]:
    """Yield all legs in order. Call it in `reports.one_moment`."""
    for row in streamed(_LEGS, _arguments(wanted, None)):
        yield Leg(*row)


def sums(wanted: Wanted) -> list[Sums]:
    """Add up all legs that are meant, by currency. It reads each of them once."""
    with connection.cursor() as cursor:
        cursor.execute(_SUMS, _arguments(wanted, None))
        rows: list[Row] = cursor.fetchall()
    return [Sums(currency, int(debits), int(credits_)) for currency, debits, credits_ in rows]


def sums_of_numbers(wanted: Wanted) -> list[Sums]:
    """Add up all legs on the numbers that are meant, by currency, from what their accounts moved.

    For legs that are narrowed by number, side and currency alone: it reads balances of closed
    days, and entries of open ones. Call it in `reports.one_moment`.
    """
    assert wanted.codes, "the numbers say which accounts"
    assert not wanted.kind, "balances do not know the kinds of entries"
    assert not wanted.cause, "nor their causes"
    found: dict[str, Sums] = {}
    for line in trial_balance(wanted.days, codes=wanted.codes):
        if wanted.currency not in ("", line.currency):
            continue
        before = found.get(line.currency, Sums(line.currency, 0, 0))
        found[line.currency] = Sums(
            line.currency,
            before.debits_minor + (line.debits_minor if wanted.side != "C" else 0),
            before.credits_minor + (line.credits_minor if wanted.side != "D" else 0),
        )
    moved = (found[currency] for currency in sorted(found))
    return [each for each in moved if each.debits_minor or each.credits_minor]


def _arguments(wanted: Wanted, after: Place | None) -> Arguments:
    start = after or Place(wanted.days.first, 0, 0)
    return {
        "first": max(wanted.days.first, start.effective_date),
        "last": wanted.days.last,
        "after_date": start.effective_date,
        "after_entry": start.entry_id,
        "after_posting": start.posting_id,
        "kind": wanted.kind or None,
        "codes": list(wanted.codes) or None,
        "side": wanted.side or None,
        "currency": wanted.currency or None,
        "cause": wanted.cause or None,
    }


_NARROWED = """
FROM ledger_journalentry e
JOIN ledger_posting p ON p.entry_id = e.id
JOIN ledger_account a ON a.id = p.account_id
WHERE e.effective_date >= %(first)s AND e.effective_date <= %(last)s
  AND (%(kind)s::text IS NULL OR e.kind = %(kind)s::text)
  AND (%(cause)s::text IS NULL OR e.subject = %(cause)s::text OR e.source = %(cause)s::text)
  AND (%(codes)s::text[] IS NULL OR a.code = ANY(%(codes)s::text[]))
  AND (%(side)s::text IS NULL OR p.side = %(side)s::text)
  AND (%(currency)s::text IS NULL OR p.currency = %(currency)s::text)
"""

_LEGS = f"""
SELECT e.effective_date, e.id, p.id, e.kind, e.subject, e.source, e.description, e.booked_at,
  a.id, a.code, a.owner_id, p.currency, p.side, p.amount_minor
{_NARROWED}
  AND (e.effective_date, e.id, p.id) > (%(after_date)s, %(after_entry)s, %(after_posting)s)
ORDER BY e.effective_date, e.id, p.id
"""

_SUMS = f"""
SELECT p.currency,
  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'D'), 0),
  coalesce(sum(p.amount_minor) FILTER (WHERE p.side = 'C'), 0)
{_NARROWED}
GROUP BY p.currency ORDER BY p.currency
"""

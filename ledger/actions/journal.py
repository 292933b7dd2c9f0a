"""Writing the journal: post entries, reverse one. The only writers of the books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, connection

from ledger import chart
from ledger.errors import (
    AlreadyReversedError,
    DuplicateEntryError,
    OverdrawnError,
    PeriodClosedError,
    UnbalancedEntryError,
)
from ledger.models import JournalEntry

MAX_POSTINGS = 1_000
"""Postings of one call at most: the balance trigger grows with postings per account."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry: `side` D or C, a positive amount in minor units, on one account."""

    side: str
    code: str
    owner_id: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking to be made.

    `source` is unique for ever; `effective_date` the business day; `at` the event's instant
    (UTC); `subject` the id of what caused it, for those who look for the cause of an amount.
    """

    source: str
    kind: str
    legs: tuple[Leg, ...]
    effective_date: date
    at: datetime
    subject: str = ""
    description: str = ""
    reverses_id: int | None = None


def debit(code: str, owner_id: str, amount_minor: int, currency: str) -> Leg:
    """Make a leg on the debit side."""
    return Leg("D", code, owner_id, amount_minor, currency)


def credit(code: str, owner_id: str, amount_minor: int, currency: str) -> Leg:
    """Make a leg on the credit side."""
    return Leg("C", code, owner_id, amount_minor, currency)


def post_entry(entry: Entry) -> int:
    """Book one entry in one round trip and return its id. A part: call it in a transaction.

    Raises UnbalancedEntryError, DuplicateEntryError, OverdrawnError or PeriodClosedError; nothing
    is written then.
    """
    return post_entries([entry])[0]


def post_entries(entries: Sequence[Entry]) -> list[int]:
    """Book many entries in one statement and return their ids in order. A part.

    All or none. At most MAX_POSTINGS legs together; callers of more send chunks.

    Raises UnbalancedEntryError, DuplicateEntryError (a `source` is already in the books),
    OverdrawnError (an account that may not fall below zero would) or PeriodClosedError (a day is
    closed). The caller's transaction is over then, and nothing of it is written.
    """
    assert connection.in_atomic_block, "post_entries is a part; open a transaction around it"
    if not entries:
        return []
    for entry in entries:
        _require_balanced(entry)
    legs = [(place, leg) for place, entry in enumerate(entries, 1) for leg in entry.legs]
    assert len(legs) <= MAX_POSTINGS, "send chunks of at most MAX_POSTINGS postings"
    arguments = [*_entry_columns(entries), *_leg_columns(legs)]
    try:
        # No savepoint: it would cost two round trips. A refusal ends the caller's transaction.
        with connection.cursor() as cursor:
            cursor.execute(_CALL, arguments)
            return list(cursor.fetchone()[0])
    except IntegrityError as error:
        raise _in_our_words(error, entries) from error


def reverse_entry(entry: JournalEntry, *, effective_date: date, at: datetime, reason: str) -> int:
    """Book the mirror of `entry`, once, and return the id of the reversal. A part.

    Raises DuplicateEntryError when it has been reversed before, OverdrawnError when money that
    it would take back is gone, PeriodClosedError; nothing is written then.
    """
    mirrored = tuple(
        Leg(
            side="C" if posting.side == "D" else "D",
            code=posting.account.code,
            owner_id=posting.account.owner_id,
            amount_minor=posting.amount_minor,
            currency=posting.currency,
        )
        for posting in entry.postings.select_related("account").order_by("id")
    )
    return post_entry(
        Entry(
            source=f"{entry.source}:reversal",
            kind="reversal",
            legs=mirrored,
            effective_date=effective_date,
            at=at,
            subject=entry.subject,
            description=reason,
            reverses_id=entry.pk,
        )
    )


_CALL = """SELECT ledger_post_entries(
  %s::text[], %s::text[], %s::text[], %s::text[], %s::date[], %s::timestamptz[], %s::bigint[],
  %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::bool[])
"""


def _entry_columns(entries: Sequence[Entry]) -> list[str]:
    return [
        _array([entry.source for entry in entries]),
        _array([entry.kind for entry in entries]),
        _array([entry.subject for entry in entries]),
        _array([entry.description for entry in entries]),
        _array([entry.effective_date for entry in entries]),
        _array([entry.at for entry in entries]),
        _array([entry.reverses_id for entry in entries]),
    ]


def _leg_columns(legs: Sequence[tuple[int, Leg]]) -> list[str]:
    return [
        _array([place for place, _ in legs]),
        _array([leg.code for _, leg in legs]),
        _array([leg.owner_id for _, leg in legs]),
        _array([leg.currency for _, leg in legs]),
        _array([leg.side for _, leg in legs]),
        _array([leg.amount_minor for _, leg in legs]),
        _array([chart.CHART[leg.code].normal_side for _, leg in legs]),
        _array([chart.CHART[leg.code].is_floored for _, leg in legs]),
    ]


def _array(values: Sequence[object]) -> str:
    """Write an array as PostgreSQL reads it; four times as fast as the driver writes a list."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: object) -> str:
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _require_balanced(entry: Entry) -> None:
    sums: dict[str, int] = {}
    for leg in entry.legs:
        if leg.amount_minor <= 0 or leg.side not in ("D", "C"):
            raise UnbalancedEntryError(source=entry.source)
        signed = leg.amount_minor if leg.side == "D" else -leg.amount_minor
        sums[leg.currency] = sums.get(leg.currency, 0) + signed
    if not sums or any(sums.values()):
        raise UnbalancedEntryError(source=entry.source)


def _in_our_words(error: IntegrityError, entries: Sequence[Entry]) -> Exception:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    sources = ", ".join(entry.source for entry in entries[:3])
    if constraint == "ledger_balance_floor":
        return OverdrawnError(account=sources)
    if constraint == "ledger_entry_period":
        return PeriodClosedError(source=sources)
    if "reverses_id" in constraint:
        return AlreadyReversedError(entry=sources)
    if "source" in constraint:
        return DuplicateEntryError(source=sources)
    return error

"""Whoever owns the tables can change them, and is found each time, at the very place."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import transaction

from ledger import heads, merkle, sealing
from ledger.actions import audit, journal, seals
from ledger.actions.journal import Entry, credit, debit
from ledger.leaves import STREAMS
from ledger.models import Seal
from ledger.queries import seals as sealed
from ledger.queries.integrity import LAWS, verify_laws
from tests.instants import NOON, THURSDAY
from tests.ledger.queries.sealed_books import first_difference, proof
from tests.rig.attacks import run_sql
from tests.rig.database import as_owner
from tests.rig.sealing import seal_everything

pytestmark = pytest.mark.django_db(transaction=True)


TIMES = 100


TABLES = (
    "ledger_journalentry",
    "ledger_posting",
    "ledger_accountbalance",
    "ledger_auditentry",
    "ledger_seal",
)


def write_some(number: int) -> None:
    """Book ten entries of their own amounts, and six rows of the audit trail."""
    with transaction.atomic():
        journal.post_entries(
            [
                Entry(
                    source=f"entry {number} {place}",
                    kind="test",
                    legs=(
                        debit("1001", "chn_b", 100 * number + place + 1, "CNY"),
                        credit("3101", "tianping", 100 * number + place + 1, "CNY"),
                    ),
                    effective_date=THURSDAY,
                    at=NOON,
                )
                for place in range(10)
            ]
        )
        for place in range(6):
            audit.record_audit(
                action="test.done",
                subject=f"sub_{number}_{place}",
                actor="user:1",
                at=NOON,
                after={"place": place},
            )


@pytest.fixture
def books(monkeypatch) -> None:
    """Seal a hundred entries and sixty audit rows in many blocks, in several runs."""
    seal_everything()  # what migrations wrote, in one block
    monkeypatch.setattr(seals, "BLOCK_ROWS_MAX", 8)
    for number in range(5):
        write_some(2 * number)
        write_some(2 * number + 1)
        seal_everything()


@contextmanager
def without_guards() -> Iterator[None]:
    """Be the owner of the tables, with the triggers off."""
    with as_owner():
        for table in TABLES:
            run_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            yield
        finally:
            for table in TABLES:
                run_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@contextmanager
def in_vain() -> Iterator[None]:
    """Take back what happens in a block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- five kinds of tampering --------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """A sealed row: its block, its stream and its id."""

    block: int
    stream: str
    row_id: int

    def __str__(self) -> str:
        return f"block {self.block} {self.stream} #{self.row_id}"


def places(stream: str) -> list[Place]:
    """Return every sealed row of a stream in the order of the chain."""
    return [
        Place(seal.number, stream, row_id)
        for seal in Seal.objects.filter(stream=stream).order_by("number")
        for row_id in seal.ids
    ]


def changed_amount(chance: random.Random) -> str:
    """Change one posting, or both sides of an entry so that it still balances."""
    place = chance.choice(places("entries"))
    by = chance.randint(1, 10**9)
    sides = chance.choice([["D"], ["C"], ["D", "C"]])
    run_sql(
        "UPDATE ledger_posting SET amount_minor = amount_minor + %s"
        " WHERE entry_id = %s AND side = ANY (%s)",
        by,
        place.row_id,
        sides,
    )
    return str(place)


def deleted_posting(chance: random.Random) -> str:
    """Delete one posting, or all of an entry, or the entry as well."""
    place = chance.choice(places("entries"))
    sides = chance.choice([["D"], ["C"], ["D", "C"]])
    run_sql(
        "DELETE FROM ledger_posting WHERE entry_id = %s AND side = ANY (%s)", place.row_id, sides
    )
    if len(sides) == 2 and chance.random() < 0.5:
        run_sql("DELETE FROM ledger_journalentry WHERE id = %s", place.row_id)
    return str(place)


def swapped_rows(chance: random.Random) -> str:
    """Let two rows change places: postings, entries or audit rows, each as sound as before."""
    kind = chance.choice(["postings", "entries", "audit"])
    if kind == "audit":
        one, other = chance.sample(places("audit"), 2)
        _swap("ledger_auditentry", "id", one.row_id, other.row_id)
    else:
        one, other = chance.sample(places("entries"), 2)
        if kind == "entries":
            _swap("ledger_journalentry", "id", one.row_id, other.row_id)
        else:
            _swap("ledger_posting", "entry_id", one.row_id, other.row_id)
    return str(min(one, other, key=lambda place: place.block * 10_000 + _order(place)))


def _order(place: Place) -> int:
    return list(Seal.objects.get(number=place.block).ids).index(place.row_id)


def _swap(table: str, column: str, one: int, other: int) -> None:
    """Give each of two rows the other's number."""
    for before, after in ((one, -1), (other, one), (-1, other)):
        run_sql(f"UPDATE {table} SET {column} = %s WHERE {column} = %s", after, before)  # noqa: S608


def changed_audit_row(chance: random.Random) -> str:
    """Change what the audit trail says of who, what, when or why; or delete it."""
    place = chance.choice(places("audit"))
    lie = chance.choice(
        [
            "UPDATE ledger_auditentry SET actor = 'user:2'",
            "UPDATE ledger_auditentry SET reason = 'because'",
            "UPDATE ledger_auditentry SET at = at + interval '1 microsecond'",
            "UPDATE ledger_auditentry SET recorded_at = recorded_at - interval '1 day'",
            'UPDATE ledger_auditentry SET after = \'{"place": "0"}\'',
            "UPDATE ledger_auditentry SET client_ip = '203.0.113.9'",
            "UPDATE ledger_auditentry SET subject = subject || ' '",
            "DELETE FROM ledger_auditentry",
        ]
    )
    run_sql(f"{lie} WHERE id = %s", place.row_id)
    return str(place)


def rebuilt_tail(chance: random.Random) -> str:
    """Change a row and make the chain anew from there: by the key, without it, or not at all."""
    place = chance.choice([*places("entries"), *places("audit")])
    way = chance.choice(["resealed", "without the key", "cut off"])
    tail = list(Seal.objects.filter(number__gte=place.block).order_by("number"))
    run_sql("DELETE FROM ledger_seal WHERE number >= %s", place.block)
    if place.stream == "audit":
        run_sql("UPDATE ledger_auditentry SET actor = 'user:2' WHERE id = %s", place.row_id)
    else:
        run_sql(
            "UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE entry_id = %s",
            place.row_id,
        )
    if way != "cut off":
        previous = sealed.last_link().hmac
        for seal in tail:
            previous = _made_anew(seal, previous, with_key=way == "resealed")
    if way == "without the key":
        return f"block {place.block} {place.stream}"
    published = (head.number for head in heads.published().heads if head.number >= place.block)
    return f"published head of block {next(published)}"


def _made_anew(seal: Seal, previous: bytes, *, with_key: bool) -> bytes:
    leaves = sealed.leaves_of(STREAMS[seal.stream], seal.form, seal.ids)
    seal.leaves = b"".join(leaf for leaf in leaves if leaf is not None)
    seal.totals = sealed.totals_of(STREAMS[seal.stream], seal.ids)
    seal.root = merkle.root_of(merkle.split(seal.leaves))
    seal.previous_hmac = previous
    told = sealing.hmac_of(seal.header)
    assert told is not None
    seal.hmac = told if with_key else merkle.leaf_of(told)
    seal.save(force_insert=True)
    return seal.hmac


KINDS: tuple[Callable[[random.Random], str], ...] = (
    changed_amount,
    deleted_posting,
    swapped_rows,
    changed_audit_row,
    rebuilt_tail,
)


def test_five_kinds_of_tampering_are_found_at_their_place_each_time(books):
    # Given
    chance = random.Random(20260305)
    assert first_difference() == ""
    found: Counter[str] = Counter()

    # When
    with without_guards():
        for kind in [kind for kind in KINDS for _ in range(TIMES)]:
            with in_vain():
                place = kind(chance)
                told = first_difference()
                assert told == place, f"{kind.__name__} at {place} was told as {told!r}"
                found[kind.__name__] += 1

    # Then
    assert found == {kind.__name__: TIMES for kind in KINDS}
    assert first_difference() == ""


def test_the_books_alone_would_not_have_told(books):
    """What the seals find may be sound by every other law: both sides and balances changed."""
    place = places("entries")[-1]
    with without_guards(), in_vain():
        run_sql("UPDATE ledger_journalentry SET subject = 'pay_other' WHERE id = %s", place.row_id)

        assert verify_laws(LAWS).is_sound
        assert first_difference() == str(place)


def test_the_control_is_sound_and_counts_what_it_proved(books):
    report = proof()

    assert report.is_sound
    assert report.counts["sealed_rows_stand"] == report.counts["rows_are_sealed"]
    assert report.counts["seals_follow"] == Seal.objects.count()
    assert report.counts["heads_are_of_this_chain"] == len(heads.published().heads)

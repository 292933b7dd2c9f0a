"""Whoever owns the tables can change them, and is found each time, at the very place."""

import dataclasses
import itertools
import json
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
from ledger.queries import laws_of_seals as laws
from ledger.queries import seals as sealed
from ledger.queries.integrity import LAWS, Report, verify_laws
from tests.instants import NOON, THURSDAY
from tests.ledger.queries.test_integrity import post
from tests.rig.attacks import run_sql
from tests.rig.database import as_owner
from tests.rig.sealing import seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 100
TABLES = (
    "ledger_journalentry",
    "ledger_posting",
    "ledger_accountbalance",
    "ledger_auditentry",
    "ledger_seal",
)


def proof() -> Report:
    """Ask the laws of seals, as verify_books does first."""
    return verify_laws(laws.laws_of_seals(heads.published()))


def first_difference() -> str:
    """Return what the first violation is about; nothing when all is sound."""
    violations = proof().violations
    return violations[0].subject if violations else ""


def differences() -> list[str]:
    return [f"{one.subject}: {one.expected} / {one.found}" for one in proof().violations]


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


# --- seals themselves ---------------------------------------------------------------------------


@pytest.fixture
def few() -> int:
    """Seal two entries in runs of their own; return the number of the second's block."""
    post("one")
    seal_everything()
    post("two", amount_minor=70)
    seal_everything()
    return Seal.objects.filter(stream="entries").order_by("-number").first().number


@pytest.mark.parametrize(
    "change",
    [
        "stream = 'audit'",
        "first_id = first_id - 1",
        "last_id = last_id + 1",
        "totals = '{}'",
        "root = decode(repeat('ab', 32), 'hex')",
        "key_id = 'test1 '",
        "cluster = cluster + 1",
        "floor = floor + 1",
        "sealed_at = sealed_at + interval '1 microsecond'",
        "hmac = decode(repeat('ab', 32), 'hex')",
    ],
)
def test_nothing_of_a_block_may_change(few, change):
    tamper(f"UPDATE ledger_seal SET {change} WHERE number = {few}")  # noqa: S608

    assert first_difference().startswith(f"block {few} ")


def test_the_members_of_a_block_may_not_change(few):
    tamper(
        f"UPDATE ledger_seal SET leaves = decode(repeat('ab', 32), 'hex') WHERE number = {few}"  # noqa: S608
    )
    assert first_difference() == f"block {few} entries"

    tamper(f"UPDATE ledger_seal SET ids = ARRAY[9999] WHERE number = {few}")  # noqa: S608
    assert first_difference() == f"block {few} entries"


def test_a_block_that_is_missing_in_the_middle_is_named(few):
    tamper(f"DELETE FROM ledger_seal WHERE number = {few - 1}")  # noqa: S608

    assert differences()[0].startswith(f"block {few} entries: block {few - 1} before it")


def test_a_block_of_a_form_that_nobody_knows_is_told(few):
    tamper(f"UPDATE ledger_seal SET form = 9 WHERE number = {few}")  # noqa: S608

    assert any("in form 9" in each for each in differences())


def test_the_wrong_key_proves_no_block(few, settings):
    settings.SEAL_KEYS = {"test1": b"x" * 32}

    assert differences()[0].startswith("block 1 ")


def test_a_key_that_is_gone_is_named(few, settings):
    settings.SEAL_KEYS = {"other": b"x" * 32}

    assert "the key test1 / no such key" in differences()[0]


def test_a_new_key_leaves_old_blocks_sound(few, settings):
    settings.SEAL_KEYS = {"new": b"n" * 32, **settings.SEAL_KEYS}
    post("three")
    seal_everything()

    assert differences() == []


# --- rows in no block ---------------------------------------------------------------------------


def test_a_row_that_was_slipped_in_below_the_seals_is_found(few):
    # Given a row that says an old transaction wrote it
    tamper(
        "INSERT INTO ledger_auditentry (id, action, subject, actor, at, recorded_at, request_id,"
        " reason, before, after, xact) VALUES (7777, 'a', 's', 'user:1', now(), now(), '', '',"
        " '{}', '{}', '3')",
        # The audit trail has a floor once something of it is sealed.
    )
    seal_everything_but_the_past()
    tamper(
        "INSERT INTO ledger_auditentry (id, action, subject, actor, at, recorded_at, request_id,"
        " reason, before, after, xact) VALUES (7778, 'a', 's', 'user:1', now(), now(), '', '',"
        " '{}', '{}', '3')"
    )

    # Then
    assert differences()[0].startswith("audit #7778: a seal / none, though written by")


def test_a_row_that_says_a_later_transaction_wrote_it_is_found(few):
    tamper("UPDATE ledger_journalentry SET xact = '9000000000000' WHERE source = 'two'")
    assert differences() == []  # sealed it is, and the number is not what a row says

    post("three")
    tamper("UPDATE ledger_journalentry SET xact = '9000000000000' WHERE source = 'three'")

    assert "9000000000000" in differences()[0]


def seal_everything_but_the_past() -> None:
    """Seal what the next run takes."""
    seals.seal_all()


def test_a_row_that_waits_for_long_is_told(few, monkeypatch):
    monkeypatch.setattr(laws, "LAG_SECONDS_MAX", -1)
    post("three")

    (told,) = [each for each in differences() if "waiting for" in each]
    assert "sealed within -1 s" in told


def test_a_row_in_two_blocks_is_told(few):
    tamper(
        f"UPDATE ledger_seal SET ids = (SELECT ids FROM ledger_seal WHERE number = {few})"  # noqa: S608
        f" WHERE stream = 'entries' AND number < {few}"
    )

    assert any(": one seal / blocks [" in each for each in differences())


# --- published heads ----------------------------------------------------------------------------


def lines() -> list[str]:
    return heads.path().read_text().splitlines()


def write_lines(new: list[str]) -> None:
    heads.path().write_text("".join(line + "\n" for line in new))


def test_heads_that_are_missing_are_told_once_they_should_be_there(few, monkeypatch):
    heads.path().unlink()
    assert differences() == []  # they may be on their way

    monkeypatch.setattr(laws, "PUBLISHING_SECONDS_MAX", -1)

    (told,) = differences()
    assert told.endswith(": a published head at it or after it / none")


def test_heads_that_are_short_are_told(few, monkeypatch):
    monkeypatch.setattr(laws, "PUBLISHING_SECONDS_MAX", -1)
    write_lines(lines()[:-1])

    (told,) = differences()
    assert f"the last one is of block {heads.published().last_number}" in told


def test_heads_of_another_house_are_told(few, settings):
    # Given
    ours = settings.SEAL_KEYS
    settings.SEAL_KEYS = {"test1": b"x" * 32}
    heads.path().unlink()
    seals.publish_head()
    settings.SEAL_KEYS = ours

    # Then
    assert differences() == [
        "line 1 of the published heads: a head of ours / changed, or of another house"
    ]


TORN = ['{"number": 7, "hm', "", "\0\0\0", '{"number": 7']


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_line_is_made_good_by_the_next_head_of_this_chain(few, torn):
    write_lines([*lines()[:-1], torn, lines()[-1]])

    assert len(heads.published().bad_lines) == 1
    assert differences() == []


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_line_at_the_end_is_told_until_the_next_head(few, torn):
    # Given
    write_lines([*lines(), torn])
    place = len(lines())

    # Then
    assert differences() == [
        f"line {place} of the published heads: a head of ours / unreadable",
    ]

    # When
    post("three")
    seal_everything()

    # Then
    assert differences() == []


def test_a_torn_line_is_not_made_good_by_a_head_of_another_chain(few):
    # Given a head that says another hash, by our key
    last = heads.published().heads[-1]
    torn, place = '{"number": 7, "hm', len(lines())
    write_lines([*lines()[:-1], torn])
    with heads.appending() as published:
        published.add(dataclasses.replace(last, hmac=b"x" * 32))

    # Then
    told = differences()
    assert f"line {place} of the published heads: a head of ours / unreadable" in told
    assert any(each.startswith(f"published head of block {last.number}: ") for each in told)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 1_000}, "changed, or of another house"),
        ({"key": "stranger"}, "unknown key stranger"),
        ({"sealed_at": "yesterday"}, "unreadable"),
    ],
)
def test_a_whole_line_that_is_not_ours_is_never_made_good(few, change, why):
    told = json.loads(lines()[-1])
    write_lines([*lines()[:-1], json.dumps({**told, **change}), lines()[-1]])

    assert differences() == [
        f"line {len(lines()) - 1} of the published heads: a head of ours / {why}",
    ]


def test_heads_in_another_order_are_told(few):
    write_lines([lines()[-1], *lines()])

    assert any("out of order" in each for each in differences())


def test_totals_that_are_not_those_of_the_chain_are_told(few):
    # Given a head that is ours and says another sum
    last = heads.published().heads[-1]
    heads.path().unlink()
    with heads.appending() as published:
        published.add(
            heads.Head(
                last.number,
                last.hmac,
                last.cluster,
                {"CNY": {"debits": 1, "credits": 1}},
                last.sealed_at,
                last.key_id,
            )
        )

    # Then
    assert differences() == [
        f"published head of block {last.number}: CNY 1 1 / CNY 5070 5070",
    ]


def test_a_longer_chain_of_another_life_is_told(few):
    """After a restore of an older backup the heads know blocks that the books do not."""
    tamper("DELETE FROM ledger_seal WHERE number > 1")

    told = differences()
    assert told
    assert all("no such block" in each for each in told)


def test_says_how_far_it_is(few):
    heard = []

    verify_laws(
        laws.laws_of_seals(heads.published()), on_progress=lambda *place: heard.append(place)
    )

    count = Seal.objects.count()
    assert heard == list(zip(range(1, count + 1), itertools.repeat(count)))
    assert json.loads(lines()[-1])["number"] == count


def test_rows_up_to_a_block_may_be_taken_as_proved(few):
    tamper("UPDATE ledger_journalentry SET subject = 'x' WHERE source = 'one'")

    report = verify_laws(laws.laws_of_seals(heads.published(), after=few - 1))

    assert report.is_sound
    assert report.counts["sealed_rows_stand"] == 1
    assert report.counts["seals_follow"] == Seal.objects.count()
    assert not proof().is_sound

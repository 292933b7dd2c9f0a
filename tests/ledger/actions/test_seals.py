"""Sealing: every settled row into one block, none skipped, none twice, the end published."""

import contextlib
from itertools import pairwise

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from ledger import merkle, sealing
from ledger.actions import audit, journal, seals
from ledger.actions.journal import Entry, credit, debit
from ledger.leaves import ENTRIES, STREAMS
from ledger.models import AuditEntry, JournalEntry, Seal
from ledger.queries import seals as sealed
from tests.instants import NOON, THURSDAY
from tests.ledger.actions.seal_rows import configuration_is_sealed, entries  # noqa: F401
from tests.ledger.queries.test_integrity import post
from tests.rig.database import owner_connection
from tests.rig.races import at_once
from tests.rig.sealing import rows_in_no_block, seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


def members(stream: str) -> list[int]:
    """Return the ids that blocks of a stream name, block by block."""
    rows = Seal.objects.filter(stream=stream).order_by("number").values_list("ids", flat=True)
    return [row_id for ids in rows for row_id in ids]


def post_many(count: int) -> None:
    """Book entries in one transaction."""
    with transaction.atomic():
        journal.post_entries(
            [
                Entry(
                    source=f"many {place}",
                    kind="test",
                    legs=(
                        debit("1001", "chn_b", 100 + place, "CNY"),
                        credit("3101", "tianping", 100 + place, "CNY"),
                    ),
                    effective_date=THURSDAY,
                    at=NOON,
                )
                for place in range(count)
            ]
        )


@contextlib.contextmanager
def an_open_transaction():
    """Hold a transaction of a neighbour open that has begun to write."""
    url = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    with psycopg.connect(url) as neighbour:
        neighbour.execute(
            "INSERT INTO ledger_auditentry (action, subject, actor, at, request_id, reason, before,"
            " after) VALUES ('slow', 's', 'user:1', now(), '', '', '{}', '{}')"
        )
        yield neighbour


def test_seals_each_row_once_and_links_the_blocks():
    # Given
    before = Seal.objects.count()
    post("one")
    post("two", amount_minor=70)
    with transaction.atomic():
        audit.record_audit(action="a", subject="s", actor="user:1", at=NOON)

    # When
    made = seal_everything()

    # Then
    assert made >= 2
    assert members("entries") == entries()
    assert members("audit") == list(AuditEntry.objects.values_list("pk", flat=True))
    blocks = list(Seal.objects.order_by("number"))
    assert [block.number for block in blocks] == list(range(1, before + made + 1))
    for previous, block in pairwise(blocks):
        assert block.previous_hmac == previous.hmac
    assert blocks[0].previous_hmac == b"\0" * 32
    assert seal_everything() == 0


def test_a_block_says_what_is_in_it():
    # Given
    post("one")
    post("two", amount_minor=70)

    # When
    while rows_in_no_block():
        seal_everything()

    # Then
    for block in Seal.objects.filter(stream="entries"):
        with transaction.atomic():
            leaves = sealed.leaves_of(ENTRIES, block.form, block.ids)
        assert bytes(block.leaves) == b"".join(leaf for leaf in leaves if leaf)
        assert bytes(block.root) == merkle.root_of(merkle.split(bytes(block.leaves)))
        assert (block.first_id, block.last_id) == (min(block.ids), max(block.ids))
        assert block.count == len(block.ids)
        assert bytes(block.hmac) == sealing.hmac_of(block.header)
        assert block.key_id == "test1"
        assert block.cluster == sealed.cluster_identifier()
    assert sealed.sealed_totals() == {"CNY": {"debits": 5_070, "credits": 5_070}}


def test_nothing_is_skipped_behind_an_older_transaction():
    # Given
    with an_open_transaction() as neighbour:
        post("younger, and committed first")

        # When
        seals.seal_all()

        # Then
        assert rows_in_no_block() == 1
        assert sealed.seal_lag().recorded_at is not None
        neighbour.commit()
    seal_everything()
    assert members("entries") == entries()
    assert members("audit") == list(AuditEntry.objects.values_list("pk", flat=True))
    assert sealed.seal_lag().seconds == 0


def test_what_is_rolled_back_holds_nothing_up():
    with an_open_transaction() as neighbour:
        post("one")
        neighbour.rollback()

    seal_everything()

    assert members("entries") == entries()


@pytest.mark.parametrize(("rows_max", "listed_max"), [(3, 100), (3, 4), (1, 1), (100, 5)])
def test_one_transaction_may_fill_many_blocks(monkeypatch, rows_max, listed_max):
    # Given
    monkeypatch.setattr(seals, "BLOCK_ROWS_MAX", rows_max)
    monkeypatch.setattr(sealed, "LISTED_MAX", listed_max)
    post_many(7)
    post("one")

    # When
    seal_everything()
    post("two")
    seal_everything()

    # Then
    assert sorted(members("entries")) == entries()
    floors = list(Seal.objects.filter(stream="entries").order_by("number").values_list("floor"))
    assert floors == sorted(floors)
    counts = Seal.objects.filter(stream="entries").values_list("count", flat=True)
    assert max(counts) <= rows_max


def test_a_run_that_dies_between_two_blocks_is_finished_by_the_next(monkeypatch):
    # Given
    monkeypatch.setattr(seals, "BLOCK_ROWS_MAX", 3)
    post_many(10)
    whole = seals._seal_block
    calls = []

    def dying(*arguments, **named):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    # When
    monkeypatch.setattr(seals, "_seal_block", dying)
    while not calls:
        with contextlib.suppress(KeyboardInterrupt):
            seals.seal_all()
    monkeypatch.setattr(seals, "_seal_block", whole)
    assert len(members("entries")) == 6
    seal_everything()

    # Then
    assert sorted(members("entries")) == entries()


def test_two_that_seal_at_once_make_one_chain(monkeypatch):
    # Given
    monkeypatch.setattr(seals, "BLOCK_ROWS_MAX", 2)
    post_many(20)

    # When
    results = at_once(*[seals.seal_all] * 4)
    seal_everything()

    # Then
    assert all(isinstance(result, int) for result in results), results
    assert sorted(members("entries")) == entries()
    numbers = list(Seal.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_row_of_another_cluster_is_sealed_whatever_its_transaction():
    # Given what a restore brings: rows of transactions that are still to come here
    post("one")
    seal_everything()
    post("restored")
    entry = JournalEntry.objects.get(source="restored")
    owner = owner_connection()
    with owner.transaction():
        owner.execute("ALTER TABLE ledger_journalentry DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE ledger_seal DISABLE TRIGGER USER")
        owner.execute(
            "UPDATE ledger_journalentry SET xact = '9000000000000' WHERE id = %s", [entry.pk]
        )
        owner.execute("UPDATE ledger_seal SET cluster = 1")
        owner.execute("ALTER TABLE ledger_seal ENABLE TRIGGER USER")
        owner.execute("ALTER TABLE ledger_journalentry ENABLE TRIGGER USER")

    # When
    seal_everything()
    post("two")
    seal_everything()

    # Then
    assert sorted(members("entries")) == entries()


def restored(*, hours_old: int) -> None:
    """Make of the books what a restore makes of them: blocks of another cluster, and old rows."""
    age = f"recorded_at = recorded_at - interval '{hours_old} hours'"
    tamper(
        "UPDATE ledger_seal SET cluster = 1",
        f"UPDATE ledger_journalentry SET {age}, xact = '9000000000000'",  # noqa: S608
        f"UPDATE ledger_auditentry SET {age}",  # noqa: S608
        f"UPDATE ledger_configurationchange SET {age}",  # noqa: S608
    )


def test_what_was_sealed_in_another_cluster_does_not_wait_here():
    # Given
    post("one")
    seal_everything()

    # When
    restored(hours_old=5)

    # Then
    assert sealed.seal_lag() == sealed.Lag(recorded_at=None, seconds=0)
    assert all(not sealed.waiting_rows(stream).ids for stream in STREAMS.values())


def test_what_was_not_sealed_before_a_restore_waits_and_is_sealed():
    # Given
    post("one")
    seal_everything()
    post("two")

    # When
    restored(hours_old=5)

    # Then
    assert 5 * 3_600 <= sealed.seal_lag().seconds < 6 * 3_600
    seal_everything()
    assert sealed.seal_lag().recorded_at is None
    assert sorted(members("entries")) == entries()

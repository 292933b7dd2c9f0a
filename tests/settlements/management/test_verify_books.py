"""verify_books: the whole proof, what is new since the last one, and the first difference."""

import pytest
from django.core.management import CommandError, call_command

from ledger import checkpoints
from ledger.models import AuditEntry, JournalEntry, Seal
from ledger.queries.proofs import last_proved_block
from settlements import tasks
from tests.instants import NOON
from tests.rig.rows import nothing_written
from tests.rig.sealing import book, seal_everything
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sealed_books():
    book("one")
    seal_everything()


def told(capsys, *arguments: str) -> list[str]:
    """Run the command; return what it said, with ✗ FAILED at the end if it did."""
    try:
        call_command("verify_books", *arguments)
        end = []
    except SystemExit:
        end = ["FAILED"]
    return [*capsys.readouterr().out.splitlines(), *end]


def test_writes_no_row_and_notes_a_sound_proof(capsys):
    with nothing_written():
        lines = told(capsys)

    assert "The books are sound" in lines[-1]
    assert last_proved_block() == Seal.objects.count()


def test_names_the_first_difference(capsys):
    entry = JournalEntry.objects.get()
    tamper("UPDATE ledger_posting SET amount_minor = 4999 WHERE side = 'D'")

    lines = told(capsys)

    assert lines[-1] == "FAILED"
    assert f"entries #{entry.pk}: expected leaf" in lines[-3]
    assert lines[-3].startswith("The first difference: sealed_rows_stand · block ")
    assert last_proved_block() == 0


def test_incremental_proves_what_is_new(capsys):
    # Given
    told(capsys)
    book("two")
    seal_everything()

    # When
    lines = told(capsys, "--incremental")

    # Then
    assert lines[0].startswith("Rows up to block ")
    (rows,) = [line for line in lines if "Every sealed row says" in line]
    assert rows.split()[1] == "1"
    (postings,) = [line for line in lines if "the new postings go on" in line]
    assert postings.split()[1] == "2"
    assert last_proved_block() == Seal.objects.count()


@pytest.mark.parametrize(
    "lie",
    [
        "UPDATE ledger_posting SET balance_after_minor = 7 WHERE side = 'D' AND seq = 2",
        "UPDATE ledger_posting SET seq = 3 WHERE side = 'D' AND seq = 2",
        "UPDATE ledger_posting SET amount_minor = 7 WHERE side = 'D' AND seq = 2",
    ],
)
def test_incremental_finds_what_does_not_go_on(capsys, lie):
    told(capsys)
    book("two")
    seal_everything()
    tamper(lie)

    lines = told(capsys, "--incremental")

    assert lines[-1] == "FAILED"
    assert any("postings_follow · 5002 tianping CNY #" in line for line in lines)


def test_incremental_always_proves_the_chain(capsys):
    told(capsys)
    tamper("UPDATE ledger_seal SET floor = floor + 1 WHERE number = 1")

    assert told(capsys, "--incremental")[-1] == "FAILED"


def test_what_was_changed_below_the_note_is_found_by_the_whole_proof_only(capsys):
    told(capsys)
    tamper("UPDATE ledger_journalentry SET subject = 'pay_x'")

    assert told(capsys, "--incremental")[-1] != "FAILED"
    assert told(capsys)[-1] == "FAILED"


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace('"number": ', '"number": 9'), lambda text: "", lambda text: "[]"],
)
def test_a_note_that_is_not_ours_proves_nothing(capsys, change):
    told(capsys)
    checkpoints.path().write_text(change(checkpoints.path().read_text()))

    assert last_proved_block() == 0


def test_a_note_about_another_chain_proves_nothing(capsys):
    checkpoints.write(number=1, hmac=b"x" * 32)

    assert last_proved_block() == 0


def test_since_a_block_looks_at_later_rows(capsys):
    last = Seal.objects.count()

    lines = told(capsys, "--since", str(last))

    assert lines[0] == f"Rows up to block {last} are taken as proved."
    assert last_proved_block() == 0


def test_goes_on_record_when_asked(capsys):
    told(capsys, "--record")

    entry = AuditEntry.objects.get(subject="books")
    assert (entry.action, entry.actor) == ("books.proved", "task:verify_books")
    assert entry.after["checked"]["entries_balance"] == 1


@pytest.mark.parametrize("scope", [["--since", "1"], ["--incremental"]])
def test_a_proof_of_some_rows_goes_not_on_record(capsys, scope):
    # Given a lie in what a proof of some rows passes over
    told(capsys)
    tamper("UPDATE ledger_journalentry SET subject = 'pay_x'")
    note = checkpoints.path().read_bytes()
    scope = [str(Seal.objects.count()) if each == "1" else each for each in scope]

    # Then neither the trail nor the note says that the books are sound
    with nothing_written(), pytest.raises(CommandError, match="Only a proof of everything"):
        call_command("verify_books", *scope, "--record")
    assert checkpoints.path().read_bytes() == note
    assert not AuditEntry.objects.filter(subject="books").exists()


def test_the_job_of_the_night_puts_its_verdict_on_record():
    tamper("UPDATE ledger_journalentry SET subject = 'pay_x'")

    tasks.prove.func(at=NOON.isoformat())

    entry = AuditEntry.objects.get(subject="books")
    assert entry.action == "books.not_sound"
    assert entry.reason.startswith("sealed_rows_stand: block ")
    assert entry.at == NOON

"""The pages of seals: read by who may, proved while one looks."""

import pytest

from config.back_office import home
from ledger.actions import proofs
from ledger.models import JournalEntry, Seal
from ledger.queries import proofs as last_proofs
from ledger.queries.integrity import LAWS, verify_laws
from tests.instants import NEXT_NOON, NOON
from tests.ledger.queries.test_integrity import post
from tests.rig.pages import words
from tests.rig.rows import nothing_written
from tests.rig.sealing import seal_everything
from tests.rig.staff import desk
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)

SOUND = "Proved just now: the block follows the one before it, and its rows say what they said."


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def entry() -> JournalEntry:
    post("one")
    seal_everything()
    return JournalEntry.objects.get()


def block_of(entry: JournalEntry) -> Seal:
    return Seal.objects.get(stream="entries", ids__contains=[entry.pk])


def page_of(seal: Seal) -> str:
    auditor = desk("auditor")
    with nothing_written():
        return words(auditor.get(f"/admin/ledger/seal/{seal.number}/change/"))


def test_shows_a_block_its_members_and_that_it_stands(entry):
    text = page_of(block_of(entry))

    assert SOUND in text
    assert "50.00 CNY" in text
    assert block_of(entry).root.hex() in text


def test_raises_an_alarm_about_a_row_that_was_changed(entry):
    tamper("UPDATE ledger_posting SET amount_minor = 1 WHERE side = 'D'")

    text = page_of(block_of(entry))

    assert f"#{entry.pk} does not say what it said when it was sealed" in text
    assert SOUND not in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("hmac = decode(repeat('ab', 32), 'hex')", "does not bear the hash of its key"),
        ("floor = floor + 1", "does not bear the hash of its key"),
    ],
)
def test_raises_an_alarm_about_a_block_that_was_changed(entry, change, said):
    seal = block_of(entry)
    tamper(f"UPDATE ledger_seal SET {change} WHERE number = {seal.number}")  # noqa: S608

    assert said in page_of(seal)


def test_the_page_of_an_entry_leads_to_its_seal(entry):
    post("two")
    new = JournalEntry.objects.get(source="two")
    auditor = desk("auditor")

    sealed = words(auditor.get(f"/admin/ledger/journalentry/{entry.pk}/change/"))
    fresh = words(auditor.get(f"/admin/ledger/journalentry/{new.pk}/change/"))

    assert f"{block_of(entry).number} entries" in sealed
    assert "Not sealed yet" in fresh


def test_who_may_not_see_seals_sees_none(entry):
    assert desk("support").get("/admin/ledger/seal/").status_code == 403


# --- home ---------------------------------------------------------------------------------------


def home_line() -> dict[str, str]:
    return desk("auditor").get("/admin/").context["seals"]


def test_home_says_up_to_when_all_is_sealed(entry):
    line = home_line()

    assert line["tone"] == "good"
    assert line["text"].startswith(f"Sealed up to block {Seal.objects.count()}, ")


def test_home_says_when_nothing_is_sealed(monkeypatch):
    # Rows of the installation itself wait as well, for as long as this suite has been running.
    monkeypatch.setattr(home, "LATE_SECONDS", 86_400)

    assert home_line()["tone"] == "moving"


def test_home_raises_an_alarm_when_seals_lag(entry, monkeypatch):
    monkeypatch.setattr(home, "LATE_SECONDS", -1)
    post("two")

    assert home_line()["tone"] == "alarm"
    assert "Sealing lags" in home_line()["text"]


def test_home_raises_an_alarm_while_the_last_proof_was_not_sound(entry):
    # Given
    tamper("UPDATE ledger_posting SET amount_minor = 1 WHERE side = 'D'")

    # When
    proofs.record_proof(verify_laws(LAWS), actor="task:t", at=NOON)

    # Then
    assert home_line()["tone"] == "alarm"
    assert "entries_balance: one" in home_line()["text"]
    assert last_proofs.last_proof() == last_proofs.LastProof(NOON, False, "entries_balance: one")

    # When all is well again
    tamper("UPDATE ledger_posting SET amount_minor = 5000 WHERE side = 'D'")
    proofs.record_proof(verify_laws(LAWS), actor="task:t", at=NEXT_NOON)
    assert home_line()["tone"] == "good"


def test_who_may_not_see_seals_sees_no_line(entry):
    assert "seals" not in desk("support").get("/admin/").context

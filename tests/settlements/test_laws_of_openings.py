"""What PostgreSQL refuses of opening balances, to the application and to the tables' owner."""

import re

import pytest

from ledger.models import JournalEntry
from settlements.models import Opening, OpeningRow
from settlements.queries.integrity import verify
from settlements.states import OPENING
from tests.factories.openings import approved_opening, asked_opening, booked_opening
from tests.factories.settlements import house
from tests.instants import FRIDAY, NOON, THURSDAY
from tests.rig.attacks import check_laws, every_way, refused, run_sql
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bank_line() -> str:
    return f"1001,{house().bank.pk},CNY,1000.00,D"


def test_the_trigger_allows_exactly_the_moves_of_states_py():
    ((definition,),) = run_sql(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'settlements_opening_moves'"
    )
    found = re.search(r"ledger_guard_moves\('status', '([^']*)'\)", definition)
    assert found is not None
    assert set(found.group(1).split(",")) == {
        f"{state}>{new}" for state, news in OPENING.moves.items() for new in news
    }


def another_row(opening: Opening, **other: object) -> OpeningRow:
    return OpeningRow(
        **{
            "opening": opening,
            "place": 2,
            "line_no": 3,
            "entry_no": 1,
            "code": "1102",
            "owner_id": "chn_x",
            "currency": "CNY",
            "side": "D",
            "amount_minor": 1,
            **other,
        }
    )


@every_way
def test_nothing_is_added_to_what_was_handed_in(write, bank_line):
    opening = asked_opening(bank_line)

    with refused("as many lines as it says"):
        write([another_row(opening)])
    with refused("settlements_opening_row_place"):
        write([another_row(opening, place=1)])


@every_way
def test_an_opening_has_all_its_lines_at_commit(write):
    opening = Opening(
        id="opn_attack",
        file_name="a.csv",
        sha256=b"1" * 32,
        rows_sha256=b"2" * 32,
        opening_date=THURSDAY,
        row_count=2,
        entry_count=1,
        asked_by="user:1",
        created_at=NOON,
    )

    with refused("has not the lines that it says"):
        write([opening])
        write([another_row(opening, place=1)])
        check_laws()


def test_lines_are_never_changed(either_role):
    opening_written_past_the_actions()

    for attack in (
        "UPDATE settlements_openingrow SET amount_minor = 1",
        "DELETE FROM settlements_openingrow",
        "TRUNCATE settlements_openingrow",
        "DELETE FROM settlements_opening",
        "UPDATE settlements_opening SET row_count = 9",
    ):
        with refused("written once|never changes|permission denied|is refused"):
            run_sql(attack)


def opening_written_past_the_actions() -> None:
    """Hand a file in inside the test's own transaction, which is no durable one."""
    opening = Opening.objects.create(
        file_name="a.csv",
        sha256=b"1" * 32,
        rows_sha256=b"2" * 32,
        opening_date=THURSDAY,
        row_count=1,
        entry_count=1,
        asked_by="user:1",
        created_at=NOON,
    )
    another_row(opening, place=1).save(force_insert=True)
    check_laws()


def test_raw_sql_approves_nothing(bank_line):
    opening = asked_opening(bank_line)

    with refused("has no approval by other people"):
        run_sql("UPDATE settlements_opening SET status = 'approved' WHERE id = %s", opening.pk)
    with refused("may not move from asked to booked"):
        run_sql(
            "UPDATE settlements_opening SET status = 'booked', booked_at = now(),"
            " entries_booked = 1 WHERE id = %s",
            opening.pk,
        )


def test_the_approval_of_another_opening_is_worth_nothing(bank_line):
    # Given
    agreed = approved_opening(bank_line)
    other = asked_opening("2901,unallocated,CNY,5.00,C")

    # Then
    with refused("has no approval by other people"):
        run_sql(
            "UPDATE settlements_opening SET status = 'approved', approval_id = %s WHERE id = %s",
            agreed.approval_id,
            other.pk,
        )


@pytest.mark.parametrize("day", [THURSDAY, FRIDAY])
def test_no_entry_opens_what_nobody_approved(bank_line, day):
    opening = asked_opening(bank_line) if day == THURSDAY else approved_opening(bank_line)

    with refused("opens what nobody approved"):
        JournalEntry.objects.create(
            source="opening:attack",
            kind="opening",
            subject=opening.pk,
            effective_date=day,
            booked_at=NOON,
        )


def test_what_is_booked_is_never_unbooked(bank_line):
    opening = booked_opening(bank_line)

    with refused("is booked already"):
        run_sql("UPDATE settlements_opening SET entries_booked = 0 WHERE id = %s", opening.pk)


def test_a_changed_line_is_found(bank_line):
    # Given
    booked_opening(bank_line)
    assert verify().is_sound

    # When
    tamper("UPDATE settlements_openingrow SET amount_minor = 100001")

    # Then
    assert "openings_are_booked" in {one.law for one in verify().violations}


def test_an_opening_that_nobody_agreed_to_is_found(bank_line):
    # Given
    opening = booked_opening(bank_line)

    # When
    tamper("UPDATE settlements_opening SET approval_id = NULL")

    # Then
    assert [(one.law, one.subject) for one in verify().violations] == [
        ("openings_are_agreed_to", f"{opening.pk} booked")
    ]

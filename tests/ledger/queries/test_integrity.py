"""Each law of the books finds its own fault, put there past all guards."""

import pytest
from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import JournalEntry
from ledger.queries.integrity import LAWS, SHOWN_PER_LAW, verify, verify_laws
from ledger.queries.laws_of_postings import LAWS_OF_POSTINGS
from tests.instants import NOON, THURSDAY
from tests.rig.tampering import tamper, without_constraint

pytestmark = pytest.mark.django_db(transaction=True)


def post(source: str, *, amount_minor: int = 5_000) -> int:
    with transaction.atomic():
        return journal.post_entry(
            Entry(
                source=source,
                kind="test",
                legs=(
                    debit("1001", "chn_b", amount_minor, "CNY"),
                    credit("3101", "tianping", amount_minor, "CNY"),
                ),
                effective_date=THURSDAY,
                at=NOON,
            )
        )


def broken(sql: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return what is found after tampering, by law."""
    tamper(sql)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for violation in verify().violations:
        row = (violation.subject, violation.expected, violation.found)
        found.setdefault(violation.law, []).append(row)
    return found


def test_sound_books_break_no_law():
    # Given
    post("one")
    post("two", amount_minor=70)

    # When
    report = verify()

    # Then
    assert report.is_sound
    assert report.counts == {
        "entries_balance": 2,
        "balances_are_sums": 2,
        "postings_follow": 4,
        "floors_hold": 0,
        "accounts_follow_the_chart": 2,
        "days_balance": 1,
        "reversals_mirror": 0,
        "four_eyes": 0,
    }
    assert [result.law for result in report.results] == list(LAWS)


def test_empty_books_are_sound():
    assert verify().is_sound


def test_tells_of_each_law_as_it_is_asked():
    heard = []

    verify(on_result=heard.append)

    assert [result.law.code for result in heard] == [law.code for law in LAWS]


def test_finds_an_entry_out_of_balance():
    # Given
    post("one")
    post("two")

    # When
    found = broken(
        "UPDATE ledger_posting SET amount_minor = 4999 WHERE side = 'C' AND entry_id ="
        " (SELECT id FROM ledger_journalentry WHERE source = 'two')"
    )

    # Then
    assert found["entries_balance"] == [("two", "debits = credits", "CNY 1")]
    assert found["days_balance"] == [("2026-03-05 CNY", "9999", "10000")]
    assert [row[0] for row in found["balances_are_sums"]] == ["3101 tianping CNY"]
    assert [row[0] for row in found["postings_follow"]] == ["3101 tianping CNY #2"]


def test_finds_an_entry_without_postings():
    # Given
    post("one")

    # When
    found = broken("DELETE FROM ledger_posting")

    # Then
    assert found["entries_balance"] == [("one", "debits = credits", "no postings 0")]


def test_finds_a_balance_that_is_no_sum():
    # Given
    post("one")

    # When
    found = broken("UPDATE ledger_accountbalance SET debits_minor = debits_minor + 1")

    # Then
    assert found["balances_are_sums"] == [
        ("1001 chn_b CNY", "D 5000 C 0 of 1", "D 5001 C 0 of 1"),
        ("3101 tianping CNY", "D 0 C 5000 of 1", "D 1 C 5000 of 1"),
    ]


def test_finds_a_gap_in_the_numbers_of_an_account():
    # Given
    post("one")
    post("two")

    # When
    found = broken(
        "UPDATE ledger_posting SET seq = 3 WHERE seq = 2 AND side = 'D';"
        " UPDATE ledger_accountbalance SET seq = 3 WHERE normal_side = 'D'"
    )

    # Then
    assert found["postings_follow"] == [
        ("1001 chn_b CNY #3", "#2 balance 10000", "#3 balance 10000")
    ]
    assert found["balances_are_sums"] == [
        ("1001 chn_b CNY", "D 10000 C 0 of 2", "D 10000 C 0 of 3")
    ]


def test_finds_a_balance_after_that_does_not_follow():
    # Given
    post("one")

    # When
    found = broken("UPDATE ledger_posting SET balance_after_minor = 4000 WHERE side = 'D'")

    # Then
    assert found == {
        "postings_follow": [("1001 chn_b CNY #1", "#1 balance 5000", "#1 balance 4000")]
    }


def test_finds_an_account_below_its_floor():
    # Given
    post("one")

    # When
    with (
        without_constraint("ledger_accountbalance", "ledger_balance_floor"),
        without_constraint("ledger_accountbalance", "ledger_balance_nature_fk"),
        without_constraint("ledger_account", "ledger_account_as_charted"),
    ):
        found = broken(
            "UPDATE ledger_account SET is_floored = true WHERE code = '1001';"
            " UPDATE ledger_accountbalance SET is_floored = true, credits_minor = 6000"
            " WHERE normal_side = 'D'"
        )

    # Then
    assert found["floors_hold"] == [("1001 chn_b CNY", "at least 0", "-1000")]
    assert found["accounts_follow_the_chart"] == [("1001 chn_b CNY", "D", "D floored")]


def test_finds_an_account_that_the_chart_does_not_know():
    # Given
    post("one")

    # When
    with without_constraint("ledger_account", "ledger_account_as_charted"):
        found = broken("UPDATE ledger_account SET code = '7777' WHERE code = '3101'")

    # Then
    assert found == {"accounts_follow_the_chart": [("7777 tianping CNY", "not in the chart", "C")]}


def test_finds_a_reversal_that_is_no_mirror():
    # Given
    post("one")
    with transaction.atomic():
        journal.reverse_entry(
            JournalEntry.objects.get(), effective_date=THURSDAY, at=NOON, reason="a slip"
        )
    assert verify().is_sound

    # When
    found = broken(
        "UPDATE ledger_posting SET amount_minor = 4000 WHERE entry_id ="
        " (SELECT id FROM ledger_journalentry WHERE source = 'one:reversal')"
    )

    # Then
    assert [row[0] for row in found["reversals_mirror"]] == ["one:reversal", "one:reversal"]
    assert "entries_balance" not in found


def test_finds_postings_without_an_entry_or_without_an_account_of_their_currency():
    # Given
    first = post("one")
    post("two")

    # When
    tamper(
        "UPDATE ledger_posting SET currency = 'USD' WHERE side = 'C'"
        " AND entry_id = (SELECT id FROM ledger_journalentry WHERE source = 'two')",
        "UPDATE ledger_posting SET account_id = -7 WHERE side = 'D'"
        " AND entry_id = (SELECT id FROM ledger_journalentry WHERE source = 'two')",
        "DELETE FROM ledger_journalentry WHERE source = 'one'",
    )
    found = verify_laws(LAWS_OF_POSTINGS)

    # Then
    assert found.counts == {"postings_have_their_place": 4}
    assert sorted((row.expected.partition(",")[0], row.found) for row in found.violations) == [
        (f"an entry {first}", "no entry"),
        (f"an entry {first}", "no entry"),
        (f"an entry {first + 1}", "an account of CNY"),
        (f"an entry {first + 1}", "no account"),
    ]


def test_finds_a_balance_of_another_currency_than_its_account():
    # Given
    post("one")

    # When
    with without_constraint("ledger_accountbalance", "ledger_balance_currency_fk"):
        tamper(
            "UPDATE ledger_accountbalance SET currency = 'USD' WHERE account_id ="
            " (SELECT id FROM ledger_account WHERE code = '3101')"
        )
        found = verify_laws(LAWS_OF_POSTINGS)

    # Then
    assert [row.found for row in found.violations] == ["a balance of USD"]


def test_finds_an_approval_that_nobody_gave():
    # When
    found = broken(
        "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload, digest,"
        " maker, required, state, version, created_at, expires_at) VALUES ('apr_1', 'settlement',"
        " 'settlement', 'stl_1', '{}', 'x', 'user:1', 2, 'approved', 2, now(), now())"
    )

    # Then
    assert found == {"four_eyes": [("settlement stl_1", "2 other people", "0 of them")]}


def test_finds_an_approval_by_the_maker():
    # When
    with without_constraint("ledger_approvaldecision", "ledger_decision_two_people"):
        found = broken(
            "INSERT INTO ledger_approvalrequest (id, kind, object_type, object_id, payload,"
            " digest, maker, required, state, version, created_at, expires_at) VALUES ('apr_1',"
            " 'settlement', 'settlement', 'stl_1', '{}', 'x', 'user:1', 1, 'executed', 2, now(),"
            " now());"
            " INSERT INTO ledger_approvaldecision (request_id, maker, approver, decision, digest,"
            " second_factor, reason, at) VALUES"
            " ('apr_1', 'user:1', 'user:1', 'approve', 'x', 'totp', '', now())"
        )

    # Then
    assert found == {"four_eyes": [("settlement stl_1", "1 other people", "0 of them")]}


def test_shows_the_first_of_many():
    # Given
    for number in range(SHOWN_PER_LAW + 3):
        post(f"entry {number}")

    # When
    found = broken("UPDATE ledger_posting SET amount_minor = amount_minor + 1 WHERE side = 'C'")

    # Then
    assert [row[0] for row in found["entries_balance"]] == [
        f"entry {number}" for number in range(SHOWN_PER_LAW)
    ]

# ruff: noqa: F811  fixtures are imported
"""Rows below, beside and above the seals."""

import pytest

from ledger.actions import seals
from ledger.queries import laws_of_seals as laws
from tests.ledger.queries.sealed_books import differences, few  # noqa: F401
from tests.ledger.queries.test_integrity import post
from tests.rig.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


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

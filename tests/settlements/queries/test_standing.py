"""The laws stand, and what is configured is what its history says; whatever is lifted is found."""

import pytest
from psycopg import sql

from settlements.queries.integrity import TRIGGERS, verify
from tests.factories.payments import FeePlanFactory
from tests.rig.attacks import run_sql
from tests.rig.database import owner_connection
from tests.rig.tampering import tamper

OURS = "^(ledger|payments|risk|settlements)_"


def violations(law: str) -> list[tuple[str, str, str]]:
    return [
        (found.subject, found.expected, found.found)
        for found in verify().violations
        if found.law == law
    ]


@pytest.mark.django_db
def test_every_trigger_of_the_migrations_is_on_the_list() -> None:
    rows = run_sql(
        "SELECT c.relname || '.' || t.tgname FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND (c.relname ~ %s OR t.tgname ~ %s)",
        OURS,
        OURS,
    )

    live = {place for (place,) in rows}
    assert sorted(live - set(TRIGGERS)) == [], "add them to settlements/queries/standing.txt"
    assert sorted(set(TRIGGERS) - live) == [], "take them off settlements/queries/standing.txt"
    assert sorted(set(TRIGGERS)) == sorted(TRIGGERS)


@pytest.mark.django_db(transaction=True)
def test_a_law_that_was_switched_off_is_found() -> None:
    assert violations("laws_stand") == []
    owner = owner_connection()
    owner.execute("ALTER TABLE ledger_auditentry DISABLE TRIGGER ledger_auditentry_once")

    try:
        assert violations("laws_stand") == [
            ("ledger_auditentry.ledger_auditentry_once", "in force", "switched off")
        ]
    finally:
        owner.execute("ALTER TABLE ledger_auditentry ENABLE TRIGGER ledger_auditentry_once")


@pytest.mark.django_db(transaction=True)
def test_a_law_that_was_taken_away_is_found() -> None:
    owner = owner_connection()
    ((definition,),) = run_sql(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'ledger_balance_guard'"
    )
    owner.execute("DROP TRIGGER ledger_balance_guard ON ledger_accountbalance")

    try:
        assert violations("laws_stand") == [
            ("ledger_accountbalance.ledger_balance_guard", "in force", "missing")
        ]
    finally:
        owner.execute(sql.SQL(definition))


@pytest.mark.django_db(transaction=True)
def test_terms_that_were_changed_past_their_history_are_found() -> None:
    # Given
    plan = FeePlanFactory(fee_bps=60)
    assert violations("configuration_follows_history") == []

    # When
    tamper("UPDATE payments_feeplan SET fee_bps = 0")

    # Then
    ((subject, expected, found),) = violations("configuration_follows_history")
    assert subject == f"payments_feeplan {plan.pk}"
    assert '"fee_bps": 60' in expected
    assert '"fee_bps": 0' in found

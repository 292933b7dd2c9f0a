"""The laws stand, and what is configured is what its history says; whatever is lifted is found."""

from typing import Any

import pytest
from django.db import connection

from ledger.queries.integrity import verify_laws
from settlements.queries.integrity import LAWS, STANDING, verify
from tests.factories.payments import FeePlanFactory
from tests.rig.attacks import run_sql
from tests.rig.standing import standing_now
from tests.rig.tampering import tamper


def violations(law: str) -> list[tuple[str, str, str]]:
    return [
        (found.subject, found.expected, found.found)
        for found in verify().violations
        if found.law == law
    ]


def lifted() -> list[tuple[str, str, str]]:
    """Return what is found when only the laws themselves are looked at."""
    report = verify_laws(law for law in LAWS if law.code == "laws_stand")
    return [(found.subject, found.expected, found.found) for found in report.violations]


@pytest.mark.django_db
def test_what_makes_a_law_is_written_down() -> None:
    stale = STANDING.read_text().splitlines() != standing_now().splitlines()

    assert not stale, (
        "settlements/queries/standing.txt is not what the migrations make:"
        " write it anew with `.venv/bin/python -m tests.rig.standing`"
    )


@pytest.mark.django_db
def test_what_nobody_touched_is_sound_and_quickly_seen() -> None:
    # When
    report = verify_laws(law for law in LAWS if law.code == "laws_stand")

    # Then
    assert report.violations == []
    assert report.counts["laws_stand"] == STANDING.read_text().count(" = ")


TAMPERINGS = {
    "a function that says yes": (
        (
            "CREATE OR REPLACE FUNCTION ledger_check_approved() RETURNS trigger LANGUAGE plpgsql"
            " SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
            " AS $$ BEGIN RETURN NEW; END $$"
        ),
        ("function ledger_check_approved()", "as released", "changed"),
    ),
    "a function that finds nothing": (
        (
            "CREATE OR REPLACE FUNCTION ledger_history_differences()"
            " RETURNS TABLE (place text, expected text, found text) LANGUAGE plpgsql STABLE"
            " AS $$ BEGIN RETURN; END $$"
        ),
        ("function ledger_history_differences()", "as released", "changed"),
    ),
    "a function with another search path": (
        "ALTER FUNCTION ledger_check_tier() RESET search_path",
        ("function ledger_check_tier()", "as released", "changed"),
    ),
    "a trigger that never acts": (
        (
            "DROP TRIGGER ledger_balance_guard ON ledger_accountbalance;"
            " CREATE TRIGGER ledger_balance_guard BEFORE UPDATE ON ledger_accountbalance"
            " FOR EACH ROW WHEN (false) EXECUTE FUNCTION ledger_refuse_change()"
        ),
        ("trigger ledger_accountbalance.ledger_balance_guard", "as released", "changed"),
    ),
    "a trigger that is gone": (
        "DROP TRIGGER ledger_balance_guard ON ledger_accountbalance",
        ("trigger ledger_accountbalance.ledger_balance_guard", "in force", "missing"),
    ),
    "a trigger that is switched off": (
        "ALTER TABLE ledger_auditentry DISABLE TRIGGER ledger_auditentry_once",
        ("trigger ledger_auditentry.ledger_auditentry_once", "in force", "switched off"),
    ),
    "a trigger of somebody else": (
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON ledger_auditentry FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
        ),
        ("trigger ledger_auditentry.swallow", "not of this release", "there"),
    ),
    "a CHECK that is gone": (
        "ALTER TABLE ledger_approvaldecision DROP CONSTRAINT ledger_decision_two_people",
        ("constraint ledger_approvaldecision.ledger_decision_two_people", "in force", "missing"),
    ),
    "a unique index that is gone": (
        "DROP INDEX ledger_approval_one_open",
        ("index ledger_approval_one_open", "in force", "missing"),
    ),
    "a unique index of fewer rows": (
        (
            "DROP INDEX ledger_approval_one_open; CREATE UNIQUE INDEX ledger_approval_one_open"
            " ON ledger_approvalrequest (kind, object_id) WHERE state = 'pending'"
        ),
        ("index ledger_approval_one_open", "as released", "changed"),
    ),
    "a column that may be empty": (
        "ALTER TABLE ledger_journalentry ALTER recorded_at DROP NOT NULL",
        ("table ledger_journalentry", "as released", "changed"),
    ),
    "a rule that keeps rows away": (
        "CREATE RULE away AS ON INSERT TO ledger_auditentry DO INSTEAD NOTHING",
        ("table ledger_auditentry", "as released", "changed"),
    ),
}


@pytest.mark.parametrize(("statement", "found"), TAMPERINGS.values(), ids=TAMPERINGS)
def test_a_law_that_was_lifted_is_found(
    scratch: None, statement: str, found: tuple[str, str, str]
) -> None:
    # Given
    assert lifted() == []

    # When
    run_sql(statement)

    # Then
    assert lifted() == [found]


GRANTS = {
    "to write": (
        "GRANT UPDATE ON ledger_posting TO {role}",
        ("grant ledger_posting to the application", "INSERT, SELECT", "INSERT, SELECT, UPDATE"),
    ),
    "to write one column": (
        "GRANT UPDATE (amount_minor) ON ledger_posting TO {role}",
        ("grant ledger_posting.amount_minor to the application", "no right", "UPDATE"),
    ),
    "to everybody": (
        "GRANT DELETE ON ledger_seal TO PUBLIC",
        ("grant ledger_seal to everybody", "no right", "DELETE"),
    ),
    "to begin a history": (
        "GRANT EXECUTE ON FUNCTION ledger_end_history(regclass) TO {role}",
        ("grant ledger_end_history(target regclass) to the application", "no right", "EXECUTE"),
    ),
}


@pytest.mark.parametrize(("statement", "found"), GRANTS.values(), ids=GRANTS)
def test_a_right_that_was_given_is_found(
    scratch: None, settings: Any, statement: str, found: tuple[str, str, str]
) -> None:
    # When
    role = connection.ops.quote_name(settings.DATABASE_APPLICATION_ROLE)
    run_sql(statement.format(role=role))

    # Then
    assert lifted() == [found]


def test_rights_are_nobodys_matter_where_one_role_serves_as_both(
    scratch: None, settings: Any
) -> None:
    # Given
    settings.DATABASE_APPLICATION_ROLE = None
    run_sql("GRANT UPDATE ON ledger_posting TO PUBLIC")

    # Then: no right is looked at, and everything else is.
    assert lifted() == []
    run_sql("ALTER TABLE ledger_auditentry DISABLE TRIGGER ledger_auditentry_once")
    assert [subject for subject, _expected, _found in lifted()] == [
        "trigger ledger_auditentry.ledger_auditentry_once"
    ]


@pytest.mark.django_db
def test_a_process_that_knows_one_role_only_is_taken_by_its_own(
    settings: Any,
) -> None:
    # Given: the application's own address, and no word of the owner's.
    assert lifted() == []

    # When
    settings.DATABASE_APPLICATION_ROLE = None

    # Then
    assert lifted() == []


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

# ruff: noqa: S608  table names come from the catalogue
"""Each law of the books is what refuses its attack: without it, in a copy, the attack succeeds."""

import pytest
from django.db import connection, transaction

from tests.ledger.controls import CONTROLS, written
from tests.rig.attacks import check_laws, refused, run_sql
from tests.rig.controls import Control, assert_the_law_alone_refuses
from tests.rig.scratch import drop_law

REFUSED = "is refused: its rows are written once"
UPDATES_BIT, DELETES_BIT, TRUNCATES_BIT = 16, 8, 32

WRITTEN_ONCE = {
    "ledger_account",
    "ledger_journalentry",
    "ledger_posting",
    "ledger_auditentry",
    "ledger_approvaldecision",
    "ledger_periodevent",
    "ledger_approvaltier",
    "ledger_dailybalance",
}
WITHOUT_CONTROL = {
    "ledger_history": "keeps what happened and refuses nothing; its own tests change past it",
    "ledger_history_emptied": "keeps what happened and refuses nothing",
    "ledger_installation_is_installed_check": "one row that says yes; nobody may write another",
    "ledger_account_currency": "the target of a foreign key; says nothing that the key does not",
    "ledger_account_nature": "the target of a foreign key; says nothing that the key does not",
    "ledger_approval_maker": "the target of a foreign key; says nothing that the key does not",
    "ledger_seal_count_check": "Django's own: a positive number is not below zero",
    "ledger_seal_form_check": "Django's own: a positive number is not below zero",
    "ledger_posting_seq": "the trigger numbers the postings; no writer can say another number",
    "ledger_approvalrequest_required_check": "Django's own: a positive number is not below zero",
    "ledger_approvalrequest_version_check": "Django's own: a positive number is not below zero",
    "ledger_approvaltier_approval_id_key": "the trigger asks for an approved request first, and a"
    " deed executes it with its tier",
    "ledger_approvaltier_required_check": "Django's own: a positive number is not below zero",
    "ledger_closedthrough_id_check": "Django's own: a positive number is not below zero",
    "ledger_period_version_check": "Django's own: a positive number is not below zero",
    "ledger_periodevent_version_check": "Django's own: a positive number is not below zero",
}
"""Laws of the books that no attack reaches by themselves, each with the reason."""


def guards(event_bit: int) -> list[tuple[str, str]]:
    """Return the triggers that refuse one kind of change for good, by table and name."""
    return run_sql(
        """SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
           WHERE tgfoid = 'ledger_refuse_change'::regproc AND tgtype & %s <> 0
           ORDER BY relname""",
        event_bit,
    )


@pytest.mark.parametrize("control", CONTROLS, ids=str)
def test_the_law_alone_refuses_its_attack(scratch, control: Control):
    # Given rows in order
    written()

    # Then
    assert_the_law_alone_refuses(control)


def test_what_is_written_once_is_so_by_its_trigger(scratch):
    # Given
    written()
    check_laws()
    tried = set()

    for table, name in guards(UPDATES_BIT):
        if not table.startswith("ledger_"):
            continue
        column = run_sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND attgenerated = '' AND attidentity <> 'a' AND NOT attisdropped"
            " ORDER BY attnum DESC LIMIT 1",
            table,
        )[0][0]
        lie = f"UPDATE {table} SET {column} = {column}"

        # When, Then
        with transaction.atomic():
            with refused(REFUSED):
                run_sql(lie)
            drop_law(table, name)
            run_sql(lie)
            transaction.set_rollback(True)
        tried.add(table)

    assert tried >= WRITTEN_ONCE


def test_what_stays_does_so_by_its_trigger(scratch):
    # Given
    written()
    check_laws()
    tried = 0

    for table, name in guards(DELETES_BIT):
        if not table.startswith("ledger_"):
            continue
        # When, Then: other tables point at these rows, and their keys would refuse as well
        with transaction.atomic():
            with refused(REFUSED):
                run_sql(f"DELETE FROM {table}")
            drop_law(table, name)
            for source, key in _keys_to(table):
                run_sql(f'ALTER TABLE {source} DROP CONSTRAINT "{key}"')
            run_sql(f"DELETE FROM {table}")
            transaction.set_rollback(True)
        tried += 1

    assert tried >= 7


def test_no_table_is_emptied_but_without_its_trigger(scratch):
    # Given
    all_guards = guards(TRUNCATES_BIT)

    for table, name in all_guards:
        with transaction.atomic():
            # When the tables that point at this one are guarded no more
            for other, other_name in all_guards:
                if other != table:
                    drop_law(other, other_name)

            # Then this one's own trigger refuses, and without it nothing does
            with refused(REFUSED):
                run_sql(f"TRUNCATE {table} CASCADE")
            drop_law(table, name)
            run_sql(f"TRUNCATE {table} CASCADE")
            transaction.set_rollback(True)

    assert len(all_guards) > 20


def test_every_law_of_the_books_has_its_control(scratch):
    # Given
    refusing = {name for _, name in guards(UPDATES_BIT | DELETES_BIT | TRUNCATES_BIT)}
    laws = run_sql(
        """SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
           WHERE NOT tgisinternal AND starts_with(relname, 'ledger_')
             AND starts_with(tgname, 'ledger_')
           UNION SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
           WHERE starts_with(relname, 'ledger_')
             AND (contype IN ('c', 'u', 'x') OR contype = 'f' AND conname ~ '^ledger_[a-z_]+_fk$')
           UNION SELECT indexname FROM pg_indexes
           WHERE starts_with(tablename, 'ledger_') AND indexdef ~ '^CREATE UNIQUE.*( WHERE|_ops)'"""
    )

    # Then
    known = {control.law for control in CONTROLS} | refusing | WITHOUT_CONTROL.keys()
    assert sorted({name for (name,) in laws} - known) == []
    assert sorted(known - {name for (name,) in laws} - refusing) == []


def _keys_to(table: str) -> list[tuple[str, str]]:
    return run_sql(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'f' AND confrelid = %s::regclass",
        table,
    )


def test_the_copy_is_left_behind_untouched(scratch):
    # Then nothing of what other tests dropped is missing here
    assert connection.settings_dict["NAME"].endswith("_scratch")
    assert len(guards(TRUNCATES_BIT)) > 20

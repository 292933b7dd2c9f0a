"""Migrations: named by hand, one line, complete, undone and done again; laws as states.py says."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from pytest_django import DjangoDbBlocker

import ledger.states
import payments.capture_states
import payments.parked_states
import payments.states
import risk.states
import settlements.states
from ledger.actions.approvals import digest_of
from ledger.models import ApprovalRequest
from ledger.states import StateTable
from tests.architecture.migrations import (
    forks,
    guarded_moves,
    missing_migrations,
    moves_of_models,
    named_carelessly,
    ours,
    scratch_database,
    shape,
    state_drift,
    without_return,
)
from tests.architecture.sources import APPS
from tests.instants import NEXT_NOON, NOON

TABLES = [
    table
    for module in (
        ledger.states,
        payments.capture_states,
        payments.parked_states,
        payments.states,
        risk.states,
        settlements.states,
    )
    for table in vars(module).values()
    if isinstance(table, StateTable)
]
OWN = {
    "payments_channeloperation.status": payments.states.OPERATION,
    "payments_paymentattempt.status": payments.states.ATTEMPT,
}
"""They share their states, not their moves."""


def migration(
    name: str, *, after: tuple[str, ...] = (), does: tuple[object, ...] = ()
) -> Migration:
    made = Migration(name, "payments")
    made.dependencies = [("payments", before) for before in after]
    made.operations = list(does)
    return made


ADD = migrations.AddField("payment", "note", models.TextField(default=""))
ONE_WAY = migrations.RunSQL("DELETE FROM payments_payer")


# --- on paper -----------------------------------------------------------------------------------


def test_migrations_are_named_by_hand() -> None:
    assert list(named_carelessly(ours())) == []


@pytest.mark.parametrize(
    "made",
    [
        migration("0004_payment_note", does=(ADD,)),
        migration("0004_auto_20261122_1839", does=(ADD,)),
        migration("0004_alter_a_and_more", does=(ONE_WAY,)),
        migration("0004_Payer", does=(ONE_WAY,)),
        migration("note", does=(ONE_WAY,)),
    ],
    ids=str,
)
def test_a_careless_name_is_seen(made: Migration) -> None:
    assert list(named_carelessly([made]))


def test_every_operation_can_be_undone() -> None:
    assert list(without_return(ours())) == []


def test_an_operation_without_its_undo_is_seen() -> None:
    found = list(without_return([migration("0004_payers_forgotten", does=(ADD, ONE_WAY))]))

    assert found == ["payments.0004_payers_forgotten: Raw SQL operation"]


def test_the_migrations_of_an_app_are_one_line() -> None:
    assert list(forks(ours())) == []


def test_a_fork_is_seen() -> None:
    line = [migration("0001_initial"), migration("0002_a", after=("0001_initial",))]

    assert list(forks(line)) == []
    assert list(forks([*line, migration("0002_b", after=("0001_initial",))])) == [
        "payments.0002_b: 0001_initial is followed twice"
    ]
    assert list(forks([*line, migration("0003_c")])) == ["payments.0003_c follows []"]


def test_models_have_their_migrations() -> None:
    assert missing_migrations(MigrationLoader(None).project_state()) == []


def test_a_field_without_its_migration_is_seen() -> None:
    state = MigrationLoader(None).project_state()
    state.remove_field("payments", "payment", "description")

    assert missing_migrations(state) == ["payments: Add field description to payment"]


# --- in the database ----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["expired", "rejected", "voided"])
def test_nobody_opens_a_closed_request_again(state: str) -> None:
    # Given
    request = ApprovalRequest.objects.create(
        kind="settlement",
        object_type="settlement",
        object_id="stl_1",
        payload={},
        digest=digest_of({}),
        maker="user:1",
        created_at=NOON,
        expires_at=NEXT_NOON,
    )
    rows = ApprovalRequest.objects.filter(pk=request.pk)
    rows.update(state=state)

    # When, then
    with pytest.raises(IntegrityError, match=f"may not move from {state} to pending"):
        rows.update(state="pending")


@pytest.mark.django_db
def test_the_database_knows_the_moves_of_states_py() -> None:
    drift = state_drift(listed=moves_of_models(TABLES, own=OWN), guarded=guarded_moves())

    assert list(drift) == []


def test_every_table_of_moves_was_compared() -> None:
    places = moves_of_models(TABLES)

    assert {
        "payments_payment.status",
        "payments_channeloperation.status",
        "payments_paymentattempt.status",
        "settlements_settlement.status",
        "settlements_payout.status",
    } <= places.keys()


def test_a_move_that_only_one_side_knows_is_seen() -> None:
    listed = {"a.status": "x>y,y>z", "b.status": "x>y", "c.status": "x>y"}
    guarded = {"a.status": "x>y", "c.status": "x>y", "d.status": "x>y"}

    assert list(state_drift(listed=listed, guarded=guarded)) == [
        "a.status: ['y>z']",
        "b.status: no trigger",
        "d.status: ['', 'x>y']",
    ]


def test_every_app_can_be_undone_and_done_again(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock(), scratch_database():
        # Given
        call_command("migrate", verbosity=0)
        first = shape()

        # When
        for app in reversed(APPS):
            call_command("migrate", app, "zero", verbosity=0)
        left = shape()
        call_command("migrate", verbosity=0)

        # Then
        assert len(first) > 500
        assert left == []
        assert shape() == first
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE ledger_forgotten (id int)")
        assert "column ledger_forgotten.id integer f " in shape(), "a leftover is not seen"

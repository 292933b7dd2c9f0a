"""Each law of holds, captures, voids, remedies, links, routes and messages refuses its attack.

The attack is told as the owner of the tables in a copy, where it succeeds once the law is gone, and
as the application role, which is refused by its rights or by the same law.
"""

import pytest
from django.db import DatabaseError, transaction

from tests.payments.attacks_on_holds import (
    ATTACKS_ON_HOLDS,
    AUTHORISATION,
    CAPTURE,
    SHARE,
    VOID,
    Attack,
)
from tests.payments.attacks_on_remedies import (
    ATTACKS_ON_REMEDIES,
    EXAMINATION,
    KEYS,
    LINK,
    MESSAGE,
    PARKED,
    REMEDY,
)
from tests.payments.world_of_orders import World, world
from tests.rig.attacks import run_sql
from tests.rig.controls import Control, assert_the_law_alone_refuses

ATTACKS = (*ATTACKS_ON_HOLDS, *ATTACKS_ON_REMEDIES)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_one_law_alone_refuses_the_owner(scratch, attack):
    # Given
    of = world()

    # When, Then
    also = tuple((attack.table, law) for law in attack.also)
    assert_the_law_alone_refuses(
        Control(attack.table, attack.law, lambda: attack.tell(of), also=also)
    )


@pytest.mark.django_db
def test_the_application_is_refused_all_of_it_too():
    # Given
    of = world()

    # When
    refusals = {attack.law: refusal(attack, of) for attack in ATTACKS}

    # Then
    assert {law: told for law, told in refusals.items() if told} == {}


def refusal(attack: Attack, of: World) -> str:
    """Tell one attack; return what is wrong with the refusal, or nothing."""
    try:
        with transaction.atomic():
            attack.tell(of)
    except DatabaseError as error:
        told = error.__cause__.diag
        if attack.is_denied:
            return "" if "permission denied" in told.message_primary else told.message_primary
        names = {attack.table, attack.law, *attack.also}
        is_named = names & {told.constraint_name, told.table_name}
        return "" if is_named else f"{told.message_primary} {told.constraint_name}"
    return "it stands"


EMPTIED = (AUTHORISATION, CAPTURE, SHARE, VOID, PARKED, REMEDY, LINK, KEYS, MESSAGE, EXAMINATION)


@pytest.mark.parametrize("table", EMPTIED)
def test_a_table_is_not_emptied(scratch, table):
    # Given no other law against it, in the tables that go with this one
    world()
    law = (
        "payments_examination_not_emptied"
        if table == EXAMINATION
        else "payments_key_set_not_emptied"
        if table == KEYS
        else f"{table}_not_emptied"
    )
    others = run_sql(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgtype & 32 <> 0 AND tgname <> %s",
        law,
    )

    def lie() -> bool:
        run_sql(f"TRUNCATE {table} CASCADE")
        return True

    # When, Then
    assert_the_law_alone_refuses(Control(table, law, lie, also=tuple(others)))

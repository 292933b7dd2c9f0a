"""Each law of what a channel takes back or contradicts refuses its attack, and no other law would.

The attack is told as in test_controls_of_orders: as the owner, and as the application role.
"""

import pytest

from tests.payments.attacks_on_contradictions import (
    ATTACKS_ON_CONTRADICTIONS,
    world_of_contradictions,
)
from tests.payments.test_controls_of_orders import refusal
from tests.rig.controls import Control, assert_the_law_alone_refuses


@pytest.mark.parametrize("attack", ATTACKS_ON_CONTRADICTIONS, ids=str)
def test_one_law_alone_refuses_the_owner(scratch, attack):
    # Given
    of = world_of_contradictions()

    # When, Then
    also = tuple((attack.table, law) for law in attack.also)
    assert_the_law_alone_refuses(
        Control(attack.table, attack.law, lambda: attack.tell(of), also=also)
    )


@pytest.mark.django_db
def test_the_application_is_refused_all_of_it_too():
    # Given
    of = world_of_contradictions()

    # When
    refusals = {attack.law: refusal(attack, of) for attack in ATTACKS_ON_CONTRADICTIONS}

    # Then
    assert {law: told for law, told in refusals.items() if told} == {}

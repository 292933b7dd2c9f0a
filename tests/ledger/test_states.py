"""State tables: what is not listed is refused, in Python and in the trigger's words."""

import pytest
from django.db import models

from ledger.errors import IllegalMoveError
from ledger.states import APPROVAL, ApprovalState, StateTable


class Lamp(models.TextChoices):
    """A noun with three states, for these tests."""

    OFF = "off", "off"
    ON = "on", "on"
    BROKEN = "broken", "broken"


LAMP = StateTable(
    Lamp, noun="A lamp", moves={Lamp.OFF: {Lamp.ON}, Lamp.ON: {Lamp.OFF, Lamp.BROKEN}}
)


def test_allows_what_is_listed_and_nothing_else() -> None:
    allowed = {(old, new) for old in Lamp for new in Lamp if LAMP.allows(old, new)}

    assert allowed == {(Lamp.OFF, Lamp.ON), (Lamp.ON, Lamp.OFF), (Lamp.ON, Lamp.BROKEN)}


def test_takes_the_plain_text_that_a_row_holds() -> None:
    LAMP.require_move("on", "broken")


@pytest.mark.parametrize(
    ("current", "new"),
    [
        (Lamp.OFF, Lamp.BROKEN),
        (Lamp.BROKEN, Lamp.OFF),
        (Lamp.ON, Lamp.ON),
        (Lamp.ON, "stolen"),
        ("stolen", Lamp.ON),
    ],
)
def test_refuses_with_the_noun_and_both_states(current: str, new: str) -> None:
    with pytest.raises(IllegalMoveError) as caught:
        LAMP.require_move(current, new)

    assert caught.value.context == {"noun": "A lamp", "current": str(current), "new": str(new)}


def test_knows_the_states_that_nothing_leaves() -> None:
    assert LAMP.terminal == {Lamp.BROKEN}


def test_speaks_to_the_trigger_in_alphabetical_order() -> None:
    assert LAMP.as_trigger_argument() == "off>on,on>broken,on>off"


def test_the_table_itself_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        LAMP.moves[Lamp.BROKEN] = frozenset({Lamp.ON})  # type: ignore[index]


@pytest.mark.parametrize("moves", [{"off": {"stolen"}}, {"stolen": {"off"}}, {"off": {"off"}}])
def test_a_table_with_a_mistake_is_no_table(moves: dict[str, set[str]]) -> None:
    with pytest.raises(ValueError, match="Lamp"):
        StateTable(Lamp, noun="A lamp", moves=moves)


def test_approval_requests_move_as_the_page_of_states_says() -> None:
    assert APPROVAL.as_trigger_argument() == (
        "approved>executed,approved>expired,approved>voided,"
        "pending>approved,pending>expired,pending>rejected,pending>voided"
    )
    assert APPROVAL.terminal == {
        ApprovalState.EXECUTED,
        ApprovalState.EXPIRED,
        ApprovalState.REJECTED,
        ApprovalState.VOIDED,
    }

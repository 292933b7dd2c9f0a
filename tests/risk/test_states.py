"""Cases and holds move as the page of states says, and not otherwise."""

from risk.states import CASE, HOLD


def test_cases() -> None:
    assert CASE.as_trigger_argument() == "assigned>rejected,assigned>released,open>assigned"
    assert CASE.terminal == {"released", "rejected"}


def test_holds() -> None:
    assert HOLD.as_trigger_argument() == "active>released"
    assert HOLD.terminal == {"released"}

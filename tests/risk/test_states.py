"""Cases and holds move as the page of states says, and not otherwise."""

from risk.states import CASE, HOLD, Verdict


def test_cases() -> None:
    assert CASE.as_trigger_argument() == "assigned>rejected,assigned>released,open>assigned"
    assert CASE.terminal == {"released", "rejected"}


def test_holds() -> None:
    assert HOLD.as_trigger_argument() == "active>released"
    assert HOLD.terminal == {"released"}


def test_verdicts_run_from_mild_to_strict() -> None:
    assert Verdict.values == ["allow", "challenge", "review", "deny"]

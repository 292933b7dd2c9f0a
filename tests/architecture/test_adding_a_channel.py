"""The guide to a new channel names what is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "adding-a-channel.md"
SCREENS_LINES = 90
"""Two screens."""


def named() -> list[str]:
    """Return every path of the repository that the guide names."""
    quoted = re.findall(r"`([^`\s]+)`", GUIDE.read_text(encoding="utf-8"))
    return [text for text in quoted if "/" in text or text.startswith(".")]


def test_every_path_that_the_guide_names_is_there() -> None:
    assert len(named()) > 30
    assert [path for path in named() if not (ROOT / path).exists()] == []


def test_every_module_of_the_adapter_is_named() -> None:
    room = "payments/channels/unionpay"
    modules = {f"{room}/{path.name}" for path in (ROOT / room).glob("[a-z]*.py")}
    assert modules <= set(named())


def test_every_module_of_the_other_side_is_named() -> None:
    room = "payments/simulator/unionpay"
    modules = {f"{room}/{path.name}" for path in (ROOT / room).glob("[a-z]*.py")}
    assert len(modules) > 10
    assert modules <= set(named())


def test_the_guide_is_two_screens_long() -> None:
    assert len(GUIDE.read_text(encoding="utf-8").splitlines()) <= SCREENS_LINES

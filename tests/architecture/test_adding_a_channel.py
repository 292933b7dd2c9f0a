"""The guide to a new channel names what is there."""

import ast
import re
from collections.abc import Iterator
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


def test_every_other_module_that_says_its_name_is_named() -> None:
    # A word of its code, not of its comments: names as keys of a table, and what people read.
    rooms = ("config", "ledger", "payments", "risk", "settlements")
    saying = {
        str(path.relative_to(ROOT))
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if not {"unionpay", "migrations"} & set(path.parts) and any(_words(path))
    }
    assert len(saying) > 12
    assert saying - set(named()) == set()


def _words(path: Path) -> Iterator[str]:
    """Yield what a module's code says of UnionPay: literals and imports, without docstrings."""
    text = path.read_text(encoding="utf-8")
    if "unionpay" not in text.lower():
        return
    tree = ast.parse(text)
    said = {
        id(each.value)
        for each in ast.walk(tree)
        if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
    }
    for each in ast.walk(tree):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            words = "" if id(each) in said else each.value
        elif isinstance(each, ast.ImportFrom):
            words = " ".join([each.module or "", *(name.name for name in each.names)])
        else:
            continue
        if "unionpay" in words.lower():
            yield words


def test_the_guide_is_two_screens_long() -> None:
    assert len(GUIDE.read_text(encoding="utf-8").splitlines()) <= SCREENS_LINES

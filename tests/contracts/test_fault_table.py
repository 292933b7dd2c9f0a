"""The table of faults names a test for each, and each test is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations" / "faults.md"
FAULTS = {*(f"F{number:02}" for number in range(6, 25)), "F47"}
AT_EVERY_CHANNEL = {f"F{number:02}" for number in (*range(6, 11), *range(14, 21), 47)}
MEETS_CHANNELS = {"desk", "desks", "other", "build", "fetched"}
"""Fixtures that go from channel to channel."""
_ROW = re.compile(r"^\| (F\d\d) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def table(text: str) -> dict[str, list[tuple[str, str]]]:
    """Read the page: the tests of each fault, as a path and a name."""
    return {fault: _TEST.findall(tests) for fault, tests in _ROW.findall(text)}


def arguments(path: str, name: str) -> set[str] | None:
    """Give what a test asks for, or nothing if there is no such test."""
    if not (ROOT / path).is_file():
        return None
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return {argument.arg for argument in node.args.args}
    return None


def missing(rows: dict[str, list[tuple[str, str]]]) -> list[str]:
    """Say which faults have no test, or none at every channel."""
    found = [f"{fault} has no test" for fault in sorted(FAULTS) if not rows.get(fault)]
    for fault, tests in rows.items():
        asked = [arguments(*test) for test in tests]
        found += [
            f"{fault}: {test}" for test, args in zip(tests, asked, strict=True) if args is None
        ]
        if fault in AT_EVERY_CHANNEL and not any(
            MEETS_CHANNELS & (args or set()) for args in asked
        ):
            found.append(f"{fault} meets no channel")
    return found


def test_every_fault_has_a_test_and_every_test_is_there():
    rows = table(PAGE.read_text())
    assert set(rows) == FAULTS
    assert missing(rows) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("| F09 |", "| F99 |"), "F09 has no test"),
        (("test_f09_asks", "test_f09_forgets"), "F09: "),
        (("tests/contracts/test_out_of_order.py", "tests/contracts/test_no_order.py"), "F19: "),
        (("tests/races/test_letters_at_once.py::", "tests/races/letters::"), "F18 has no test"),
    ],
)
def test_a_hole_in_it_is_seen(change, found):
    rows = table(PAGE.read_text().replace(*change))
    assert any(hole.startswith(found) for hole in missing(rows))

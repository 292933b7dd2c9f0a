"""The table of docs/operations/simulator.md: every row of the checklist, and tests that exist."""

import ast
import re
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[2]
DOCUMENT = TESTS.parent / "docs/operations/simulator.md"
CHANNELS = ("Alipay", "WeChat Pay", "UnionPay")
NOTHING = "–"
ALL = frozenset(CHANNELS)
ALIPAY, WECHAT, CARD = (frozenset({channel}) for channel in CHANNELS)
ROWS = {
    "our signature is verified": ALL,
    "numbers that come again": ALL,
    "does not exist until it is scanned": ALL,
    "payer pays, refuses": ALL,
    "payer comes too late": ALL,
    "payer pays in two tabs": ALL,
    "3-D Secure": CARD,
    "notifications, signed as the real ones": ALL,
    "their ladder, on the compressible clock": ALL,
    "doubled": ALL,
    "out of order": ALL,
    "a probe, an old timestamp": WECHAT,
    "another key, overlapping the old one": ALL,
    "html-escaped on the way": ALL,
    "in GBK": ALIPAY,
    "another amount, another account": ALL,
    "done and silent, 5xx, bad signature, half": ALL,
    "refunds at once": ALL,
    "refunds after days": ALL,
    "refunds for want of money": ALL,
    "refunds that fail: ABNORMAL, CLOSED": ALL,
    "refunds done and come back": ALL,
    "`fund_change` N of a repeated refund": ALIPAY,
    "holds that lapse": ALIPAY | CARD,
    "transfers done": ALIPAY | WECHAT,
    "transfers that take hours": ALIPAY | WECHAT,
    "transfers that fail, by each reason": ALIPAY | WECHAT,
    # What a payee of WeChat Pay confirmed stays with them.
    "transfers that come back": ALIPAY,
    "transfers to be confirmed, overdue, called back": WECHAT,
    "transfers to a wrong name": ALIPAY | WECHAT,
    "scene not opened, address not allowed": ALIPAY | WECHAT,
    "transfers without certificates": ALIPAY,
    "bills of the day before, as the real ones": ALL,
    "kinds of bills": WECHAT | CARD,
    "bills that differ": ALL,
    "coupons, the channel's and the merchant's": ALIPAY | WECHAT,
    "a late chargeback": CARD,
    "certificates, public-key mode, echo": WECHAT,
    "ordered by a script, and on the page": ALL,
}
"""What the reference asks of whom: a row that is left out is missed here, not overlooked."""


def table() -> dict[str, dict[str, str]]:
    """Read the table: cells by row and channel."""
    text = DOCUMENT.read_text(encoding="utf-8").partition("## Which test holds it to that")[2]
    lines = [line for line in text.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert tuple(cells[0]) == ("row", *CHANNELS)
    assert all(len(row) == len(CHANNELS) + 1 for row in cells)
    return {row[0]: dict(zip(CHANNELS, row[1:], strict=True)) for row in cells[1:]}


def names_of_tests() -> dict[str, set[str]]:
    """Give the names of all tests by the name of their module, alone and behind its folder's."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        }
        found[path.stem] |= names
        found[f"{path.parent.name}/{path.stem}"] |= names
    return found


def test_every_row_is_there_for_every_channel_that_has_it() -> None:
    told = {
        row: {channel for channel, cell in cells.items() if cell != NOTHING}
        for row, cells in table().items()
    }
    assert told == {row: set(channels) for row, channels in ROWS.items()}


def test_every_cell_names_tests_that_exist() -> None:
    # Given
    known = names_of_tests()

    # When
    named = {
        (row, channel): re.findall(r"`((?:\w+/)?test_\w+)::(test_\w+)`", cell)
        for row, cells in table().items()
        for channel, cell in cells.items()
        if cell != NOTHING
    }

    # Then
    assert [place for place, names in named.items() if not names] == []
    missing = {
        f"{module}::{name}"
        for names in named.values()
        for module, name in names
        if name not in known[module]
    }
    assert missing == set()

"""The house as text: its modules, each with its syntax tree, for rules that read."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]

APPS = ("ledger", "payments", "risk", "settlements")
"""From the bottom of the line to its top; who stands later may know who stands before."""

PRODUCT = (*APPS, "config")
DOORS = ("admin", "api", "portal", "checkout", "management", "tasks")
"""The floors through which the outside comes in."""


@dataclass(frozen=True)
class Source:
    """One Python file: where it stands in the house, from the root with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.path)

    @property
    def app(self) -> str:
        """`payments` of payments/api/text.py."""
        return PurePosixPath(self.path).parts[0]

    @property
    def floor(self) -> str:
        """`api` of payments/api/text.py, `tasks` of payments/tasks.py."""
        parts = PurePosixPath(self.path.removesuffix(".py")).parts
        return parts[1] if len(parts) > 1 else ""

    @property
    def module(self) -> str:
        """`payments.api.text` of payments/api/text.py."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def is_door(self) -> bool:
        parts = PurePosixPath(self.path).parts
        return self.floor in DOORS or parts[:2] in {("config", "api"), ("config", "back_office")}

    def at(self, node: ast.AST) -> str:
        """Return where a finding is: `payments/api/text.py:12`."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def house() -> tuple[Source, ...]:
    """Return every module of the product, migrations and manage.py among them."""
    return (*_read(PRODUCT), Source("manage.py", (ROOT / "manage.py").read_text()))


@cache
def tests() -> tuple[Source, ...]:
    """Return every module of the suite."""
    return tuple(_read(("tests",)))


def _read(folders: tuple[str, ...]) -> Iterator[Source]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield Source(path.relative_to(ROOT).as_posix(), path.read_text())

"""Jobs are deferred by name, which no import checks: each name is one that a worker knows."""

import ast
from collections.abc import Container, Iterable, Iterator

import pytest
from procrastinate.contrib.django import app

from tests.architecture.sources import Source, house

MADE_OF_PARTS = {
    "payments/actions/exchanges.py": "the noun that the order serves says who sends and asks",
    "payments/actions/order_resolutions.py": "the kind of the order says whose noun it is",
}
"""Where a name is put together, with what of; a test of the deed has to prove those."""


def deferred_names(source: Source) -> Iterator[tuple[str, str | None]]:
    """Yield where a job is deferred, and its name; None where it is not written out."""
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if ast.unparse(node.func) == "jobs.defer" and node.args:
            name = node.args[0]
            is_text = isinstance(name, ast.Constant) and isinstance(name.value, str)
            yield source.at(node), name.value if is_text else None


def unknown_names(sources: Iterable[Source], known: Container[str]) -> Iterator[str]:
    for source in sources:
        for place, name in deferred_names(source):
            if name is None and source.path not in MADE_OF_PARTS:
                yield f"{place}: a name that cannot be read"
            elif name is not None and name not in known:
                yield f"{place}: no worker knows {name}"


def test_every_job_that_is_deferred_is_known_to_workers() -> None:
    app.perform_import_paths()

    assert len([name for source in house() for _, name in deferred_names(source) if name]) > 5
    assert list(unknown_names(house(), app.tasks)) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("jobs.defer('a.b', at=at)", []),
        ("jobs.defer('a.c', at=at)", ["risk/tasks.py:1: no worker knows a.c"]),
        ("jobs.defer(name, at=at)", ["risk/tasks.py:1: a name that cannot be read"]),
    ],
)
def test_a_name_that_no_worker_knows_is_seen(line: str, found: list[str]) -> None:
    assert list(unknown_names([Source("risk/tasks.py", line)], {"a.b"})) == found

"""Nothing speaks to the network but the transport, which refuses inside a transaction."""

import ast
from collections.abc import Iterator

from tests.architecture.sources import Source, house

SPEAKERS = {"httpx", "httpcore", "requests", "socket", "urllib3", "aiohttp"}
SPEAKING_MODULES = {"urllib.request", "http.client"}
ALLOWED = {
    "payments/channels/transport.py": "the one way to channels; refuses in a transaction",
    "settlements/management/commands/seed_demo.py": "talks to the simulator of a demo",
    "settlements/rehearsal/other_side.py": "talks to the simulator of a rehearsal",
    "settlements/rehearsal/processes.py": "starts the processes of a rehearsal",
}
"""Who may, and why."""


def ways_out(source: Source) -> Iterator[str]:
    """Yield each module by which a source could speak to the network."""
    for node in ast.walk(source.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        yield from (
            name for name in names if name.partition(".")[0] in SPEAKERS or name in SPEAKING_MODULES
        )


def test_only_these_speak_to_the_network() -> None:
    product = [source for source in house() if not source.path.startswith("payments/simulator/")]

    assert {source.path for source in product if any(ways_out(source))} == set(ALLOWED)


def test_a_way_out_is_seen() -> None:
    lines = (
        "import httpx",
        "from urllib.request import urlopen",
        "import http.client",
        "import os",
    )

    found = [list(ways_out(Source("payments/x.py", line))) for line in lines]

    assert found == [["httpx"], ["urllib.request"], ["http.client"], []]

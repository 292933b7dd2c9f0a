"""What goes wrong, by a schedule that a seed repeats: processes, sessions, server, channel."""

import http.client
import json
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psycopg

from tests.harness.children import Children
from tests.harness.cluster import Cluster

WEIGHTS = {
    **dict.fromkeys(("web-1", "web-2", "worker-1", "worker-2", "worker-3"), 4),
    **dict.fromkeys(("scheduler-1", "scheduler-2", "simulator", "officers"), 1),
}
"""How often each process is the one that dies."""
BAD_ANSWERS = (
    ("timeout_before", {"seconds": 0.3}),
    ("timeout_after_commit", {"seconds": 0.3}),
    ("http_500", {}),
    ("http_500", {"after_commit": True}),
    ("system_error", {}),
    ("system_error", {"after_commit": True}),
    ("bad_signature", {}),
    ("truncated_json", {}),
)
BAD_NOTICES = (
    ("notify_drop", {}),
    ("notify_duplicate", {}),
    ("notify_wrong_amount", {}),
    ("notify_forged", {}),
    ("notify_delay", {"seconds": 8}),
)
FOR_EVER = 100_000_000
LONGER = 15
"""How many times its length the safety phase may last until enough has happened in it."""


def bad_channel(port: int, *, seed: int, percent: int, notice_percent: int = 8) -> None:
    """Let all channels answer badly so often, in equal shares, and tell wrongly now and then."""
    _said(port, "POST", "/control/faults/seed", {"seed": seed})
    left = 100.0
    share = percent / len(BAD_ANSWERS)
    for kind, fields in BAD_ANSWERS:
        # The first fault that strikes is the one: later ones draw from what is left.
        _order(port, kind, percent=max(1, round(100 * share / left)), **fields)
        left -= share
    for kind, fields in BAD_NOTICES:
        _order(port, kind, percent=notice_percent, **fields)


def good_channel(port: int) -> None:
    """Let the channel be as it should be."""
    _said(port, "DELETE", "/control/faults", None)


def _order(port: int, kind: str, **fields: object) -> None:
    _said(port, "POST", "/control/faults", {"kind": kind, "count": FOR_EVER, **fields})


def _said(port: int, method: str, path: str, body: dict[str, object] | None) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
    finally:
        connection.close()


@dataclass
class Chaos:
    """Kills a process each second, cuts sessions, and crashes the server once."""

    children: Children
    cluster: Cluster
    seed: int
    seconds: float
    note: Callable[..., None]
    is_enough: Callable[[], bool] = lambda: True
    counts: Counter[str] = field(default_factory=Counter)

    def run(self) -> None:
        """Go on for the safety phase."""
        chance = random.Random(f"chaos {self.seed}")
        begun = time.monotonic()
        crash_at = self.seconds * chance.uniform(0.4, 0.6)
        is_crashed = False
        second = 0
        while (gone := time.monotonic() - begun) < self.seconds or not self._may_end(gone):
            if gone < second:
                time.sleep(min(second - gone, 0.2))
                continue
            second += 1
            (victim,) = chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))
            cut = chance.randrange(3)
            for name in self.children.revive():
                self._did("ended by itself", name)
            if self.children.kill(victim):
                self._did("kill -9", victim)
            if cut == 0:
                try:
                    self.counts["terminated backends"] += self.cluster.terminate_backends(count=2)
                except psycopg.OperationalError:
                    self._did("no server to cut sessions of", "database")
            if not is_crashed and gone > crash_at:
                is_crashed = True
                self.cluster.crash()
                self._did("crash restart", "database")

    def rest(self) -> None:
        """Let the safety phase pass with nobody killed."""
        begun = time.monotonic()
        while (gone := time.monotonic() - begun) < self.seconds or not self._may_end(gone):
            time.sleep(0.5)

    def _may_end(self, gone: float) -> bool:
        """Tell whether enough was done; a slow machine gets more time, though not for ever."""
        return gone > LONGER * self.seconds or self.is_enough()

    def _did(self, what: str, whom: str) -> None:
        self.counts[what] += 1
        self.note(what=what, whom=whom)

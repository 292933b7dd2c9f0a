"""The processes of the house: started by the zygote, killed by whoever likes, started again."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass
class Child:
    """One process by its name, and how it is started."""

    name: str
    order: dict[str, Any]
    pid: int = 0
    starts: int = 0


@dataclass
class Children:
    """All of them. `environment` is what every one is told."""

    folder: Path
    environment: dict[str, str]
    by_name: dict[str, Child] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start the zygote, and wait until it has imported the house."""
        with (self.folder / "zygote.log").open("ab") as log:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.zygote"],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._heard() == {"ready": True}

    def start(self, name: str, **order: Any) -> None:
        """Start a process, and remember how."""
        log = str(self.folder / f"{name}.log")
        self.by_name[name] = Child(name, {"verb": "start", "log": log, **order})
        self._start(self.by_name[name])

    def kill(self, name: str) -> bool:
        """Kill a process and its own children with signal 9, and start it again."""
        child = self.by_name[name]
        is_killed = self._end(child)
        self._start(child)
        return is_killed

    def revive(self) -> list[str]:
        """Start again what has ended by itself; return the names."""
        ended = set(self._ask({"verb": "reap"})["ended"])
        dead = [child for child in self.by_name.values() if child.pid in ended]
        for child in dead:
            self._end_group(child)
            self._start(child)
        return [child.name for child in dead]

    def visits(self) -> dict[str, int]:
        """Say how often each fault point was passed, by all that ever lived."""
        found: dict[str, int] = self._ask({"verb": "visits"})["visits"]
        return found

    def stop(self, *names: str) -> None:
        """End processes for good, all unless they are named; then the zygote as well."""
        for name in names or tuple(self.by_name):
            child = self.by_name.pop(name)
            self._end(child)
        if not names:
            assert self._zygote.stdin is not None
            self._zygote.stdin.close()
            self._zygote.wait(timeout=10)
            assert self._zygote.stdout is not None
            self._zygote.stdout.close()

    def stop_politely(self, *, seconds: float = 10) -> None:
        """Let workers finish what they do, as a deployment does."""
        for child in self.by_name.values():
            os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        waiting = {child.pid for child in self.by_name.values()}
        while waiting and time.monotonic() < deadline:
            waiting -= set(self._ask({"verb": "reap"})["ended"])
            time.sleep(0.1)

    def _start(self, child: Child) -> None:
        # Its port is free only when the one before is gone.
        child.pid = self._ask({**child.order, "after": child.pid})["pid"]
        child.starts += 1

    @classmethod
    def _end(cls, child: Child) -> bool:
        """Kill a process that nobody has waited for yet, so that its number is still its own."""
        if not child.pid:
            return False  # it never started, and 0 would mean ourselves
        with suppress(ProcessLookupError):
            # One that was forked a moment ago may not have its own group yet.
            os.kill(child.pid, signal.SIGKILL)
        return cls._end_group(child)

    @staticmethod
    def _end_group(child: Child) -> bool:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            assert self._zygote.stdin is not None
            self._zygote.stdin.write(json.dumps(order) + "\n")
            self._zygote.stdin.flush()
            return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._zygote.stdout is not None
        line = self._zygote.stdout.readline()
        assert line, "the zygote has died; see zygote.log"
        answer: dict[str, Any] = json.loads(line)
        return answer

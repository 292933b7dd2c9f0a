"""A partner's line to the house: one connection, one history, the same key until it is answered."""

import http.client
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRY_SECONDS = 45
ANSWER_SECONDS = 12


@dataclass
class History:
    """One client's own record, appended line by line."""

    path: Path

    def note(self, **fact: Any) -> None:
        """Write a fact down with the time, at once."""
        with self.path.open("a") as file:
            file.write(json.dumps({"t": round(time.time(), 3), **fact}) + "\n")  # noqa: TID251


@dataclass
class Line:
    """How one client reaches the house. `secret` is its credential's; nobody else uses the line."""

    port: int
    secret: str
    history: History
    chance: random.Random
    connection: http.client.HTTPConnection | None = None

    def ask(
        self, op: str, number: str, path: str, body: dict[str, Any], **known: Any
    ) -> dict[str, Any] | None:
        """Send one request until it is answered, and note how it ended; None unless it was done."""
        key = f"{op}:{number}:0000000000000000"
        told = {"op": op, "no": number, "key": key, **known}
        self.history.note(**told, what="asked")
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        deadline = time.monotonic() + TRY_SECONDS
        tries = 0
        while time.monotonic() < deadline:
            tries += 1
            answer = self.send("POST", path, json.dumps(body).encode(), headers)
            if answer is None or answer[0] >= 500 or answer[1].get("retry") == "same_key":
                time.sleep(min(0.2 * tries, 1.5) * self.chance.uniform(0.5, 1))
                continue
            status, found = answer
            what = "ok" if status < 300 else "fail"
            ended = {"http": status, "id": found.get("id"), "code": found.get("code")}
            self.history.note(**told, what=what, tries=tries, **ended)
            return found if what == "ok" else None
        self.history.note(**told, what="unknown", tries=tries)
        return None

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]] | None:
        """Send a request once; None when nobody knows what became of it."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=ANSWER_SECONDS
            )
        try:
            self.connection.request(
                method, path, body, {"Authorization": f"Bearer {self.secret}", **headers}
            )
            answer = self.connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else {}
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
            self.connection = None
            return None

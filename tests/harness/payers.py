"""The payers: they see a code at the channel, and pay at once, late, or never."""

import http.client
import json
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.opening import APP_ID, MCHID


@dataclass
class Payers:
    """All payers; each order's fate is drawn from the seed and its place in the queue."""

    simulator_port: int
    database: Path
    seed: int
    is_over: Callable[[], bool]
    paid: int = 0
    chance: random.Random = field(init=False)
    seen: dict[str, int] = field(default_factory=lambda: {"trades": 0, "wechat_trades": 0})
    plans: list[tuple[float, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Draw from dice of their own."""
        self.chance = random.Random(f"payers {self.seed}")

    def run(self) -> None:
        """Look for new orders and pay what is planned, until it is over."""
        store = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
        while not self.is_over():
            for table, owner in (("trades", APP_ID), ("wechat_trades", MCHID)):
                rows = store.execute(
                    f"SELECT id, out_trade_no FROM {table} WHERE id > ? ORDER BY id",  # noqa: S608
                    [self.seen[table]],
                ).fetchall()
                for row_id, number in rows:
                    self.seen[table] = row_id
                    self._plan(owner, number)
            now = time.monotonic()
            due = [plan for plan in self.plans if plan[0] <= now]
            self.plans = [plan for plan in self.plans if plan[0] > now]
            for _, owner, number in due:
                self._pay(owner, number)
            time.sleep(0.1)

    def _plan(self, owner: str, number: str) -> None:
        drawn = self.chance.random()
        if drawn < 0.85:
            self.plans.append((time.monotonic() + self.chance.uniform(0, 1.5), owner, number))
        elif drawn < 0.95:
            self.plans.append((time.monotonic() + self.chance.uniform(5, 30), owner, number))

    def _pay(self, owner: str, number: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.simulator_port, timeout=5)
        try:
            body = json.dumps({"app_id": owner, "out_trade_no": number})
            connection.request("POST", "/control/pay", body)
            answer = connection.getresponse()
            answer.read()
            self.paid += answer.status == 200
        except (OSError, http.client.HTTPException):
            # The channel is down: the payer tries again in a moment.
            self.plans.append((time.monotonic() + 1, owner, number))
        finally:
            connection.close()

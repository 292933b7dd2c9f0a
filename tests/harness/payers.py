"""The payers: they see a code or a page at the channel, and pay at once, late, or never."""

import http.client
import json
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness.opening import APP_ID, MCHID, MER_ID

CLOSED_CARD_SECONDS = 4
"""How often somebody's account takes nothing that WeChat Pay gives back, nor sends elsewhere."""

ORDERS = {
    # What is taken of frozen money is a trade as well, and needs no payer.
    "trades": (APP_ID, "out_trade_no", "id NOT IN (SELECT trade_id FROM alipay_captures)"),
    "alipay_holds": (APP_ID, "out_order_no", "true"),
    "wechat_trades": (MCHID, "out_trade_no", "true"),
    "unionpay_transactions": (MER_ID, "order_id", "txn_type IN ('01', '02')"),
}
"""Where each channel keeps what waits for a payer: whose, by which number, and which of it."""


@dataclass
class Payers:
    """All payers; each order's fate is drawn from the seed and its place in the queue."""

    simulator_port: int
    database: Path
    seed: int
    is_over: Callable[[], bool]
    paid: int = 0
    chance: random.Random = field(init=False)
    seen: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ORDERS, 0))
    plans: list[tuple[float, str, str]] = field(default_factory=list)
    closes_at: float = 0

    def __post_init__(self) -> None:
        """Draw from dice of their own, and speak to the channel's counter."""
        self.chance = random.Random(f"payers {self.seed}")
        self.counter = http.client.HTTPConnection("127.0.0.1", self.simulator_port, timeout=5)

    def run(self) -> None:
        """Look for new orders and pay what is planned, until it is over."""
        store = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)
        while not self.is_over():
            for table, (owner, number, which) in ORDERS.items():
                rows = store.execute(
                    f"SELECT id, {number} FROM {table} WHERE id > ? AND {which} ORDER BY id",  # noqa: S608
                    [self.seen[table]],
                ).fetchall()
                for row_id, order_no in rows:
                    self.seen[table] = row_id
                    self._plan(owner, order_no)
            now = time.monotonic()
            due = [plan for plan in self.plans if plan[0] <= now]
            self.plans = [plan for plan in self.plans if plan[0] > now]
            for _, owner, order_no in due:
                self._pay(owner, order_no)
            if now >= self.closes_at:
                self.closes_at = now + CLOSED_CARD_SECONDS * self.chance.uniform(0.5, 1.5)
                self._close_an_account()
            time.sleep(0.1)
        store.close()
        self.counter.close()

    def _plan(self, owner: str, number: str) -> None:
        drawn = self.chance.random()
        if drawn < 0.85:
            self.plans.append((time.monotonic() + self.chance.uniform(0, 1.5), owner, number))
        elif drawn < 0.95:
            self.plans.append((time.monotonic() + self.chance.uniform(5, 50), owner, number))

    def _pay(self, owner: str, number: str) -> None:
        status = self._said("/control/pay", {"app_id": owner, "out_trade_no": number})
        self.paid += status == 200
        if status is None:
            # The channel is down: the payer tries again in a moment.
            self.plans.append((time.monotonic() + 1, owner, number))

    def _close_an_account(self) -> None:
        """Let the next refund at WeChat Pay, or its delivery elsewhere, end as abnormal."""
        plan = {"kind": "refund_failed", "app_id": MCHID, "error_code": "ABNORMAL"}
        self._said("/control/wechat/plans", plan)

    def _said(self, path: str, body: dict[str, str]) -> int | None:
        """Tell the channel's counter something; None when it is down."""
        try:
            self.counter.request("POST", path, json.dumps(body))
            answer = self.counter.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.counter.close()
            return None
        return answer.status

"""The partner's systems: threads that create, confirm and refund, and write down what they know.

Each sends under an idempotency key and sends again with the same key until it is answered; what
it was answered, or that it never was, goes into a history of its own that nobody else writes.
"""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TRY_SECONDS = 45
ANSWER_SECONDS = 12
METHODS = ("alipay_qr", "wechat_native")
LOOKS_MAX = 14


@dataclass
class History:
    """One client's own record, appended line by line."""

    path: Path

    def note(self, **fact: Any) -> None:
        """Write a fact down with the time, at once."""
        with self.path.open("a") as file:
            file.write(json.dumps({"t": round(time.time(), 3), **fact}) + "\n")  # noqa: TID251


@dataclass
class Client:
    """One partner's thread. `opened` is what the marketplace gave to its partner."""

    number: int
    port: int
    opened: dict[str, Any]
    history: History
    seed: int
    is_over: Callable[[], bool]
    lifetime_seconds: int
    pause_seconds: float
    chance: random.Random = field(init=False)
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    made: int = 0
    refunds: int = 0
    connection: http.client.HTTPConnection | None = None

    def __post_init__(self) -> None:
        """Draw from this client's own dice."""
        self.chance = random.Random(f"client {self.number} {self.seed}")

    def run(self) -> None:
        """Work until it is over; what was begun is left as it is."""
        while not self.is_over():
            now = time.monotonic()
            due = [item for item in self.later if item[0] <= now]
            if due:
                self.later.remove(due[0])
                due[0][1]()
            else:
                self._sell()
                time.sleep(self.pause_seconds * self.chance.uniform(0.5, 1.5))

    def _sell(self) -> None:
        self.made += 1
        order_no = f"C{self.number}-{self.seed}-{self.made}"
        amount = self.chance.randrange(100, 40_000)
        merchants = self.chance.sample(self.opened["merchants"], self.chance.choice((1, 1, 2)))
        shares = [amount // len(merchants)] * len(merchants)
        shares[0] += amount - sum(shares)
        ends = datetime.now(UTC) + timedelta(seconds=self.lifetime_seconds)  # noqa: TID251
        body = {
            "merchant_order_no": order_no,
            "amount": amount,
            "currency": "CNY",
            "description": f"Order {order_no}",
            "allocations": [
                {"merchant_id": merchant, "amount": share}
                for merchant, share in zip(merchants, shares, strict=True)
            ],
            "expires_at": ends.isoformat(),
        }
        created = self._ask("create", order_no, "/v1/payments", body, amount=amount)
        if created is None:
            return
        payment_id = created["id"]
        method = self.chance.choice(METHODS)
        path = f"/v1/payments/{payment_id}/confirm"
        if self._ask("confirm", order_no, path, {"method": method}) is None:
            return
        if self.chance.random() < 0.05:
            self._in(self.chance.uniform(0, 3), lambda: self._cancel(order_no, payment_id))
        if self.chance.random() < 0.8:
            self._in(1.5, lambda: self._look(order_no, payment_id, dict(body), LOOKS_MAX))

    def _cancel(self, order_no: str, payment_id: str) -> None:
        self._ask("cancel", f"{order_no}-X", f"/v1/payments/{payment_id}/cancel", {})

    def _look(self, order_no: str, payment_id: str, body: dict[str, Any], looks: int) -> None:
        """See whether it is paid by now; then give some of it back, in one part or several."""
        found = self._send("GET", f"/v1/payments/{payment_id}", None, {})
        if found is None or found[0] != 200 or found[1]["status"] != "paid":
            if looks:
                self._in(2, lambda: self._look(order_no, payment_id, body, looks - 1))
            return
        parts = self.chance.choice((1, 1, 2, 3))
        is_all = self.chance.random() < 0.4
        for part in range(1, parts + 1):
            self._refund(order_no, payment_id, body, part=part, parts=parts, is_all=is_all)

    def _refund(
        self,
        order_no: str,
        payment_id: str,
        body: dict[str, Any],
        *,
        part: int,
        parts: int,
        is_all: bool,
    ) -> None:
        refund_no = f"{order_no}-R{part}"
        wanted = {"payment_id": payment_id, "merchant_refund_no": refund_no, "reason": "Returned"}
        if not (is_all and parts == 1):
            divisor = parts if is_all else parts + self.chance.randrange(1, 4)
            rows = [
                {**row, "amount": share}
                for row in body["allocations"]
                if (share := row["amount"] // divisor) > 0
            ]
            wanted.update(
                allocations=rows, amount=sum(row["amount"] for row in rows), currency="CNY"
            )
        amount = wanted.get("amount", body["amount"])
        self._ask("refund", refund_no, "/v1/refunds", wanted, amount=amount)

    def _in(self, seconds: float, deed: Callable[[], None]) -> None:
        self.later.append((time.monotonic() + seconds, deed))

    def _ask(
        self, op: str, number: str, path: str, body: dict[str, Any], **known: Any
    ) -> dict[str, Any] | None:
        """Send one request until it is answered, and note how it ended; None unless it was done."""
        key = f"{op}:{number}:0000000000000000"
        self.history.note(op=op, no=number, key=key, what="asked", **known)
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        deadline = time.monotonic() + TRY_SECONDS
        tries = 0
        while time.monotonic() < deadline:
            tries += 1
            answer = self._send("POST", path, json.dumps(body).encode(), headers)
            if answer is None or answer[0] >= 500 or answer[1].get("retry") == "same_key":
                time.sleep(min(0.2 * tries, 1.5) * self.chance.uniform(0.5, 1))
                continue
            status, found = answer
            what = "ok" if status < 300 else "fail"
            self.history.note(
                op=op,
                no=number,
                key=key,
                what=what,
                tries=tries,
                http=status,
                id=found.get("id"),
                code=found.get("code"),
            )
            return found if what == "ok" else None
        self.history.note(op=op, no=number, key=key, what="unknown", tries=tries)
        return None

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]] | None:
        """Send a request once; None when nobody knows what became of it."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=ANSWER_SECONDS
            )
        try:
            self.connection.request(
                method,
                path,
                body,
                {"Authorization": f"Bearer {self.opened['secret']}", **headers},
            )
            answer = self.connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else {}
        except (OSError, http.client.HTTPException, ValueError):
            self.connection.close()
            self.connection = None
            return None


def work(
    *,
    count: int,
    port: int,
    opened: dict[str, Any],
    folder: Path,
    seed: int,
    is_over: Callable[[], bool],
    lifetime_seconds: int,
    pause_seconds: float,
) -> None:
    """Be all clients at once until it is over; return when the last one has its answer."""
    threads = [
        threading.Thread(
            target=Client(
                number=number,
                port=port,
                opened=opened,
                history=History(folder / f"client-{number:02}.jsonl"),
                seed=seed,
                is_over=is_over,
                lifetime_seconds=lifetime_seconds,
                pause_seconds=pause_seconds,
            ).run
        )
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

"""The partner's systems: threads that sell, take, give back, and write down what they know.

Each sends under an idempotency key and sends again with the same key until it is answered; what
it was answered, or that it never was, goes into a history of its own that nobody else writes.
"""

import http.client
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.harness.lines import History, Line

METHODS = (
    *("alipay_qr",) * 4,
    *("wechat_native",) * 4,
    *("card_page",) * 3,
    *("wechat_jsapi", "wechat_h5", "wechat_app"),
    *("alipay_mini", "alipay_page", "alipay_wap", "alipay_app", "card_wap"),
)
"""Every scene that there is, those with a code to scan more often."""
CARRIED = {"card_page", "card_wap", "alipay_page", "alipay_wap", "alipay_app"}
"""Methods in which the payer's device takes the order to the channel."""
MORE = {
    "wechat_jsapi": {"payer_account": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
    "wechat_h5": {"payer_ip": "203.0.113.9"},
    "alipay_mini": {"payer_account": "2088000000000001"},
}
"""What else a method has to know of its payer."""
HOLDING = ("alipay_qr", "card_page")
"""Methods by which money is held first, in a part of all sales."""
LOOKS = (1.5, 2.0, 3.0, 5.0, 8.0)
"""How long a client waits before each look at a sale, in seconds."""
ENDED = {"closed", "rejected", "paid_late", "refunded_late", "conflicted"}


@dataclass
class Sale:
    """One order of a client, while it looks after it."""

    order_no: str
    payment_id: str
    amount: int
    rows: list[dict[str, Any]]
    method: str
    is_held: bool
    is_watched: bool
    is_open: bool = False
    is_taken: bool = False
    looks: int = 0


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
    line: Line = field(init=False)
    later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        """Draw from this client's own dice."""
        self.chance = random.Random(f"client {self.number} {self.seed}")
        self.line = Line(self.port, self.opened["secret"], self.history, self.chance)

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

    # --- selling --------------------------------------------------------------------------------

    def _sell(self) -> None:
        self.made += 1
        order_no = f"C{self.number}-{self.seed}-{self.made}"
        is_held = self.chance.random() < 0.2
        amount = self.chance.randrange(100, 40_000)
        rows = self._rows(amount)
        ends = datetime.now(UTC) + timedelta(seconds=self.lifetime_seconds)  # noqa: TID251
        body = {
            "merchant_order_no": order_no,
            "amount": amount,
            "currency": "CNY",
            "description": f"Order {order_no}",
            "allocations": rows,
            "expires_at": ends.isoformat(),
            "capture": "manual" if is_held else "automatic",
        }
        known: dict[str, Any] = {"amount": amount}
        known["rows"] = [[row["merchant_id"], row["amount"]] for row in rows]
        if self.chance.random() < 0.12:
            # One of a few who pay by many tills at once, and may not pay more than so much a day.
            known["payer"] = f"P{self.chance.randrange(3)}-{int(time.time()) // 20}"  # noqa: TID251
            body["payer_no"] = known["payer"]
        created = self.line.ask("create", order_no, "/v1/payments", body, **known)
        if created is None:
            return
        payment_id, drawn = created["id"], self.chance.random()
        if drawn < 0.25:
            # The payer leaves before they have chosen how to pay.
            self._cancel(order_no, payment_id)
            return
        method = self.chance.choice(HOLDING if is_held else METHODS)
        path = f"/v1/payments/{payment_id}/confirm"
        body = {"method": method, **MORE.get(method, {})}
        confirmed = self.line.ask("confirm", order_no, path, body)
        if confirmed is None or confirmed["status"] == "rejected":
            return
        if drawn < 0.3:
            self._in(self.chance.uniform(0, 3), lambda: self._cancel(order_no, payment_id))
        is_watched = self.chance.random() < 0.9
        if is_watched or method in CARRIED:
            sale = Sale(order_no, payment_id, amount, rows, method, is_held, is_watched)
            self._in(LOOKS[0], lambda: self._look(sale))

    def _rows(self, amount: int) -> list[dict[str, Any]]:
        merchants = self.chance.sample(self.opened["merchants"], self.chance.choice((1, 1, 2)))
        shares = [amount // len(merchants)] * len(merchants)
        shares[0] += amount - sum(shares)
        return [
            {"merchant_id": merchant, "amount": share}
            for merchant, share in zip(merchants, shares, strict=True)
        ]

    def _cancel(self, order_no: str, payment_id: str) -> None:
        self.line.ask("cancel", f"{order_no}-X", f"/v1/payments/{payment_id}/cancel", {})

    # --- what becomes of it ---------------------------------------------------------------------

    def _look(self, sale: Sale) -> None:
        """See what has become of a sale, and do what a shop does then."""
        answer = self.line.send("GET", f"/v1/payments/{sale.payment_id}", None, {})
        sale.looks += 1
        found = answer[1] if answer is not None and answer[0] == 200 else {"status": "unseen"}
        if not sale.is_open and sale.method in CARRIED:
            sale.is_open = self._opened_page(found)
        if found["status"] in ENDED or (sale.is_open and not sale.is_watched):
            return
        if sale.is_watched and found["status"] == "authorized" and not sale.is_taken:
            sale.is_taken = True
            self._take(sale)
        elif sale.is_watched and found["status"] == "paid" and self._give_back(sale, found):
            return
        if sale.looks < len(LOOKS):
            self._in(LOOKS[sale.looks], lambda: self._look(sale))

    def _opened_page(self, found: dict[str, Any]) -> bool:
        """Be the device that takes the payer's order to the channel; True once it arrived."""
        actions = [row["action"] for row in found.get("attempts", ()) if row.get("action")]
        if not actions:
            return False
        action = actions[-1]
        address = urlsplit(action.get("url") or f"{self.opened['simulator']}/phone")
        connection = http.client.HTTPConnection(address.netloc, timeout=5)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            if action["kind"] == "redirect":
                connection.request("GET", f"{address.path}?{address.query}")
            else:
                connection.request("POST", address.path, urlencode(action["fields"]), headers)
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _take(self, sale: Sale) -> None:
        """Take what is held, in one part or several where the channel can; or give it back."""
        path = f"/v1/payments/{sale.payment_id}"
        known = {"payment": sale.payment_id}
        if self.chance.random() < 0.25:
            self.line.ask("void", f"{sale.order_no}-V", f"{path}/void", {}, **known)
            return
        parts = self.chance.choice((1, 2, 3, 3)) if sale.method == "alipay_qr" else 1
        is_all = self.chance.random() < 0.4
        for part in range(1, parts + 1):
            amount = sale.amount // (parts if is_all else parts + 1)
            is_final = part == parts and self.chance.random() < 0.4
            # A card is taken of once, so whoever takes a part has to say that it is the last.
            is_only_one = sale.method == "card_page"
            body = {"amount": max(1, amount), "final": is_final or is_only_one}
            if part == parts == 1 and is_all:
                body = {"final": is_final}
            number = f"{sale.order_no}-K{part}"
            self.line.ask("capture", number, f"{path}/capture", body, **known)
        if parts > 1 and not is_all and self.chance.random() < 0.5:
            number = f"{sale.order_no}-V"
            self._in(4, lambda: self.line.ask("void", number, f"{path}/void", {}, **known) and None)

    def _give_back(self, sale: Sale, found: dict[str, Any]) -> bool:
        """Give some of it back, in one part or several; False when it is to be seen later."""
        if sale.is_held:
            return self._give_back_captured(sale, found)
        parts = self.chance.choice((1, 2, 3, 4))
        is_all = self.chance.random() < 0.4
        divisor = parts if is_all else parts + self.chance.randrange(1, 4)
        for part in range(1, parts + 1):
            rows = [] if is_all and parts == 1 else _shared(sale.rows, divisor)
            self._refund(sale, part=part, rows=rows, amount=sale.amount)
        return True

    def _give_back_captured(self, sale: Sale, found: dict[str, Any]) -> bool:
        """Give back of the first part that was taken, all of it or a half."""
        taken = [row for row in found.get("captures", ()) if row["status"] == "succeeded"]
        if not taken:
            return False
        rows, amount = [], taken[0]["amount"]
        if self.chance.random() < 0.5:
            owners = {row["id"]: row["merchant_id"] for row in found["allocations"]}
            shares = [
                {"merchant_id": owners[row["allocation_id"]], "amount": row["amount"]}
                for row in taken[0]["allocations"]
            ]
            rows = _shared(shares, 2)
        self._refund(sale, part=1, rows=rows, amount=amount, capture_id=taken[0]["id"])
        return True

    def _refund(
        self, sale: Sale, *, part: int, rows: list[dict[str, Any]], amount: int, **more: Any
    ) -> None:
        """Refund the rows, or everything that is left where there are none."""
        refund_no = f"{sale.order_no}-R{part}"
        wanted = {
            "payment_id": sale.payment_id,
            "merchant_refund_no": refund_no,
            "reason": "Returned",
            **more,
        }
        if rows:
            amount = sum(row["amount"] for row in rows)
            wanted.update(allocations=rows, amount=amount, currency="CNY")
        self.line.ask("refund", refund_no, "/v1/refunds", wanted, amount=amount)

    def _in(self, seconds: float, deed: Callable[[], None]) -> None:
        self.later.append((time.monotonic() + seconds, deed))


def _shared(rows: list[dict[str, Any]], divisor: int) -> list[dict[str, Any]]:
    """Return a part of each row, leaving out those of which nothing remains."""
    return [{**row, "amount": part} for row in rows if (part := row["amount"] // divisor) > 0]


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

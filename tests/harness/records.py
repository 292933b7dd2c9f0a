"""The records that the checker compares: each read from where only one side writes."""

import json
import sqlite3
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.harness.opening import APP_ID, MCHID, MER_ID

Row = dict[str, Any]

FORMS = {"unionpay.front"}
"""Orders of ours that a payer's browser carries to the channel, as often as it likes."""
GIVEN_UP = "cancel_"
"""What Alipay frees by itself when an order is closed after all, it calls so and by the order."""


@dataclass
class Channel:
    """What the channel did and saw, by our numbers; amounts in fen.

    Of `captured` and `freed` the first is the number of the hold that it is of. `whose` has of
    each number that moved money the account and the currency, `upon` of each refund what it gave
    back of. What is `unreadable` ended so that nobody who asks is told an end.
    """

    paid: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    captured: dict[str, tuple[str, int]] = field(default_factory=dict)
    freed: dict[str, tuple[str, int]] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    log: list[Row] = field(default_factory=list)
    whose: dict[str, tuple[str, str]] = field(default_factory=dict)
    upon: dict[str, str] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: int = 0

    def held_still(self, number: str) -> int:
        """Say what of a hold was not given back: it was taken, or may be."""
        freed = sum(amount for upon, amount in self.freed.values() if upon == number)
        return self.held.get(number, 0) - freed

    def done(self) -> dict[str, dict[str, int]]:
        """Say what was done by the kind of our order; what was held is a payment's as well."""
        return {
            "pay": self.paid | self.held,
            "refund": self.refunded,
            "capture": {number: amount for number, (_, amount) in self.captured.items()},
            "void": {
                number: amount
                for number, (_, amount) in self.freed.items()
                if not number.startswith(GIVEN_UP)
            },
        }


def channel_of(path: Path) -> Channel:
    """Read the simulator's memory."""
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    store.row_factory = sqlite3.Row
    channel = Channel()
    _read_alipay(store, channel)
    _read_wechat(store, channel)
    _read_unionpay(store, channel)
    names = {APP_ID: "Alipay", MCHID: "WeChat Pay", MER_ID: "UnionPay"}
    for row in store.execute("SELECT * FROM effects ORDER BY id"):
        detail = json.loads(row["detail"])
        fault = detail.get("fault")
        channel.log.append({**dict(row), **detail})
        if row["kind"] == "request":
            channel.faults[fault or ""] += 1
            channel.requests += 1
            channel.calls[row["number"]].append((row["method"], fault or ""))
        elif row["kind"] in ("notified", "notification_delayed"):
            channel.notices[names.get(row["owner"], row["owner"]), fault or ""] += 1
        elif row["number"]:
            channel.effects[row["number"]].append(row["kind"])
    channel.faults.pop("", None)
    store.close()
    return channel


def _read_alipay(store: sqlite3.Connection, channel: Channel) -> None:
    captures = """
        SELECT t.*, h.out_order_no FROM alipay_captures c
        JOIN trades t ON t.id = c.trade_id JOIN alipay_holds h ON h.id = c.hold_id"""
    for row in store.execute(captures):
        channel.captured[row["out_trade_no"]] = (row["out_order_no"], row["total_minor"])
    for row in store.execute("SELECT * FROM trades WHERE paid_ms IS NOT NULL"):
        channel.whose[row["out_trade_no"]] = (row["app_id"], row["currency"])
        if row["out_trade_no"] not in channel.captured:
            channel.paid[row["out_trade_no"]] = row["total_minor"]
    for row in store.execute("SELECT * FROM alipay_holds WHERE held_ms IS NOT NULL"):
        channel.held[row["out_order_no"]] = row["amount_minor"]
        channel.whose[row["out_order_no"]] = (row["app_id"], row["currency"])
    freed = """
        SELECT u.out_request_no, u.amount_minor, h.out_order_no, h.app_id, h.currency
        FROM alipay_unfreezes u JOIN alipay_holds h ON h.id = u.hold_id"""
    for row in store.execute(freed):
        channel.freed[row["out_request_no"]] = (row["out_order_no"], row["amount_minor"])
        channel.whose[row["out_request_no"]] = (row["app_id"], row["currency"])
    refunds = """
        SELECT r.*, t.out_trade_no, t.app_id, t.currency FROM alipay_refunds r
        JOIN trades t ON t.id = r.trade_id"""
    for row in store.execute(refunds):
        number = row["out_request_no"]
        if row["status"] == "done":
            channel.refunded[number] = row["amount_minor"]
            channel.whose[number] = (row["app_id"], row["currency"])
            channel.upon[number] = row["out_trade_no"]
        elif row["status"] == "failed":
            channel.unreadable.add(number)


def _read_wechat(store: sqlite3.Connection, channel: Channel) -> None:
    for row in store.execute("SELECT * FROM wechat_trades WHERE paid_ms IS NOT NULL"):
        channel.paid[row["out_trade_no"]] = row["total_minor"]
        channel.whose[row["out_trade_no"]] = (row["mchid"], row["currency"])
    refunds = """
        SELECT r.*, t.out_trade_no, t.currency FROM wechat_refunds r
        JOIN wechat_trades t ON t.id = r.trade_id"""
    for row in store.execute(refunds):
        number = row["out_refund_no"]
        if row["status"] == "success":
            channel.refunded[number] = row["refund_minor"]
            channel.whose[number] = (row["mchid"], row["currency"])
            channel.upon[number] = row["out_trade_no"]
        elif row["status"] in ("abnormal", "closed"):
            channel.unreadable.add(number)


def _read_unionpay(store: sqlite3.Connection, channel: Channel) -> None:
    done = """
        SELECT t.txn_type, t.order_id, t.mer_id, t.amount_minor, o.order_id AS upon
        FROM unionpay_transactions t LEFT JOIN unionpay_transactions o ON o.id = t.orig_id
        WHERE t.status = 'done'"""
    for row in store.execute(done):
        number, amount = row["order_id"], row["amount_minor"]
        channel.whose[number] = (row["mer_id"], "CNY")  # UnionPay's only one here
        match row["txn_type"]:
            case "01":
                channel.paid[number] = amount
            case "02":
                channel.held[number] = amount
            case "03":
                channel.captured[number] = (row["upon"], amount)
            case "04":
                channel.refunded[number] = amount
                channel.upon[number] = row["upon"]
            case _:
                channel.freed[number] = (row["upon"], amount)


def history_of(folder: Path) -> list[Row]:
    """Read what the clients know, all of them."""
    return [row for path in sorted(folder.glob("client-*.jsonl")) for row in lines_of(path)]


def officers_of(folder: Path) -> list[Row]:
    """Read what officers were about to say, all of them."""
    return [row for path in sorted(folder.glob("officer-*.jsonl")) for row in lines_of(path)]


def lines_of(path: Path) -> list[Row]:
    """Read a file of JSON lines; a process that died while it wrote left half of one."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        with suppress(json.JSONDecodeError):
            rows.append(json.loads(line))
    return rows


@dataclass
class House:
    """What our database says. `balances` are of all accounts, in minor units of their currency."""

    payments: list[Row]
    attempts: list[Row]
    refunds: list[Row]
    operations: list[Row]
    events: list[Row]
    authorisations: list[Row] = field(default_factory=list)
    captures: list[Row] = field(default_factory=list)
    voids: list[Row] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    allocations: list[Row] = field(default_factory=list)
    capture_shares: list[Row] = field(default_factory=list)
    refund_shares: list[Row] = field(default_factory=list)
    parked: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    approvals: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    screenings: list[Row] = field(default_factory=list)
    counters: list[Row] = field(default_factory=list)
    remedies: list[Row] = field(default_factory=list)


_QUERIES = {
    "payments": "SELECT * FROM payments_payment",
    "attempts": "SELECT * FROM payments_paymentattempt",
    "refunds": "SELECT * FROM payments_refund",
    "operations": "SELECT * FROM payments_channeloperation",
    "events": "SELECT subject, sequence, kind FROM payments_event ORDER BY subject, sequence",
    "authorisations": "SELECT * FROM payments_authorisation",
    "captures": "SELECT * FROM payments_capture",
    "voids": "SELECT * FROM payments_void",
}
_MORE_QUERIES = {
    "accounts": "SELECT id, channel, app_id, merchant_no FROM payments_channelaccount",
    "allocations": "SELECT * FROM payments_paymentallocation",
    "capture_shares": "SELECT * FROM payments_captureshare",
    "refund_shares": "SELECT * FROM payments_refundallocation",
    "parked": "SELECT * FROM payments_parkedmoney",
    "balances": """
        SELECT a.code, a.owner_id, a.currency, b.balance_minor
        FROM ledger_accountbalance b JOIN ledger_account a ON a.id = b.account_id""",
    "approvals": "SELECT * FROM ledger_approvalrequest",
    "decisions": "SELECT * FROM ledger_approvaldecision",
    "screenings": """
        SELECT s.subject, s.consumed, r.screening_id IS NOT NULL AS is_released
        FROM risk_screening s LEFT JOIN risk_limitrelease r ON r.screening_id = s.id""",
    "counters": "SELECT * FROM risk_limitcounter WHERE deed = 'payment'",
    "remedies": "SELECT * FROM payments_refundremedy",
}


def house_of(url: str, *, is_all: bool = True) -> House:
    """Read the tables that matter, in one snapshot; not `is_all`: what tells whether all ended."""
    queries = _QUERIES | _MORE_QUERIES if is_all else _QUERIES
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return House(
            **{name: connection.execute(query).fetchall() for name, query in queries.items()}
        )

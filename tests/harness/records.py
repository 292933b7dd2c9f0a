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

QUESTIONS = {
    "alipay.trade.query",
    "alipay.trade.fastpay.refund.query",
    "alipay.fund.auth.operation.detail.query",
    "alipay.fund.trans.common.query",
    "wechat.query",
    "wechat.query_by_id",
    "wechat.refund_query",
    "unionpay.query",
}
PREPAYS = {
    "alipay.trade.precreate",
    "alipay.trade.page.pay",
    "alipay.trade.wap.pay",
    "alipay.trade.create",
    "alipay.fund.auth.order.voucher.create",
    "wechat.native",
}
MONEY_MOVERS = {
    "alipay.trade.refund",
    "alipay.trade.pay",
    "alipay.fund.auth.order.unfreeze",
    "alipay.fund.trans.uni.transfer",
    "wechat.refund",
    "unionpay.refund",
    "unionpay.capture",
    "unionpay.void",
}
FORMS = {"unionpay.front"}
"""Orders of ours that a payer's browser carries to the channel, as often as it likes."""
GIVEN_UP = "cancel_"
"""What Alipay frees by itself when an order is closed after all, it calls so and by the order."""


@dataclass
class Channel:
    """What the channel did and saw, by our numbers; amounts in fen.

    Of `captured` and `freed` the first is the number of the hold that it is of.
    """

    paid: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    captured: dict[str, tuple[str, int]] = field(default_factory=dict)
    freed: dict[str, tuple[str, int]] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)
    requests: int = 0

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
    for row in store.execute("SELECT * FROM wechat_trades WHERE paid_ms IS NOT NULL"):
        channel.paid[row["out_trade_no"]] = row["total_minor"]
    for row in store.execute("SELECT * FROM wechat_refunds WHERE status = 'success'"):
        channel.refunded[row["out_refund_no"]] = row["refund_minor"]
    _read_unionpay(store, channel)
    names = {APP_ID: "Alipay", MCHID: "WeChat Pay", MER_ID: "UnionPay"}
    for row in store.execute("SELECT * FROM effects ORDER BY id"):
        fault = json.loads(row["detail"]).get("fault")
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
        SELECT t.out_trade_no, t.total_minor, h.out_order_no FROM alipay_captures c
        JOIN trades t ON t.id = c.trade_id JOIN alipay_holds h ON h.id = c.hold_id"""
    for row in store.execute(captures):
        channel.captured[row["out_trade_no"]] = (row["out_order_no"], row["total_minor"])
    for row in store.execute("SELECT * FROM trades WHERE paid_ms IS NOT NULL"):
        if row["out_trade_no"] not in channel.captured:
            channel.paid[row["out_trade_no"]] = row["total_minor"]
    for row in store.execute("SELECT * FROM alipay_holds WHERE held_ms IS NOT NULL"):
        channel.held[row["out_order_no"]] = row["amount_minor"]
    freed = """
        SELECT u.out_request_no, u.amount_minor, h.out_order_no FROM alipay_unfreezes u
        JOIN alipay_holds h ON h.id = u.hold_id"""
    for row in store.execute(freed):
        channel.freed[row["out_request_no"]] = (row["out_order_no"], row["amount_minor"])
    for row in store.execute("SELECT * FROM alipay_refunds WHERE status = 'done'"):
        channel.refunded[row["out_request_no"]] = row["amount_minor"]


def _read_unionpay(store: sqlite3.Connection, channel: Channel) -> None:
    done = """
        SELECT t.txn_type, t.order_id, t.amount_minor, o.order_id AS upon
        FROM unionpay_transactions t LEFT JOIN unionpay_transactions o ON o.id = t.orig_id
        WHERE t.status = 'done'"""
    for row in store.execute(done):
        number, amount = row["order_id"], row["amount_minor"]
        match row["txn_type"]:
            case "01":
                channel.paid[number] = amount
            case "02":
                channel.held[number] = amount
            case "03":
                channel.captured[number] = (row["upon"], amount)
            case "04":
                channel.refunded[number] = amount
            case _:
                channel.freed[number] = (row["upon"], amount)


def history_of(folder: Path) -> list[Row]:
    """Read what the clients know, all of them."""
    return [row for path in sorted(folder.glob("client-*.jsonl")) for row in lines_of(path)]


def lines_of(path: Path) -> list[Row]:
    """Read a file of JSON lines; a process that died while it wrote left half of one."""
    rows = []
    for line in path.read_text().splitlines() if path.exists() else ():
        with suppress(json.JSONDecodeError):
            rows.append(json.loads(line))
    return rows


@dataclass
class House:
    """What our database says."""

    payments: list[Row]
    attempts: list[Row]
    refunds: list[Row]
    operations: list[Row]
    events: list[Row]
    authorisations: list[Row] = field(default_factory=list)
    captures: list[Row] = field(default_factory=list)
    voids: list[Row] = field(default_factory=list)


def house_of(url: str) -> House:
    """Read the tables that matter, in one snapshot."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return House(
            payments=_all(connection, "payments_payment"),
            attempts=_all(connection, "payments_paymentattempt"),
            refunds=_all(connection, "payments_refund"),
            operations=_all(connection, "payments_channeloperation"),
            authorisations=_all(connection, "payments_authorisation"),
            captures=_all(connection, "payments_capture"),
            voids=_all(connection, "payments_void"),
            events=connection.execute(
                "SELECT subject, sequence, kind FROM payments_event ORDER BY subject, sequence"
            ).fetchall(),
        )


def _all(connection: psycopg.Connection[Row], table: str) -> list[Row]:
    return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608

"""The records that the checker compares: each read from where only one side writes."""

import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

QUESTIONS = {
    "alipay.trade.query",
    "alipay.trade.fastpay.refund.query",
    "alipay.fund.trans.common.query",
    "wechat.query",
    "wechat.query_by_id",
    "wechat.refund_query",
}
PREPAYS = {
    "alipay.trade.precreate",
    "alipay.trade.page.pay",
    "alipay.trade.wap.pay",
    "alipay.trade.create",
    "wechat.native",
}
MONEY_MOVERS = {"alipay.trade.refund", "wechat.refund", "alipay.fund.trans.uni.transfer"}


@dataclass
class Channel:
    """What the channel did and saw, by our numbers."""

    paid: dict[str, int] = field(default_factory=dict)
    refunded: dict[str, int] = field(default_factory=dict)
    effects: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    faults: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    requests: int = 0


def channel_of(path: Path) -> Channel:
    """Read the simulator's memory."""
    store = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    store.row_factory = sqlite3.Row
    channel = Channel()
    for table in ("trades", "wechat_trades"):
        rows = store.execute(f"SELECT * FROM {table} WHERE paid_ms IS NOT NULL")  # noqa: S608
        channel.paid |= {row["out_trade_no"]: row["total_minor"] for row in rows}
    for row in store.execute("SELECT * FROM alipay_refunds WHERE status = 'done'"):
        channel.refunded[row["out_request_no"]] = row["amount_minor"]
    for row in store.execute("SELECT * FROM wechat_refunds WHERE status = 'success'"):
        channel.refunded[row["out_refund_no"]] = row["refund_minor"]
    for row in store.execute("SELECT * FROM effects ORDER BY id"):
        fault = json.loads(row["detail"]).get("fault")
        if fault:
            channel.faults[fault] += 1
        if row["kind"] == "request":
            channel.requests += 1
            channel.calls[row["number"]].append((row["method"], fault or ""))
        elif row["number"]:
            channel.effects[row["number"]].append(row["kind"])
    store.close()
    return channel


def history_of(folder: Path) -> list[Row]:
    """Read what the clients know, all of them."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("client-*.jsonl"))
        for line in path.read_text().splitlines()
    ]


@dataclass
class House:
    """What our database says."""

    payments: list[Row]
    attempts: list[Row]
    refunds: list[Row]
    operations: list[Row]
    events: list[Row]


def house_of(url: str) -> House:
    """Read the tables that matter, in one snapshot."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return House(
            payments=connection.execute("SELECT * FROM payments_payment").fetchall(),
            attempts=connection.execute("SELECT * FROM payments_paymentattempt").fetchall(),
            refunds=connection.execute("SELECT * FROM payments_refund").fetchall(),
            operations=connection.execute("SELECT * FROM payments_channeloperation").fetchall(),
            events=connection.execute(
                "SELECT subject, sequence, kind FROM payments_event ORDER BY subject, sequence"
            ).fetchall(),
        )

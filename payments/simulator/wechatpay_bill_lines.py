"""What happened on a Shanghai day at the simulated WeChat Pay, as lines of its two bills."""

import sqlite3
from dataclasses import dataclass
from datetime import date

from payments.simulator.bill_changes import BillLine, LineAbout
from payments.simulator.clock import shanghai_ms, shanghai_text
from payments.simulator.store import Store
from payments.simulator.wechatpay_merchants import Merchant

_DAY_MS = 86_400_000
_WRITTEN_MS = 9 * 3_600_000
_REFUND_WORDS = {
    "processing": "PROCESSING",
    "success": "SUCCESS",
    "closed": "FAIL",
    "abnormal": "CHANGE",
}
_PAID = """
    SELECT * FROM wechat_orders WHERE mchid = ? AND paid_date = ? AND status = 'paid'
    ORDER BY paid_ms, id
"""
_REFUNDED = """
    SELECT r.*, t.transaction_id, t.out_trade_no, t.openid, t.trade_type, t.description,
        t.attach, r.refund_minor - t.given_minor * r.refund_minor / t.total_minor AS settled_minor
    FROM wechat_refunds r JOIN wechat_orders t ON t.id = r.trade_id
    WHERE r.mchid = ? AND r.created_ms >= ? AND r.created_ms < ? ORDER BY r.created_ms, r.id
"""
_FUNDS = """
    SELECT * FROM (
        SELECT paid_date AS day, paid_ms AS at_ms, 0 AS place, transaction_id AS business_no,
            out_trade_no AS number, '交易' AS name, total_minor - given_minor AS amount_minor
        FROM wechat_orders WHERE mchid = ?1 AND status = 'paid'
        UNION ALL
        SELECT paid_date, paid_ms, 1, transaction_id, out_trade_no, '扣除交易手续费', -fee_minor
        FROM wechat_orders WHERE mchid = ?1 AND status = 'paid' AND fee_minor > 0
        UNION ALL
        SELECT r.success_date, r.ends_ms, 2, r.refund_id, r.out_refund_no, '退款',
            r.fee_returned_minor - r.refund_minor
                + t.given_minor * r.refund_minor / t.total_minor
        FROM wechat_refunds r JOIN wechat_orders t ON t.id = r.trade_id
        WHERE r.mchid = ?1 AND r.status = 'success'
    ) WHERE day <= ?2 ORDER BY day, at_ms, place, business_no
"""
_PAID_OUT = """
    SELECT booking_date AS day, e.id, e.amount_minor FROM bank_entries e WHERE e.id IN (
        SELECT bank_entry_id FROM wechat_trades WHERE mchid = ?1
        UNION SELECT bank_entry_id FROM wechat_refunds WHERE mchid = ?1
    ) AND booking_date <= ?2 ORDER BY booking_date, e.id
"""


@dataclass(frozen=True)
class FundRow:
    """One change of a merchant's basic account, and what it held then, in the minor unit."""

    booked: str
    business_no: str
    flow_no: str
    name: str
    amount_minor: int
    balance_minor: int
    voucher_no: str


def trade_lines(store: Store, *, merchant: Merchant, day: date) -> list[BillLine]:
    """List the trades that were paid on a day, then the refunds that were accepted on it."""
    begins_ms = shanghai_ms(f"{day} 00:00:00")
    paid = store.rows(_PAID, merchant.mchid, day.isoformat())
    refunded = store.rows(_REFUNDED, merchant.mchid, begins_ms, begins_ms + _DAY_MS)
    written_ms = begins_ms + _DAY_MS + _WRITTEN_MS
    return [
        *(_payment(row) for row in paid),
        *(_refund(row, written_ms=written_ms) for row in refunded),
    ]


def fund_rows(store: Store, *, merchant: Merchant, day: date) -> list[FundRow]:
    """List what changed a merchant's basic account on a day.

    What was paid in at its bank left the account at the beginning of that day.
    """
    through = day.isoformat()
    changes = [
        (
            row["day"],
            row["at_ms"],
            row["business_no"],
            row["name"],
            row["amount_minor"],
            row["number"],
        )
        for row in store.rows(_FUNDS, merchant.mchid, through)
    ] + [
        (
            row["day"],
            shanghai_ms(f"{row['day']} 00:00:00"),
            f"1{row['id']:027d}",
            "提现",
            -row["amount_minor"],
            "",
        )
        for row in store.rows(_PAID_OUT, merchant.mchid, through)
    ]
    balance_minor, rows = 0, []
    for number, change in enumerate(sorted(changes, key=lambda one: (one[0], one[1])), 1):
        booked_day, at_ms, business_no, name, amount_minor, voucher_no = change
        balance_minor += amount_minor
        if booked_day == through:
            rows.append(
                FundRow(
                    booked=shanghai_text(at_ms),
                    business_no=business_no,
                    flow_no=f"4200000{day:%Y%m%d}{number:013d}",
                    name=name,
                    amount_minor=amount_minor,
                    balance_minor=balance_minor,
                    voucher_no=voucher_no,
                )
            )
    return rows


def _payment(row: sqlite3.Row) -> BillLine:
    return BillLine(
        about=LineAbout.PAYMENT,
        number=row["out_trade_no"],
        amount_minor=row["total_minor"],
        fee_minor=row["fee_minor"],
        status="SUCCESS",
        details={
            "time": shanghai_text(row["paid_ms"]),
            "transaction_id": row["transaction_id"],
            "openid": row["openid"],
            "trade_type": row["trade_type"],
            "given_minor": str(row["given_minor"]),
            "coupons_minor": str(row["coupons_minor"]),
            "description": row["description"],
            "attach": row["attach"],
        },
    )


def _refund(row: sqlite3.Row, *, written_ms: int) -> BillLine:
    """Write a refund as it stood when the bill was written; that never changes again."""
    status = row["ending"] if row["ends_ms"] <= written_ms else "processing"
    return BillLine(
        about=LineAbout.REFUND,
        number=row["out_refund_no"],
        amount_minor=row["refund_minor"],
        fee_minor=row["fee_returned_minor"],
        status=_REFUND_WORDS[status],
        details={
            "time": shanghai_text(row["created_ms"]),
            "transaction_id": row["transaction_id"],
            "out_trade_no": row["out_trade_no"],
            "refund_id": row["refund_id"],
            "openid": row["openid"],
            "trade_type": row["trade_type"],
            "settled_minor": str(row["settled_minor"]),
            "description": row["description"],
            "attach": row["attach"],
        },
    )

"""What happened on a Shanghai day at the simulated WeChat Pay, as lines of its two bills."""

import sqlite3
from datetime import date

from payments.simulator.bill_changes import BillLine, LineAbout
from payments.simulator.clock import shanghai_ms, shanghai_text
from payments.simulator.store import Store
from payments.simulator.wechatpay.merchants import Merchant

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
        t.attach, r.refund_minor - r.given_minor AS settled_minor,
        v.succeeded_ms, v.at_ms AS back_ms
    FROM wechat_given_back r JOIN wechat_orders t ON t.id = r.trade_id
        LEFT JOIN wechat_reversals v ON v.refund_id = r.id
    WHERE r.mchid = ? AND r.created_ms >= ? AND r.created_ms < ? ORDER BY r.created_ms, r.id
"""


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
    ended_ms, ending = row["ends_ms"], row["ending"]
    if row["succeeded_ms"] is not None:
        ended_ms = row["succeeded_ms"]
        ending = "abnormal" if row["back_ms"] <= written_ms else "success"
    status = ending if ended_ms <= written_ms else "processing"
    return BillLine(
        about=LineAbout.REFUND,
        number=row["out_refund_no"],
        amount_minor=row["refund_minor"],
        fee_minor=row["fee_returned_minor"],
        status=_REFUND_WORDS[status],
        details={
            "time": shanghai_text(row["created_ms"]),
            "succeeded": shanghai_text(ended_ms) if status == "success" else "",
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

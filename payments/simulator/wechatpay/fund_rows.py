"""What moved a merchant's accounts at the simulated WeChat Pay on a day, and what they held.

The basic account takes what payers pay; transfers are paid out of the operation account; the fees
account holds what a merchant put there for fees. The last two are wallets.
"""

from dataclasses import dataclass
from datetime import date

from payments.simulator.clock import shanghai_date, shanghai_ms, shanghai_text
from payments.simulator.store import Store
from payments.simulator.wechatpay.merchants import Merchant

ACCOUNTS = ("BASIC", "OPERATION", "FEES")
"""The accounts of a merchant, by WeChat Pay's words."""
_FUNDS = """
    SELECT * FROM (
        SELECT paid_date AS day, paid_ms AS at_ms, 0 AS place, transaction_id AS business_no,
            out_trade_no AS number, '交易' AS name, total_minor - given_minor AS amount_minor
        FROM wechat_orders WHERE mchid = ?1 AND status = 'paid'
        UNION ALL
        SELECT paid_date, paid_ms, 1, transaction_id, out_trade_no, '扣除交易手续费', -fee_minor
        FROM wechat_orders WHERE mchid = ?1 AND status = 'paid' AND fee_minor > 0
        UNION ALL
        SELECT r.success_date, coalesce(v.succeeded_ms, r.ends_ms), 2, r.refund_id,
            r.out_refund_no, '退款', r.fee_returned_minor - r.refund_minor + r.given_minor
        FROM wechat_given_back r
            LEFT JOIN wechat_reversals v ON v.refund_id = r.id
        WHERE r.mchid = ?1 AND r.success_date IS NOT NULL
    ) WHERE day <= ?2 ORDER BY day, at_ms, place, business_no
"""
_PAID_OUT = """
    SELECT booking_date AS day, e.id, e.amount_minor FROM bank_entries e WHERE e.id IN (
        SELECT bank_entry_id FROM wechat_trades WHERE mchid = ?1
        UNION SELECT bank_entry_id FROM wechat_refunds WHERE mchid = ?1
    ) AND booking_date <= ?2 ORDER BY booking_date, e.id
"""
_WALLET = "SELECT * FROM wallet_entries WHERE seller_id = ? ORDER BY at_ms, id"
_WALLET_NAMES = {
    "wechat_top_up": "充值",
    "wechat_transfer": "商家转账",
    "wechat_return": "商家转账退回",
}


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


@dataclass(frozen=True)
class _Change:
    """One change of an account, in the minor unit, before its balance is known."""

    day: str
    at_ms: int
    business_no: str
    name: str
    amount_minor: int
    voucher_no: str


def wallet_of(mchid: str, *, account: str) -> str:
    """Name the wallet that an account other than the basic one is."""
    return mchid if account == "OPERATION" else f"{mchid}/{account}"


def fund_rows(store: Store, *, merchant: Merchant, account: str, day: date) -> list[FundRow]:
    """List what changed one of a merchant's accounts on a day; its balance runs on."""
    through = day.isoformat()
    if account == "BASIC":
        changes = _basic_changes(store, mchid=merchant.mchid, through=through)
    else:
        changes = _wallet_changes(store, wallet=wallet_of(merchant.mchid, account=account))
    place, balance_minor, rows = ACCOUNTS.index(account), 0, []
    for number, change in enumerate(changes, 1):
        balance_minor += change.amount_minor
        if change.day == through:
            rows.append(
                FundRow(
                    booked=shanghai_text(change.at_ms),
                    business_no=change.business_no,
                    flow_no=f"420000{place}{day:%Y%m%d}{number:013d}",
                    name=change.name,
                    amount_minor=change.amount_minor,
                    balance_minor=balance_minor,
                    voucher_no=change.voucher_no,
                )
            )
    return rows


def _basic_changes(store: Store, *, mchid: str, through: str) -> list[_Change]:
    """List what payers paid and got back; what went to the bank left as its day began."""
    happened = [
        _Change(
            day=row["day"],
            at_ms=row["at_ms"],
            business_no=row["business_no"],
            name=row["name"],
            amount_minor=row["amount_minor"],
            voucher_no=row["number"],
        )
        for row in store.rows(_FUNDS, mchid, through)
    ]
    paid_out = [
        _Change(
            day=row["day"],
            at_ms=shanghai_ms(f"{row['day']} 00:00:00"),
            business_no=f"1{row['id']:027d}",
            name="提现",
            amount_minor=-row["amount_minor"],
            voucher_no="",
        )
        for row in store.rows(_PAID_OUT, mchid, through)
    ]
    return sorted(happened + paid_out, key=lambda change: (change.day, change.at_ms))


def _wallet_changes(store: Store, *, wallet: str) -> list[_Change]:
    return [
        _Change(
            day=shanghai_date(row["at_ms"]).isoformat(),
            at_ms=row["at_ms"],
            business_no=f"2{row['id']:027d}",
            name=_WALLET_NAMES[row["kind"]],
            amount_minor=row["amount_minor"],
            voucher_no=row["number"],
        )
        for row in store.rows(_WALLET, wallet)
    ]

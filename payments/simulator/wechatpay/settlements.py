"""What the simulated WeChat Pay pays in at the bank: a day's trades, less fees and refunds."""

from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bank.accounts import Account
from payments.simulator.clock import VirtualClock
from payments.simulator.day_sums import DaySum
from payments.simulator.store import Store
from payments.simulator.wechatpay.merchants import MerchantBook
from payments.simulator.wechatpay.refunds import RefundBook
from payments.simulator.wechatpay.trades import TradeBook

DAYS = """
    SELECT mchid, day, sum(trades) AS trades, sum(gross_minor) AS gross_minor,
        sum(fee_minor) AS fee_minor, sum(refunds) AS refunds,
        sum(refunded_minor) AS refunded_minor, sum(fee_back_minor) AS fee_back_minor
    FROM (
        SELECT mchid, paid_date AS day, 1 AS trades, total_minor - given_minor AS gross_minor,
            fee_minor, 0 AS refunds, 0 AS refunded_minor, 0 AS fee_back_minor
        FROM wechat_orders WHERE status = 'paid' AND bank_entry_id IS NULL
        UNION ALL
        SELECT r.mchid, r.success_date, 0, 0, 0, 1,
            r.refund_minor - r.given_minor, r.fee_returned_minor
        FROM wechat_given_back r
        WHERE r.success_date IS NOT NULL AND r.bank_entry_id IS NULL
    ) JOIN wechat_merchants USING (mchid)
    WHERE bank_account_no = ? AND day < ?
    GROUP BY mchid, day ORDER BY day, mchid
"""
"""What each day that is not booked came to; of one bank account, before a date."""


@dataclass(frozen=True)
class SettlementDesk:
    """Books what each merchant's days come to at its bank account, on the day after."""

    store: Store
    clock: VirtualClock
    merchants: MerchantBook
    trades: TradeBook
    refunds: RefundBook

    def settle(self, account: Account, *, through_date: date) -> None:
        """Book every day before `through_date` that is not booked; part of a transaction.

        A day whose refunds and fees took all of it is paid in together with the next that leaves
        something; the text then says since when.
        """
        self._end_refunds(account)
        waiting: dict[str, DaySum] = {}
        for day in self.store.rows(DAYS, account.account_no, through_date.isoformat()):
            total = waiting.setdefault(day["mchid"], DaySum())
            total.add(day)
            if total.net_minor > 0:
                self._pay_in(total, mchid=day["mchid"], account=account)
                del waiting[day["mchid"]]

    def _end_refunds(self, account: Account) -> None:
        """Let refunds whose time has come end before their day is counted."""
        now_ms = self.clock.now_ms()
        rows = self.store.rows(
            "SELECT mchid FROM wechat_merchants WHERE bank_account_no = ?", account.account_no
        )
        for row in rows:
            merchant = self.merchants.find(row["mchid"])
            assert merchant is not None
            for refund in self.refunds.due(mchid=merchant.mchid, at_ms=now_ms):
                trade = self.trades.find_by_id(refund.trade_id)
                assert trade is not None
                self.refunds.as_of(refund, trade=trade, merchant=merchant, at_ms=now_ms)

    def _pay_in(self, total: DaySum, *, mchid: str, account: Account) -> None:
        last = total.days[-1]
        since = "" if len(total.days) == 1 else f" SINCE {total.days[0]}"
        wanted_date = date.fromisoformat(last) + timedelta(days=1)
        with self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO bank_entries (account_no, booking_date, direction, amount_minor,"
                " remittance, note) VALUES (?, ?, 'CRDT', ?, ?, ?)",
                (
                    account.account_no,
                    account.booking_date(wanted_date).isoformat(),
                    total.net_minor,
                    f"WECHATPAY SETTLEMENT {mchid} {last}{since}",
                    total.note(currency=account.currency),
                ),
            )
            entry_id = int(cursor.lastrowid or 0)
            for day in total.days:
                connection.execute(
                    "UPDATE wechat_trades SET bank_entry_id = ? WHERE mchid = ? AND paid_date = ?"
                    " AND status = 'paid' AND bank_entry_id IS NULL",
                    (entry_id, mchid, day),
                )
                connection.execute(
                    "UPDATE wechat_refunds SET bank_entry_id = ? WHERE mchid = ?"
                    " AND success_date = ? AND bank_entry_id IS NULL",
                    (entry_id, mchid, day),
                )
            self.store.record_effect(
                "settled",
                at_ms=self.clock.now_ms(),
                owner=mchid,
                number=last,
                amount_minor=total.net_minor,
                fee_minor=total.fee_minor - total.fee_back_minor,
                trades=total.trades,
                refunds=total.refunds,
            )

"""What the simulated Alipay pays to the bank: each day's trades, net of fees and of refunds."""

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.alipay.refunds import RefundBook
from payments.simulator.bank.accounts import Account
from payments.simulator.clock import VirtualClock
from payments.simulator.day_sums import DaySum
from payments.simulator.store import Store

DAYS = """
    SELECT app_id, seller_id, day, sum(trades) AS trades, sum(gross_minor) AS gross_minor,
        sum(fee_minor) AS fee_minor, sum(refunds) AS refunds,
        sum(refunded_minor) AS refunded_minor, sum(fee_back_minor) AS fee_back_minor
    FROM (
        SELECT a.app_id, a.seller_id, t.paid_date AS day, 1 AS trades,
            t.total_minor - coalesce(g.gift_minor, 0) AS gross_minor, t.fee_minor, 0 AS refunds,
            0 AS refunded_minor, 0 AS fee_back_minor
        FROM apps a JOIN trades t ON t.app_id = a.app_id
            LEFT JOIN trade_gifts g ON g.trade_id = t.id
        WHERE a.bank_account_no = ?1 AND t.status = 'paid' AND t.bank_entry_id IS NULL
            AND t.paid_date < ?2
        UNION ALL
        SELECT a.app_id, a.seller_id, r.ends_date, 0, 0, 0, 1,
            r.amount_minor - coalesce(g.gift_minor, 0), r.fee_minor
        FROM alipay_refunds r JOIN trades t ON t.id = r.trade_id
            JOIN apps a ON a.app_id = t.app_id
            LEFT JOIN alipay_refund_gifts g ON g.refund_id = r.id
        WHERE a.bank_account_no = ?1 AND r.status = 'done' AND r.bank_entry_id IS NULL
            AND r.ends_date < ?2
    )
    GROUP BY app_id, day ORDER BY day, app_id
"""
"""What each day that is not booked came to; of one bank account, before a date."""


@dataclass(frozen=True)
class AlipaySettlements:
    """The payments that go to sellers' bank accounts by themselves."""

    store: Store
    clock: VirtualClock
    refunds: RefundBook

    def book(self, account: Account, through_date: date) -> None:
        """Pay in, on the day after each, what every day before a date came to.

        Part of a transaction. A day whose refunds and fees took all of it is paid in together
        with the next that leaves something; the text then says since when.
        """
        self.refunds.conclude(at_ms=self.clock.now_ms())
        waiting: dict[str, DaySum] = {}
        for day in self.store.rows(DAYS, account.account_no, through_date.isoformat()):
            total = waiting.setdefault(day["app_id"], DaySum())
            total.add(day)
            if total.net_minor > 0:
                self._pay_in(total, day=day, account=account)
                del waiting[day["app_id"]]

    def _pay_in(self, total: DaySum, *, day: sqlite3.Row, account: Account) -> None:
        since = "" if len(total.days) == 1 else f" SINCE {total.days[0]}"
        wanted_date = date.fromisoformat(day["day"]) + timedelta(days=1)
        with self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO bank_entries (account_no, booking_date, direction, amount_minor,"
                " remittance, note) VALUES (?, ?, 'CRDT', ?, ?, ?)",
                (
                    account.account_no,
                    account.booking_date(wanted_date).isoformat(),
                    total.net_minor,
                    f"ALIPAY SETTLEMENT {day['seller_id']} {day['day']}{since}",
                    total.note(currency=account.currency),
                ),
            )
            entry_id = int(cursor.lastrowid or 0)
            for each in total.days:
                connection.execute(
                    "UPDATE trades SET bank_entry_id = ? WHERE app_id = ? AND paid_date = ?"
                    " AND status = 'paid' AND bank_entry_id IS NULL",
                    (entry_id, day["app_id"], each),
                )
                connection.execute(
                    "UPDATE alipay_refunds SET bank_entry_id = ? WHERE ends_date = ?"
                    " AND status = 'done' AND bank_entry_id IS NULL"
                    " AND EXISTS (SELECT 1 FROM trades t WHERE t.id = trade_id AND t.app_id = ?)",
                    (entry_id, each, day["app_id"]),
                )
            self.store.record_effect(
                "settled",
                at_ms=self.clock.now_ms(),
                owner=day["app_id"],
                number=day["day"],
                amount_minor=total.net_minor,
                fee_minor=total.fee_minor - total.fee_back_minor,
                trades=total.trades,
                refunds=total.refunds,
            )

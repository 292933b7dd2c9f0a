"""What the simulated UnionPay pays in at the bank: a day's cards, less fees and refunds."""

from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bank.accounts import Account
from payments.simulator.clock import VirtualClock
from payments.simulator.day_sums import DaySum
from payments.simulator.store import Store
from payments.simulator.unionpay.chargebacks import ChargebackBook
from payments.simulator.unionpay.merchants import MerchantBook
from payments.simulator.unionpay.returns import ReturnBook
from payments.simulator.unionpay.transactions import TransactionBook

DAYS = """
    SELECT mer_id, done_date AS day,
        sum(txn_type IN ('01', '03')) AS trades,
        sum(CASE WHEN txn_type IN ('01', '03') THEN amount_minor ELSE 0 END) AS gross_minor,
        sum(CASE WHEN txn_type IN ('01', '03') THEN fee_minor ELSE 0 END) AS fee_minor,
        sum(txn_type IN ('04', '31', '33')) AS refunds,
        sum(CASE WHEN txn_type IN ('04', '31', '33') THEN amount_minor ELSE 0 END)
            AS refunded_minor,
        sum(CASE WHEN txn_type IN ('04', '31', '33') THEN fee_minor ELSE 0 END) AS fee_back_minor,
        sum(CASE WHEN txn_type = 'chargeback' THEN amount_minor ELSE 0 END) AS charged_back_minor,
        sum(CASE WHEN txn_type = 'return' THEN amount_minor ELSE 0 END) AS sent_back_minor
    FROM (
        SELECT mer_id, done_date, txn_type, amount_minor, fee_minor FROM unionpay_transactions
        WHERE done_date IS NOT NULL AND bank_entry_id IS NULL
            AND txn_type IN ('01', '03', '04', '31', '33')
        UNION ALL
        SELECT mer_id, day, 'chargeback', amount_minor, 0 FROM unionpay_chargebacks
        WHERE is_done = 1 AND bank_entry_id IS NULL
        UNION ALL
        SELECT r.mer_id, r.day, 'return', t.amount_minor, 0 FROM unionpay_returns r
            JOIN unionpay_transactions t ON t.id = r.transaction_id
        WHERE r.is_done = 1 AND r.bank_entry_id IS NULL
    ) JOIN unionpay_merchants USING (mer_id)
    WHERE bank_account_no = ? AND done_date < ?
    GROUP BY mer_id, done_date ORDER BY day, mer_id
"""
"""What each day that is not booked came to; of one bank account, before a date."""


@dataclass(frozen=True)
class SettlementDesk:
    """Books what each merchant's days come to at its bank account, on the day after."""

    store: Store
    clock: VirtualClock
    merchants: MerchantBook
    transactions: TransactionBook
    chargebacks: ChargebackBook
    returns: ReturnBook

    def settle(self, account: Account, through_date: date) -> None:
        """Book every day before `through_date` that is not booked; part of a transaction.

        A day whose refunds and fees took all of it is paid in together with the next that leaves
        something; the text then says since when.
        """
        self._end_what_is_due(account)
        waiting: dict[str, DaySum] = {}
        for day in self.store.rows(DAYS, account.account_no, through_date.isoformat()):
            total = waiting.setdefault(day["mer_id"], DaySum())
            total.add(day)
            if total.net_minor > 0:
                self._pay_in(total, mer_id=day["mer_id"], account=account)
                del waiting[day["mer_id"]]

    def _end_what_is_due(self, account: Account) -> None:
        """Let what is due end before its day is counted."""
        now_ms = self.clock.now_ms()
        rows = self.store.rows(
            "SELECT mer_id FROM unionpay_merchants WHERE bank_account_no = ?", account.account_no
        )
        for row in rows:
            merchant = self.merchants.find(row["mer_id"])
            assert merchant is not None
            for found in self.transactions.due(mer_id=merchant.mer_id, at_ms=now_ms):
                self.transactions.as_of(found, merchant=merchant, at_ms=now_ms)
            self.chargebacks.conclude(mer_id=merchant.mer_id, at_ms=now_ms)
            self.returns.conclude(mer_id=merchant.mer_id, at_ms=now_ms)

    def _pay_in(self, total: DaySum, *, mer_id: str, account: Account) -> None:
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
                    f"UNIONPAY SETTLEMENT {mer_id} {last}{since}",
                    total.note(currency=account.currency),
                ),
            )
            entry_id = int(cursor.lastrowid or 0)
            for day in total.days:
                connection.execute(
                    "UPDATE unionpay_transactions SET bank_entry_id = ? WHERE mer_id = ?"
                    " AND done_date = ? AND bank_entry_id IS NULL"
                    " AND txn_type IN ('01', '03', '04', '31', '33')",
                    (entry_id, mer_id, day),
                )
                connection.execute(
                    "UPDATE unionpay_chargebacks SET bank_entry_id = ? WHERE mer_id = ?"
                    " AND day = ? AND is_done = 1 AND bank_entry_id IS NULL",
                    (entry_id, mer_id, day),
                )
                connection.execute(
                    "UPDATE unionpay_returns SET bank_entry_id = ? WHERE mer_id = ?"
                    " AND day = ? AND is_done = 1 AND bank_entry_id IS NULL",
                    (entry_id, mer_id, day),
                )
            self.store.record_effect(
                "settled",
                at_ms=self.clock.now_ms(),
                owner=mer_id,
                number=last,
                amount_minor=total.net_minor,
                fee_minor=total.fee_minor - total.fee_back_minor,
                trades=total.trades,
                refunds=total.refunds,
            )

"""Refunds at the simulated UnionPay that were done, and that the payer's bank sends back.

Nobody is told by a message. A question then says by the bank's code that it was declined, the money
is in the pay-in of that day, and the file of errors of that day has a line of it. How the network
writes such a line is not published: code and sides are ours, the columns those of chargebacks.
"""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Final

from payments.simulator.clock import shanghai_date
from payments.simulator.store import Store
from payments.simulator.unionpay.error_lines import ErrorLine, written

_CODE: Final = "E32"
_DUE_SQL: Final = """
    SELECT r.*, t.order_id, t.amount_minor FROM unionpay_returns r
    JOIN unionpay_transactions t ON t.id = r.transaction_id
    WHERE r.mer_id = ? AND r.is_done = 0 AND r.at_ms <= ? AND t.status = 'done'
    ORDER BY r.at_ms, r.transaction_id
"""
_DAY_SQL: Final = """
    SELECT r.*, t.card_tail, t.txn_time, t.amount_minor FROM unionpay_returns r
    JOIN unionpay_transactions t ON t.id = r.transaction_id
    WHERE r.mer_id = ? AND r.day = ? AND r.is_done = 1 ORDER BY r.at_ms, r.transaction_id
"""


@dataclass(frozen=True)
class ReturnBook:
    """All refunds that come back; each does once, when somebody looks after its time."""

    store: Store

    def order(self, transaction_id: int, *, mer_id: str, code: str, at_ms: int) -> None:
        """Let a refund come back at an instant, with what its bank says. Part of a transaction."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO unionpay_returns (transaction_id, mer_id, code, at_ms, day)"
                " VALUES (?, ?, ?, ?, ?)",
                (transaction_id, mer_id, code, at_ms, shanghai_date(at_ms).isoformat()),
            )

    def conclude(self, *, mer_id: str, at_ms: int) -> None:
        """Let happen, for good, what is due by an instant."""
        with self.store.transaction() as connection:
            for row in self.store.rows(_DUE_SQL, mer_id, at_ms):
                connection.execute(
                    "UPDATE unionpay_returns SET is_done = 1 WHERE transaction_id = ?",
                    (row["transaction_id"],),
                )
                # Its day keeps it: that it was done then stays true.
                connection.execute(
                    "UPDATE unionpay_transactions SET status = 'failed', code = ? WHERE id = ?",
                    (row["code"], row["transaction_id"]),
                )
                self.store.record_effect(
                    "refund_reversed",
                    at_ms=row["at_ms"],
                    owner=mer_id,
                    number=row["order_id"],
                    amount_minor=row["amount_minor"],
                    code=row["code"],
                )

    def lines(self, *, mer_id: str, day: date) -> list[str]:
        """Write what came back on a day as lines of the file of errors."""
        return [_written(row) for row in self.store.rows(_DAY_SQL, mer_id, day.isoformat())]


def _written(row: sqlite3.Row) -> str:
    return written(
        ErrorLine(
            code=_CODE,
            number=row["transaction_id"],
            at_ms=row["at_ms"],
            card_tail=row["card_tail"],
            amount_minor=row["amount_minor"],
            transaction_id=row["transaction_id"],
            txn_time=row["txn_time"],
            reason=row["code"],
            side="C",
            mer_id=row["mer_id"],
        )
    )

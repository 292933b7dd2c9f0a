"""Chargebacks at the simulated UnionPay: a bank takes a payment back, however late.

Nobody is told by a message: the money is missing in the day's pay-in, and the file of that day has
a second member, ZME, with a line of it. What was paid is answered as paid all the same.
"""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Final

from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import bad_request
from payments.simulator.store import Store
from payments.simulator.unionpay.error_lines import ErrorLine, written
from payments.simulator.unionpay.transactions import Status, Transaction

_CODE: Final = "E22"
_FRAUD: Final = "4562"
_DAY_SQL: Final = """
    SELECT c.*, t.card_tail, t.txn_time FROM unionpay_chargebacks c
    JOIN unionpay_transactions t ON t.id = c.transaction_id
    WHERE c.mer_id = ? AND c.day = ? AND c.is_done = 1 ORDER BY c.at_ms, c.id
"""


@dataclass(frozen=True)
class ChargebackBook:
    """All chargebacks; one that is ordered for later happens when somebody looks after that."""

    store: Store

    def order(
        self, found: Transaction, *, amount_minor: int | None, reason: str, at_ms: int
    ) -> dict[str, object]:
        """Let a bank take a payment back at an instant, all of it or a part, for a reason.

        Raises RefusedError for what was not paid by then, for more than was, or the second time.
        """
        taken_minor = found.amount_minor if amount_minor is None else amount_minor
        if not 0 < taken_minor <= found.amount_minor:
            raise bad_request("amount_minor is at most what was paid")
        is_paid = found.status == Status.DONE and found.txn_type in ("01", "03")
        if not is_paid or found.done_ms is None or at_ms < found.done_ms:
            detail = f"{found.order_id} is no payment that was made by then"
            raise RefusedError(status=409, code="not_paid", detail=detail)
        day = shanghai_date(at_ms).isoformat()
        with self.store.transaction() as connection:
            added = connection.execute(
                "INSERT INTO unionpay_chargebacks (transaction_id, mer_id, amount_minor, reason,"
                " at_ms, day) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (found.id, found.mer_id, taken_minor, reason or _FRAUD, at_ms, day),
            ).rowcount
        if not added:
            detail = f"{found.order_id} was charged back, or will be"
            raise RefusedError(status=409, code="charged_back", detail=detail)
        return {
            "mer_id": found.mer_id,
            "order_id": found.order_id,
            "amount_minor": taken_minor,
            "reason": reason or _FRAUD,
            "day": day,
        }

    def conclude(self, *, mer_id: str, at_ms: int) -> None:
        """Let happen, for good, what is due by an instant."""
        with self.store.transaction() as connection:
            rows = self.store.rows(
                "SELECT c.*, t.order_id FROM unionpay_chargebacks c"
                " JOIN unionpay_transactions t ON t.id = c.transaction_id"
                " WHERE c.mer_id = ? AND c.is_done = 0 AND c.at_ms <= ? ORDER BY c.at_ms, c.id",
                mer_id,
                at_ms,
            )
            for row in rows:
                connection.execute(
                    "UPDATE unionpay_chargebacks SET is_done = 1 WHERE id = ?", (row["id"],)
                )
                self.store.record_effect(
                    "charged_back",
                    at_ms=row["at_ms"],
                    owner=mer_id,
                    number=row["order_id"],
                    amount_minor=row["amount_minor"],
                    reason=row["reason"],
                )

    def lines(self, *, mer_id: str, day: date) -> list[str]:
        """Write what happened on a day as lines of the file of errors."""
        return [_written(row) for row in self.store.rows(_DAY_SQL, mer_id, day.isoformat())]


def _written(row: sqlite3.Row) -> str:
    return written(
        ErrorLine(
            code=_CODE,
            number=row["id"],
            at_ms=row["at_ms"],
            card_tail=row["card_tail"],
            amount_minor=row["amount_minor"],
            transaction_id=row["transaction_id"],
            txn_time=row["txn_time"],
            reason=row["reason"],
            side="D",
            mer_id=row["mer_id"],
        )
    )

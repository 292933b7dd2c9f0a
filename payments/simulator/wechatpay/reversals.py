"""Refunds at the simulated WeChat Pay that were done and do not stay with the payer.

The payer's card does not take the money after all: WeChat Pay has it again, for another card or for
the merchant, and the refund is abnormal. What the merchant was charged for it stays charged.
"""

from dataclasses import dataclass

from payments.simulator.store import Store


@dataclass(frozen=True)
class ReversalBook:
    """When refunds come back, and which have; a refund does so once. Parts of transactions."""

    store: Store

    def order(self, refund_id: int, *, succeeded_ms: int, at_ms: int) -> None:
        """Let a refund that succeeds at an instant come back at another."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO wechat_reversals VALUES (?, ?, ?, 0)", (refund_id, succeeded_ms, at_ms)
            )

    def take_due(self, refund_id: int, *, at_ms: int) -> int | None:
        """Let it happen, once, if it is due by an instant; returns when it was due."""
        row = self.store.row(
            "SELECT at_ms FROM wechat_reversals WHERE refund_id = ? AND at_ms <= ? AND is_done = 0",
            refund_id,
            at_ms,
        )
        if row is None:
            return None
        with self.store.transaction() as connection:
            taken = connection.execute(
                "UPDATE wechat_reversals SET is_done = 1 WHERE refund_id = ? AND is_done = 0",
                (refund_id,),
            ).rowcount
        return int(row["at_ms"]) if taken else None

    def notices_to_come(self, *, refund_id: int | None = None) -> list[tuple[int, int]]:
        """List the notices that will be sent once more, and when; of one refund, or of all."""
        rows = self.store.rows(
            "SELECT n.id, v.at_ms FROM wechat_reversals v"
            " JOIN wechat_notices n ON n.refund_id = v.refund_id WHERE v.is_done = 0"
            " AND (?1 IS NULL OR v.refund_id = ?1)",
            refund_id,
        )
        return [(row["id"], row["at_ms"]) for row in rows]

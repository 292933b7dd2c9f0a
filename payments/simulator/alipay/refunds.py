"""Refunds at the simulated Alipay: done at once, after days, or not at all."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.alipay.apps import App
from payments.simulator.alipay.trades import Trade
from payments.simulator.clock import shanghai_date
from payments.simulator.plans import REFUND_KINDS, Plan, PlanBook, PlanKind
from payments.simulator.store import Store

AnnounceMessage = Callable[..., None]
_SELECT = (
    "SELECT alipay_refunds.*, gift_minor FROM alipay_refunds"
    " LEFT JOIN alipay_refund_gifts ON refund_id = id "
)


@dataclass(frozen=True)
class Refund:
    """One refund; `ends_ms` is when it is done or fails, which may lie ahead.

    `fee_minor` is what of its fee Alipay gives back with it, `gift_minor` what of it was the
    merchant's own gift. `status` is `processing`, `done` or `failed`.
    """

    id: int
    trade_id: int
    out_request_no: str
    amount_minor: int
    fee_minor: int
    status: str
    error_code: str | None
    ends_ms: int
    gift_minor: int

    @property
    def taken_minor(self) -> int:
        """What the merchant gives back of what it got: its own gift it never got."""
        return self.amount_minor - self.gift_minor


@dataclass(frozen=True)
class Refunds:
    """What of a trade was given back so far, in the order of asking."""

    trade: Trade
    refunds: tuple[Refund, ...]
    is_finished: bool

    @property
    def done_minor(self) -> int:
        """What the payer has back."""
        return sum(refund.amount_minor for refund in self.refunds if refund.status == "done")

    @property
    def left_minor(self) -> int:
        """What can still be asked for."""
        taken = sum(refund.amount_minor for refund in self.refunds if refund.status != "failed")
        return self.trade.total_minor - taken

    def gift_minor_of(self, amount_minor: int) -> int:
        """Say what of another refund the merchant's gift pays: what it got goes back first."""
        kept = [refund for refund in self.refunds if refund.status != "failed"]
        got_left_minor = self.trade.receipt_minor - sum(refund.taken_minor for refund in kept)
        return max(0, amount_minor - got_left_minor)

    @property
    def is_whole(self) -> bool:
        """Whether the payer has everything back, which closes the trade."""
        return self.done_minor == self.trade.total_minor

    def find(self, out_request_no: str) -> Refund | None:
        """Look a refund up by the merchant's number."""
        found = (refund for refund in self.refunds if refund.out_request_no == out_request_no)
        return next(found, None)


class RefundBook:
    """All refunds; `announce` is called for what the merchant is to hear, in the transaction."""

    def __init__(self, store: Store, *, plans: PlanBook, announce: AnnounceMessage) -> None:
        """Keep refunds in the store; `announce(kind, subject_id, status, url, due_ms)`."""
        self._store = store
        self._plans = plans
        self._announce = announce

    def of(self, trade: Trade, *, at_ms: int) -> Refunds:
        """Give the refunds of a trade as they stand at an instant."""
        self.conclude(at_ms=at_ms)
        rows = self._store.rows(_SELECT + "WHERE trade_id = ? ORDER BY id", trade.id)
        finished = self._store.row("SELECT 1 FROM finished_trades WHERE trade_id = ?", trade.id)
        return Refunds(
            trade=trade,
            refunds=tuple(_refund_from(row) for row in rows),
            is_finished=finished is not None,
        )

    def find_by_id(self, refund_id: int) -> Refund | None:
        """Look a refund up by the simulator's own number."""
        row = self._store.row(_SELECT + "WHERE id = ?", refund_id)
        return None if row is None else _refund_from(row)

    def planned(self, trade: Trade, *, out_request_no: str) -> Plan | None:
        """Use up what was ordered to become of this refund; part of a transaction."""
        numbers = (out_request_no, trade.out_trade_no)
        return self._plans.take(REFUND_KINDS, app_id=trade.app_id, numbers=numbers)

    def accept(
        self,
        refunds: Refunds,
        *,
        app: App,
        out_request_no: str,
        amount_minor: int,
        plan: Plan | None,
        at_ms: int,
    ) -> Refund:
        """Give money back, at once unless a plan says otherwise; part of a transaction."""
        trade = refunds.trade
        comes_back = plan is not None and plan.kind == PlanKind.REFUND_REVERSED
        ends_ms = at_ms if plan is None or comes_back else at_ms + plan.wait_ms
        fails = plan is not None and plan.kind == PlanKind.REFUND_FAILED
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO alipay_refunds (trade_id, out_request_no, amount_minor, fee_minor,"
                " status, error_code, requested_ms, ends_ms, ends_date)"
                " VALUES (?, ?, ?, ?, 'processing', ?, ?, ?, ?)",
                (
                    trade.id,
                    out_request_no,
                    amount_minor,
                    self._fee_minor(refunds, app=app, amount_minor=amount_minor),
                    plan.error_code if plan is not None and fails else None,
                    at_ms,
                    ends_ms,
                    shanghai_date(ends_ms).isoformat(),
                ),
            )
            refund_id = int(cursor.lastrowid or 0)
            if gift_minor := refunds.gift_minor_of(amount_minor):
                connection.execute(
                    "INSERT INTO alipay_refund_gifts VALUES (?, ?)", (refund_id, gift_minor)
                )
            if plan is not None and comes_back:
                connection.execute(
                    "INSERT INTO alipay_reversals VALUES (?, ?, ?)",
                    (refund_id, at_ms + plan.wait_ms, plan.error_code),
                )
            self._record("refund_accepted", trade, out_request_no, amount_minor, at_ms=at_ms)
            # A refund of everything closes the trade, of which Alipay does not tell.
            if not fails and amount_minor < trade.total_minor and trade.notify_url:
                self._announce("refund", refund_id, "done", url=trade.notify_url, due_ms=ends_ms)
            self.conclude(at_ms=at_ms)
        refund = self.find_by_id(refund_id)
        assert refund is not None
        return refund

    def retry(self, refund: Refund, *, trade: Trade, at_ms: int) -> Refund:
        """Do what had failed for want of money, under the same number; part of a transaction."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE alipay_refunds SET status = 'processing', error_code = NULL, ends_ms = ?,"
                " ends_date = ? WHERE id = ?",
                (at_ms, shanghai_date(at_ms).isoformat(), refund.id),
            )
            if refund.amount_minor < trade.total_minor and trade.notify_url:
                self._announce("refund", refund.id, "done", url=trade.notify_url, due_ms=at_ms)
            self.conclude(at_ms=at_ms)
        found = self.find_by_id(refund.id)
        assert found is not None
        return found

    def repeat(self, refund: Refund, *, trade: Trade, at_ms: int) -> None:
        """Note that a refund was asked for again, which gives nothing more back."""
        self._record(
            "refund_repeated", trade, refund.out_request_no, refund.amount_minor, at_ms=at_ms
        )

    def finish(self, trade: Trade, *, at_ms: int) -> None:
        """Let the time pass in which a trade can be refunded."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO finished_trades VALUES (?, ?) ON CONFLICT DO NOTHING",
                (trade.id, at_ms),
            )
            self._store.record_effect(
                "finished", at_ms=at_ms, owner=trade.app_id, number=trade.out_trade_no
            )

    def conclude(self, *, at_ms: int) -> None:
        """Write down which refunds have ended by an instant."""
        with self._store.transaction() as connection:
            rows = self._store.rows(
                "SELECT r.*, t.app_id FROM alipay_refunds r JOIN trades t ON t.id = r.trade_id"
                " WHERE r.status = 'processing' AND r.ends_ms <= ? ORDER BY r.ends_ms, r.id",
                at_ms,
            )
            for row in rows:
                status = "done" if row["error_code"] is None else "failed"
                connection.execute(
                    "UPDATE alipay_refunds SET status = ? WHERE id = ?", (status, row["id"])
                )
                self._store.record_effect(
                    "refunded" if status == "done" else "refund_failed",
                    at_ms=row["ends_ms"],
                    owner=row["app_id"],
                    number=row["out_request_no"],
                    amount_minor=row["amount_minor"],
                    error_code=row["error_code"],
                )

            self._take_back(at_ms=at_ms)

    def _take_back(self, *, at_ms: int) -> None:
        """Let refunds come back whose time has come: to Alipay they are refunds that failed."""
        with self._store.transaction() as connection:
            rows = self._store.rows(
                "SELECT r.*, v.at_ms AS back_ms, v.error_code AS why, t.app_id"
                " FROM alipay_reversals v JOIN alipay_refunds r ON r.id = v.refund_id"
                " JOIN trades t ON t.id = r.trade_id WHERE r.status = 'done' AND v.at_ms <= ?",
                at_ms,
            )
            for row in rows:
                connection.execute(
                    "UPDATE alipay_refunds SET status = 'failed', error_code = ? WHERE id = ?",
                    (row["why"], row["id"]),
                )
                self._store.record_effect(
                    "refund_reversed",
                    at_ms=row["back_ms"],
                    owner=row["app_id"],
                    number=row["out_request_no"],
                    amount_minor=row["amount_minor"],
                    error_code=row["why"],
                )

    def _fee_minor(self, refunds: Refunds, *, app: App, amount_minor: int) -> int:
        """Share the trade's fee out over its refunds, so that all of them give back all of it."""
        if not app.returns_fee:
            return 0
        trade = refunds.trade
        row = self._store.row("SELECT fee_minor FROM trades WHERE id = ?", trade.id)
        fee_minor = 0 if row is None else int(row["fee_minor"])
        kept = [refund for refund in refunds.refunds if refund.status != "failed"]
        before_minor = sum(refund.fee_minor for refund in kept)
        taken_minor = trade.total_minor - refunds.left_minor + amount_minor
        # Half a minor unit rounds up, as with the fee itself.
        share_minor = (2 * fee_minor * taken_minor + trade.total_minor) // (2 * trade.total_minor)
        return max(0, share_minor - before_minor)

    def _record(
        self, kind: str, trade: Trade, out_request_no: str, amount_minor: int, *, at_ms: int
    ) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=trade.app_id,
            number=out_request_no,
            out_trade_no=trade.out_trade_no,
            amount_minor=amount_minor,
        )


def _refund_from(row: sqlite3.Row) -> Refund:
    return Refund(
        id=row["id"],
        trade_id=row["trade_id"],
        out_request_no=row["out_request_no"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        status=row["status"],
        error_code=row["error_code"],
        ends_ms=row["ends_ms"],
        gift_minor=row["gift_minor"] or 0,
    )

"""Refunds at the simulated WeChat Pay: accepted, on their way, and how they end."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum

from payments.simulator.clock import shanghai_date
from payments.simulator.store import Store
from payments.simulator.wechatpay.merchants import Merchant
from payments.simulator.wechatpay.reversals import ReversalBook
from payments.simulator.wechatpay.trades import Trade, new_notice_id

_SPACING = "wechat_refund_spacing_ms:"


class RefundStatus(StrEnum):
    """Where a refund stands. Abnormal: the payer's account does not take it; closed: it is off."""

    PROCESSING = "processing"
    SUCCESS = "success"
    ABNORMAL = "abnormal"
    CLOSED = "closed"


@dataclass(frozen=True)
class RefundOrder:
    """What a refund call asks for; `digest` tells a repetition from another refund."""

    out_refund_no: str
    digest: str
    refund_minor: int
    notify_url: str


@dataclass(frozen=True)
class Ending:
    """How and when a refund will end; both times are virtual, from its acceptance on.

    With `stays_ms` it succeeds, and comes back so much later.
    """

    status: RefundStatus
    wait_ms: int
    stays_ms: int | None = None


AT_ONCE = Ending(status=RefundStatus.SUCCESS, wait_ms=0)


@dataclass(frozen=True)
class Refund:
    """One refund as it is now, in fen; instants are virtual milliseconds since 1970 UTC.

    `coupons_minor` is what of it all coupons had paid, `given_minor` the merchant's own of them.
    """

    id: int
    trade_id: int
    mchid: str
    out_refund_no: str
    refund_id: str
    digest: str
    refund_minor: int
    notify_url: str
    created_ms: int
    status: RefundStatus
    ending: RefundStatus
    ends_ms: int
    fee_returned_minor: int
    coupons_minor: int
    given_minor: int


class RefundBook:
    """All refunds; `announce` is called with each new notice and when it is due."""

    def __init__(self, store: Store, *, announce: Callable[[int, int], None]) -> None:
        """Keep refunds in the store; `announce` is given a notice's number and instant."""
        self._store = store
        self._announce = announce
        self._reversals = ReversalBook(store)

    def find(self, *, mchid: str, out_refund_no: str) -> Refund | None:
        """Look a refund up by the merchant's number."""
        return self._one(
            "SELECT * FROM wechat_given_back WHERE mchid = ? AND out_refund_no = ?",
            mchid,
            out_refund_no,
        )

    def find_by_id(self, refund_id: int) -> Refund | None:
        """Look a refund up by the simulator's own number."""
        return self._one("SELECT * FROM wechat_given_back WHERE id = ?", refund_id)

    def of_trade(self, trade: Trade) -> list[Refund]:
        """List the refunds of a trade, oldest first."""
        rows = self._store.rows(
            "SELECT * FROM wechat_given_back WHERE trade_id = ? ORDER BY id", trade.id
        )
        return [_refund_from(row) for row in rows]

    def accept(
        self, order: RefundOrder, *, trade: Trade, merchant: Merchant, ending: Ending, at_ms: int
    ) -> Refund:
        """Accept a refund that the caller has checked; it ends at once if it need not wait."""
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO wechat_refunds (trade_id, mchid, out_refund_no, refund_id, digest,"
                " refund_minor, notify_url, created_ms, status, ending, ends_ms)"
                " VALUES (?, ?, ?, '', ?, ?, ?, ?, 'processing', ?, ?)",
                (
                    trade.id,
                    merchant.mchid,
                    order.out_refund_no,
                    order.digest,
                    order.refund_minor,
                    order.notify_url,
                    at_ms,
                    ending.status.value,
                    at_ms + ending.wait_ms,
                ),
            )
            number = int(cursor.lastrowid or 0)
            connection.execute(
                "UPDATE wechat_refunds SET refund_id = ? WHERE id = ?",
                (f"5030000{shanghai_date(at_ms):%Y%m%d}{number:014d}", number),
            )
            refund = self._found(number)
            self._record("refund_accepted", refund=refund, trade=trade, at_ms=at_ms)
            if order.notify_url:
                self._prepare_notice(connection, refund=refund, is_due_at_once=not ending.wait_ms)
            if ending.stays_ms is not None:
                self._reversals.order(
                    number, succeeded_ms=refund.ends_ms, at_ms=refund.ends_ms + ending.stays_ms
                )
                for notice_id, due_ms in self._reversals.notices_to_come(refund_id=number):
                    self._announce(notice_id, due_ms)
            return self.as_of(refund, trade=trade, merchant=merchant, at_ms=at_ms)

    def repeat(self, refund: Refund, *, trade: Trade, at_ms: int) -> None:
        """Note that the same refund came again."""
        self._record("refund_repeated", refund=refund, trade=trade, at_ms=at_ms)

    def as_of(self, refund: Refund, *, trade: Trade, merchant: Merchant, at_ms: int) -> Refund:
        """End a refund whose time has come, for good, and return it as it is then.

        One that has to come back does so then as well.
        """
        if refund.status == RefundStatus.PROCESSING and at_ms >= refund.ends_ms:
            refund = self._end(refund, trade=trade, merchant=merchant)
        if refund.status == RefundStatus.SUCCESS:
            refund = self._take_back(refund, trade=trade, at_ms=at_ms)
        return refund

    def _end(self, refund: Refund, *, trade: Trade, merchant: Merchant) -> Refund:
        with self._store.transaction() as connection:
            succeeds = refund.ending == RefundStatus.SUCCESS
            changed = connection.execute(
                # What came back and is delivered elsewhere was charged for the first time.
                "UPDATE wechat_refunds SET status = ending,"
                " success_date = coalesce(success_date, ?), fee_returned_minor ="
                " CASE WHEN success_date IS NULL THEN ? ELSE fee_returned_minor END"
                " WHERE id = ? AND status = 'processing'",
                (
                    shanghai_date(refund.ends_ms).isoformat() if succeeds else None,
                    self._fee_to_return(refund, trade=trade, merchant=merchant) if succeeds else 0,
                    refund.id,
                ),
            ).rowcount
            refund = self._found(refund.id)
            if changed:
                kind = f"refund_{refund.status.value}"
                self._record(kind, refund=refund, trade=trade, at_ms=refund.ends_ms)
        return refund

    def _take_back(self, refund: Refund, *, trade: Trade, at_ms: int) -> Refund:
        """Let a refund come back if that is due: it is abnormal, and its merchant is told."""
        with self._store.transaction() as connection:
            back_ms = self._reversals.take_due(refund.id, at_ms=at_ms)
            if back_ms is None:
                return refund
            connection.execute(
                "UPDATE wechat_refunds SET status = 'abnormal' WHERE id = ?", (refund.id,)
            )
            refund = self._found(refund.id)
            self._record("refund_reversed", refund=refund, trade=trade, at_ms=back_ms)
            # It was announced for this instant when the refund was accepted.
            self._renew_notice(connection, refund=refund, due_ms=back_ms)
        return refund

    def space_out(self, *, mchid: str, wait_ms: int) -> None:
        """Want so much virtual time between a merchant's refunds of one trade, from now on."""
        self._store.keep_setting(f"{_SPACING}{mchid}", value=str(wait_ms))

    def spacing_ms(self, *, mchid: str) -> int:
        """Say how far apart refunds of one trade must be; nothing until it was ordered."""
        return int(self._store.setting(f"{_SPACING}{mchid}") or 0)

    def deliver(self, refund: Refund, *, trade: Trade, ending: Ending, at_ms: int) -> Refund:
        """Send an abnormal refund on its way once more; its merchant hears how that ends."""
        with self._store.transaction() as connection:
            ends_ms = at_ms + ending.wait_ms
            connection.execute(
                "UPDATE wechat_refunds SET status = 'processing', ending = ?, ends_ms = ?"
                " WHERE id = ? AND status = 'abnormal'",
                (ending.status.value, ends_ms, refund.id),
            )
            refund = self._found(refund.id)
            self._record("refund_delivered_again", refund=refund, trade=trade, at_ms=at_ms)
            for notice_id in self._renew_notice(connection, refund=refund, due_ms=ends_ms):
                self._announce(notice_id, ends_ms)
        return refund

    def due(self, *, mchid: str, at_ms: int) -> list[Refund]:
        """List the refunds of a merchant that should have ended by now, in the order of that."""
        rows = self._store.rows(
            "SELECT * FROM wechat_given_back WHERE mchid = ? AND status = 'processing'"
            " AND ends_ms <= ? ORDER BY ends_ms, id",
            mchid,
            at_ms,
        )
        return [_refund_from(row) for row in rows]

    def _fee_to_return(self, refund: Refund, *, trade: Trade, merchant: Merchant) -> int:
        """Share the trade's fee by what is refunded so far; all refunds together return it all."""
        if not merchant.returns_fee or not trade.fee_minor:
            return 0
        row = self._store.row(
            "SELECT coalesce(sum(refund_minor), 0) AS refunded,"
            " coalesce(sum(fee_returned_minor), 0) AS returned"
            " FROM wechat_refunds WHERE trade_id = ? AND success_date IS NOT NULL",
            trade.id,
        )
        assert row is not None
        so_far_minor = int(row["refunded"]) + refund.refund_minor
        share_minor = (2 * trade.fee_minor * so_far_minor + trade.total_minor) // (
            2 * trade.total_minor
        )
        return share_minor - int(row["returned"])

    def _prepare_notice(
        self, connection: sqlite3.Connection, *, refund: Refund, is_due_at_once: bool
    ) -> None:
        # Nothing is told before it is committed: the sender waits for the store.
        due_ms = 0 if is_due_at_once else refund.ends_ms
        cursor = connection.execute(
            "INSERT INTO wechat_notices"
            " (refund_id, notice_id, state, attempts, due_ms, last_answer)"
            " VALUES (?, ?, 'pending', 0, ?, '')",
            (refund.id, new_notice_id(), due_ms),
        )
        self._announce(int(cursor.lastrowid or 0), due_ms)

    def _renew_notice(
        self, connection: sqlite3.Connection, *, refund: Refund, due_ms: int
    ) -> list[int]:
        """Let there be another notice of a refund whose merchant wants to be told."""
        connection.execute(
            "UPDATE wechat_notices SET state = 'pending', attempts = 0, notice_id = ?,"
            " due_ms = ? WHERE refund_id = ?",
            (new_notice_id(), due_ms, refund.id),
        )
        rows = self._store.rows("SELECT id FROM wechat_notices WHERE refund_id = ?", refund.id)
        return [row["id"] for row in rows]

    def _found(self, refund_id: int) -> Refund:
        refund = self.find_by_id(refund_id)
        assert refund is not None
        return refund

    def _one(self, sql: str, *values: object) -> Refund | None:
        row = self._store.row(sql, *values)
        return None if row is None else _refund_from(row)

    def _record(self, kind: str, *, refund: Refund, trade: Trade, at_ms: int) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=refund.mchid,
            number=refund.out_refund_no,
            digest=refund.digest,
            out_trade_no=trade.out_trade_no,
            amount_minor=refund.refund_minor,
        )


def _refund_from(row: sqlite3.Row) -> Refund:
    told = {field.name: row[field.name] for field in fields(Refund)}
    states = {name: RefundStatus(row[name]) for name in ("status", "ending")}
    return Refund(**told | states)

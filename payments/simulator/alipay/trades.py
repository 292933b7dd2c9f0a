"""Trades at the simulated Alipay: from a QR code that nobody has seen to one that is paid."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payments.simulator.alipay.apps import App
from payments.simulator.alipay.coupons import NO_COUPONS, Coupons
from payments.simulator.alipay.trade_orders import Order, Scene
from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.money import channel_fee_minor
from payments.simulator.store import Store
from payments.simulator.trade_numbers import alipay_trade_no, buyer_id

_SELECT = (
    "SELECT trades.*, scene, return_url, quit_url, trade_scenes.buyer_id AS named_buyer,"
    " coupon_minor, gift_minor, passback_params FROM trades"
    " LEFT JOIN trade_scenes ON trade_scenes.trade_id = trades.id"
    " LEFT JOIN trade_coupons ON trade_coupons.trade_id = trades.id"
    " LEFT JOIN trade_gifts ON trade_gifts.trade_id = trades.id"
    " LEFT JOIN alipay_captures ON alipay_captures.trade_id = trades.id "
)


class TradeStatus(StrEnum):
    """Where a trade stands; a precreated one does not exist for Alipay until it is scanned."""

    UNSEEN = "unseen"
    WAITING = "waiting"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(frozen=True)
class Trade:
    """One trade as it is now; instants are virtual milliseconds since 1970 UTC.

    `coupon_minor` is what Alipay itself paid of it for the payer, `gift_minor` what the merchant
    took off it and gets from nobody.
    """

    id: int
    app_id: str
    out_trade_no: str
    token: str
    digest: str
    total_minor: int
    currency: str
    subject: str
    notify_url: str
    created_ms: int
    expires_ms: int
    status: TradeStatus
    trade_no: str | None
    buyer_id: str | None
    paid_ms: int | None
    scene: Scene
    return_url: str
    quit_url: str
    named_buyer: str
    coupon_minor: int
    gift_minor: int
    passback_params: str

    @property
    def payer_minor(self) -> int:
        """What the payer pays, or has paid."""
        return self.total_minor - self.coupon_minor - self.gift_minor

    @property
    def receipt_minor(self) -> int:
        """What the merchant gets, before the fee."""
        return self.total_minor - self.gift_minor

    @property
    def buyer_logon_id(self) -> str:
        """The payer's sign-in name, masked as Alipay masks it."""
        return f"138****{(self.buyer_id or '')[-4:]}"


class TradeBook:
    """All trades; `announce` is called with each new notification after it is committed."""

    def __init__(self, store: Store, *, announce: Callable[[int], None]) -> None:
        """Keep trades in the store; `announce` is given the number of a notification."""
        self._store = store
        self._announce = announce

    def find(self, *, app_id: str, out_trade_no: str) -> Trade | None:
        """Look a trade up by the merchant's number."""
        return self._one(_SELECT + "WHERE app_id = ? AND out_trade_no = ?", app_id, out_trade_no)

    def find_by_trade_no(self, *, app_id: str, trade_no: str) -> Trade | None:
        """Look a trade up by Alipay's number."""
        return self._one(_SELECT + "WHERE app_id = ? AND trade_no = ?", app_id, trade_no)

    def find_for_phone(self, trade_no: str) -> Trade | None:
        """Look a trade up as a payer's phone does, which knows no application."""
        return self._one(_SELECT + "WHERE trade_no = ?", trade_no)

    def find_by_token(self, token: str) -> Trade | None:
        """Look a trade up by what its QR code says."""
        return self._one(_SELECT + "WHERE token = ?", token)

    def find_by_id(self, trade_id: int) -> Trade | None:
        """Look a trade up by the simulator's own number."""
        return self._one(_SELECT + "WHERE id = ?", trade_id)

    def create(self, order: Order, *, app: App, at_ms: int) -> Trade:
        """Accept an order; the payer has not seen it yet."""
        token = secrets.token_hex(16)
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO trades (app_id, out_trade_no, token, digest, total_minor, currency,"
                " subject, notify_url, created_ms, expires_ms, status)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unseen')",
                (
                    app.app_id,
                    order.out_trade_no,
                    token,
                    order.digest,
                    order.total_minor,
                    app.currency,
                    order.subject,
                    order.notify_url,
                    at_ms,
                    order.expires_ms,
                ),
            )
            trade_id = int(cursor.lastrowid or 0)
            if order.scene != Scene.QR:
                connection.execute(
                    "INSERT INTO trade_scenes VALUES (?, ?, ?, ?, ?)",
                    (trade_id, order.scene, order.return_url, order.quit_url, order.buyer_id),
                )
            trade = self.find_by_id(trade_id)
            assert trade is not None
            self._record("order_accepted", trade=trade, at_ms=at_ms)
        return trade

    def repeat(self, trade: Trade, *, order: Order, at_ms: int) -> None:
        """Note that the same order came again; the address that it names now is the valid one.

        The life of a code that nobody has scanned begins again, if the order says for how long.
        """
        with self._store.transaction() as connection:
            if order.notify_url != trade.notify_url:
                connection.execute(
                    "UPDATE trades SET notify_url = ? WHERE id = ?", (order.notify_url, trade.id)
                )
            if trade.status == TradeStatus.UNSEEN:
                connection.execute(
                    "UPDATE trades SET expires_ms = ? WHERE id = ?", (order.expires_ms, trade.id)
                )
            self._record("order_repeated", trade=trade, at_ms=at_ms)

    def as_of(self, trade: Trade, *, at_ms: int) -> Trade:
        """Close a trade whose payer let its time pass, for good, and return it as it is then."""
        if trade.status != TradeStatus.WAITING or at_ms < trade.expires_ms:
            return trade
        return self.close(trade, reason="expired", at_ms=trade.expires_ms)

    def scan(self, trade: Trade, *, at_ms: int) -> Trade:
        """Let a payer open the QR code: from now on the trade exists; twice changes nothing.

        A code whose time is over leads to a closed trade.
        """
        with self._store.transaction() as connection:
            trade = self._refreshed(trade, at_ms=at_ms)
            if trade.status != TradeStatus.UNSEEN:
                return trade
            who = trade.named_buyer or buyer_id(trade.token)
            if at_ms >= trade.expires_ms:
                return self.close(trade, reason="expired", at_ms=trade.expires_ms)
            connection.execute(
                "UPDATE trades SET status = 'waiting', trade_no = ?, buyer_id = ?, scanned_ms = ?"
                " WHERE id = ?",
                (alipay_trade_no(trade.id, at_ms=at_ms), who, at_ms, trade.id),
            )
            self._record("scanned", trade=trade, at_ms=at_ms)
            return self._refreshed(trade, at_ms=at_ms)

    def pay(self, trade: Trade, *, app: App, at_ms: int, coupons: Coupons = NO_COUPONS) -> Trade:
        """Let a payer scan and pay; a trade that is paid already stays as it was paid.

        Raises RefusedError if the trade is closed, or coupons would pay all of it.
        """
        coupons.require_a_part(trade.total_minor)
        notification_id: int | None = None
        with self._store.transaction() as connection:
            trade = self.scan(trade, at_ms=at_ms)
            if trade.status == TradeStatus.WAITING:
                got_minor = trade.total_minor - coupons.gift_minor
                fee_minor = channel_fee_minor(got_minor, fee_bps=app.fee_bps)
                connection.execute(
                    "UPDATE trades SET status = 'paid', paid_ms = ?, paid_date = ?, fee_minor = ?"
                    " WHERE id = ?",
                    (at_ms, shanghai_date(at_ms).isoformat(), fee_minor, trade.id),
                )
                coupons.keep(connection, trade_id=trade.id)
                self._record("paid", trade=trade, at_ms=at_ms)
                notification_id = _prepare_notification(connection, trade=trade)
                trade = self._refreshed(trade, at_ms=at_ms)
        if trade.status == TradeStatus.CLOSED:
            detail = f"trade {trade.out_trade_no} is closed"
            raise RefusedError(status=409, code="trade_closed", detail=detail)
        if notification_id is not None:
            self._announce(notification_id)
        return trade

    def close(self, trade: Trade, *, reason: str, at_ms: int) -> Trade:
        """Close a trade that was not paid; one that is paid or closed stays as it is."""
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE trades SET status = 'closed', closed_ms = ?"
                " WHERE id = ? AND status IN ('unseen', 'waiting')",
                (at_ms, trade.id),
            ).rowcount
            if changed:
                self._record("closed", trade=trade, at_ms=at_ms, reason=reason)
            closed = self.find_by_id(trade.id)
        assert closed is not None
        return closed

    def _refreshed(self, trade: Trade, *, at_ms: int) -> Trade:
        found = self.find_by_id(trade.id)
        assert found is not None
        return self.as_of(found, at_ms=at_ms)

    def _one(self, sql: str, *values: object) -> Trade | None:
        row = self._store.row(sql, *values)
        return None if row is None else _trade_from(row)

    def _record(self, kind: str, *, trade: Trade, at_ms: int, **detail: str) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=trade.app_id,
            number=trade.out_trade_no,
            digest=trade.digest,
            **detail,
        )


def _prepare_notification(connection: sqlite3.Connection, *, trade: Trade) -> int | None:
    if not trade.notify_url:
        return None
    # Due at once, whatever the clock shows: a trade may be paid at another instant than now.
    cursor = connection.execute(
        "INSERT INTO notifications (trade_id, notify_id, state, attempts, due_ms, last_answer)"
        " VALUES (?, ?, 'pending', 0, 0, '')",
        (trade.id, secrets.token_hex(17)),
    )
    return int(cursor.lastrowid or 0)


def _trade_from(row: sqlite3.Row) -> Trade:
    return Trade(
        id=row["id"],
        app_id=row["app_id"],
        out_trade_no=row["out_trade_no"],
        token=row["token"],
        digest=row["digest"],
        total_minor=row["total_minor"],
        currency=row["currency"],
        subject=row["subject"],
        notify_url=row["notify_url"],
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        status=TradeStatus(row["status"]),
        trade_no=row["trade_no"],
        buyer_id=row["buyer_id"],
        paid_ms=row["paid_ms"],
        scene=Scene(row["scene"] or Scene.QR),
        return_url=row["return_url"] or "",
        quit_url=row["quit_url"] or "",
        named_buyer=row["named_buyer"] or "",
        coupon_minor=row["coupon_minor"] or 0,
        gift_minor=row["gift_minor"] or 0,
        passback_params=row["passback_params"] or "",
    )

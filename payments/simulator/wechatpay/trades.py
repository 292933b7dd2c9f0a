"""Trades at the simulated WeChat Pay: there at once, then paid or closed."""

import hashlib
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.money import channel_fee_minor
from payments.simulator.store import Store
from payments.simulator.wechatpay.merchants import Merchant


class TradeStatus(StrEnum):
    """Where a trade stands; that a refund was requested is told by the refunds."""

    NOTPAY = "notpay"
    PAID = "paid"
    CLOSED = "closed"


@dataclass(frozen=True)
class Order:
    """What an order asks for; `digest` tells a repetition from another order.

    `trade_type` says where it is to be paid: NATIVE, JSAPI, MWEB or APP; `payer_openid` by whom,
    where the scene asks for that.
    """

    out_trade_no: str
    digest: str
    total_minor: int
    description: str
    attach: str
    notify_url: str
    expires_ms: int
    trade_type: str = "NATIVE"
    payer_openid: str | None = None


@dataclass(frozen=True)
class Trade:
    """One trade as it is now, in fen; instants are virtual milliseconds since 1970 UTC.

    `coupons_minor` is what all coupons take off for the payer, `given_minor` what of that is the
    merchant's own gift, which WeChat Pay does not pay.
    """

    id: int
    mchid: str
    appid: str
    out_trade_no: str
    token: str
    digest: str
    total_minor: int
    currency: str
    description: str
    attach: str
    notify_url: str
    created_ms: int
    expires_ms: int
    status: TradeStatus
    transaction_id: str | None
    openid: str | None
    paid_ms: int | None
    fee_minor: int | None
    trade_type: str
    payer_openid: str | None
    coupons_minor: int
    given_minor: int

    @property
    def settled_minor(self) -> int:
        """What WeChat Pay owes the merchant, before its fee."""
        return self.total_minor - self.given_minor


class TradeBook:
    """All trades; `announce` is called with each new notice after it is committed."""

    def __init__(self, store: Store, *, announce: Callable[[int], None]) -> None:
        """Keep trades in the store; `announce` is given the number of a notice."""
        self._store = store
        self._announce = announce

    def find(self, *, mchid: str, out_trade_no: str) -> Trade | None:
        """Look a trade up by the merchant's number."""
        return self._one(
            "SELECT * FROM wechat_orders WHERE mchid = ? AND out_trade_no = ?",
            mchid,
            out_trade_no,
        )

    def find_by_owner(self, *, owner: str, out_trade_no: str) -> Trade | None:
        """Look a trade up as people do who know the merchant by its mchid or by its appid."""
        return self._one(
            "SELECT * FROM wechat_orders WHERE (mchid = ? OR appid = ?) AND out_trade_no = ?",
            owner,
            owner,
            out_trade_no,
        )

    def find_by_transaction_id(self, *, mchid: str, transaction_id: str) -> Trade | None:
        """Look a trade up by WeChat Pay's number."""
        return self._one(
            "SELECT * FROM wechat_orders WHERE mchid = ? AND transaction_id = ?",
            mchid,
            transaction_id,
        )

    def find_by_token(self, token: str) -> Trade | None:
        """Look a trade up by what its QR code says."""
        return self._one("SELECT * FROM wechat_orders WHERE token = ?", token)

    def find_by_id(self, trade_id: int) -> Trade | None:
        """Look a trade up by the simulator's own number."""
        return self._one("SELECT * FROM wechat_orders WHERE id = ?", trade_id)

    def create(self, order: Order, *, merchant: Merchant, at_ms: int) -> Trade:
        """Accept an order; it may be paid from now on."""
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO wechat_trades (mchid, appid, out_trade_no, token, digest,"
                " total_minor, currency, description, attach, notify_url, created_ms, expires_ms,"
                " status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'notpay')",
                (
                    merchant.mchid,
                    merchant.appid,
                    order.out_trade_no,
                    secrets.token_hex(16),
                    order.digest,
                    order.total_minor,
                    merchant.currency,
                    order.description,
                    order.attach,
                    order.notify_url,
                    at_ms,
                    order.expires_ms,
                ),
            )
            trade_id = int(cursor.lastrowid or 0)
            if order.trade_type != "NATIVE":
                connection.execute(
                    "INSERT INTO wechat_scenes VALUES (?, ?, ?)",
                    (trade_id, order.trade_type, order.payer_openid),
                )
            trade = self.find_by_id(trade_id)
            assert trade is not None
            self._record("order_accepted", trade=trade, at_ms=at_ms)
        return trade

    def repeat(self, trade: Trade, *, at_ms: int) -> None:
        """Note that the same order came again."""
        self._record("order_repeated", trade=trade, at_ms=at_ms)

    def refuse(self, trade: Trade, *, at_ms: int) -> None:
        """Note that a payer put the page away; the trade may still be paid."""
        self._record("refused", trade=trade, at_ms=at_ms)

    def as_of(self, trade: Trade, *, at_ms: int) -> Trade:
        """Close a trade whose payer let its time pass, for good, and return it as it is then."""
        if trade.status != TradeStatus.NOTPAY or at_ms < trade.expires_ms:
            return trade
        return self.close(trade, reason="expired", at_ms=trade.expires_ms)

    def pay(self, trade: Trade, *, merchant: Merchant, at_ms: int) -> Trade:
        """Let a payer pay; a trade that is paid already stays as it was paid.

        Raises RefusedError if the trade is closed.
        """
        notice_id: int | None = None
        with self._store.transaction() as connection:
            found = self.find_by_id(trade.id)
            assert found is not None
            trade = self.as_of(found, at_ms=at_ms)
            if trade.status == TradeStatus.NOTPAY:
                connection.execute(
                    "UPDATE wechat_trades SET status = 'paid', transaction_id = ?, openid = ?,"
                    " paid_ms = ?, paid_date = ?, fee_minor = ? WHERE id = ?",
                    (
                        _transaction_id(trade, at_ms=at_ms),
                        trade.payer_openid or _openid(trade),
                        at_ms,
                        shanghai_date(at_ms).isoformat(),
                        channel_fee_minor(trade.settled_minor, fee_bps=merchant.fee_bps),
                        trade.id,
                    ),
                )
                self._record("paid", trade=trade, at_ms=at_ms)
                notice_id = _prepare_notice(connection, trade=trade)
                found = self.find_by_id(trade.id)
                assert found is not None
                trade = found
        if trade.status == TradeStatus.CLOSED:
            detail = f"trade {trade.out_trade_no} is closed"
            raise RefusedError(status=409, code="trade_closed", detail=detail)
        if notice_id is not None:
            self._announce(notice_id)
        return trade

    def close(self, trade: Trade, *, reason: str, at_ms: int) -> Trade:
        """Close a trade that was not paid; one that is paid or closed stays as it is."""
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE wechat_trades SET status = 'closed', closed_ms = ?"
                " WHERE id = ? AND status = 'notpay'",
                (at_ms, trade.id),
            ).rowcount
            if changed:
                self._record("closed", trade=trade, at_ms=at_ms, reason=reason)
            closed = self.find_by_id(trade.id)
        assert closed is not None
        return closed

    def _one(self, sql: str, *values: object) -> Trade | None:
        row = self._store.row(sql, *values)
        return None if row is None else _trade_from(row)

    def _record(self, kind: str, *, trade: Trade, at_ms: int, **detail: str) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=trade.mchid,
            number=trade.out_trade_no,
            digest=trade.digest,
            **detail,
        )


def _prepare_notice(connection: sqlite3.Connection, *, trade: Trade) -> int:
    # Due at once, whatever the clock shows: a trade may be paid at another instant than now.
    cursor = connection.execute(
        "INSERT INTO wechat_notices (trade_id, notice_id, state, attempts, due_ms, last_answer)"
        " VALUES (?, ?, 'pending', 0, 0, '')",
        (trade.id, new_notice_id()),
    )
    return int(cursor.lastrowid or 0)


def new_notice_id() -> str:
    """Make the number by which the merchant tells repetitions of a notice apart."""
    return str(uuid.uuid4())


def _transaction_id(trade: Trade, *, at_ms: int) -> str:
    # 28 digits beginning with 4200 and holding the day, as WeChat Pay's do.
    return f"4200001000{shanghai_date(at_ms):%Y%m%d}{trade.id:010d}"


def _openid(trade: Trade) -> str:
    # 28 letters and digits, the first an o.
    return f"o{hashlib.sha256(trade.token.encode()).hexdigest()[:27]}"


def _trade_from(row: sqlite3.Row) -> Trade:
    return Trade(
        id=row["id"],
        mchid=row["mchid"],
        appid=row["appid"],
        out_trade_no=row["out_trade_no"],
        token=row["token"],
        digest=row["digest"],
        total_minor=row["total_minor"],
        currency=row["currency"],
        description=row["description"],
        attach=row["attach"],
        notify_url=row["notify_url"],
        created_ms=row["created_ms"],
        expires_ms=row["expires_ms"],
        status=TradeStatus(row["status"]),
        transaction_id=row["transaction_id"],
        openid=row["openid"],
        paid_ms=row["paid_ms"],
        fee_minor=row["fee_minor"],
        trade_type=row["trade_type"],
        payer_openid=row["payer_openid"],
        coupons_minor=row["coupons_minor"],
        given_minor=row["given_minor"],
    )

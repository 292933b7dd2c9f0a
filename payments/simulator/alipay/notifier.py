"""Alipay's asynchronous notifications: signed, sent to the merchant, and sent again."""

import json
from dataclasses import dataclass
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.fields import amounts_of, funds_of, vouchers_of
from payments.simulator.alipay.letters import Letter, letter
from payments.simulator.alipay.trades import Trade, TradeBook
from payments.simulator.clock import VirtualClock, shanghai_text
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.money import amount_text
from payments.simulator.sending import Post, Schedule
from payments.simulator.store import Store

_MINUTE_MS = 60_000
# After the first sending: 4 m, 10 m, 10 m, 1 h, 2 h, 6 h, 15 h on the virtual clock.
LADDER_MS = tuple(minutes * _MINUTE_MS for minutes in (4, 10, 10, 60, 120, 360, 900))
_ANSWER_LENGTH_KEPT = 200


@dataclass(frozen=True)
class _Notification:
    id: int
    trade: Trade
    app: App
    notify_id: str
    attempts: int


class Notifier:
    """Sends what is due, from a few threads; what is pending lives in the store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        apps: AppBook,
        faults: FaultBook,
        ladder_scale: Decimal,
    ) -> None:
        """Prepare; `start` takes up what an earlier process left.

        `ladder_scale` compresses the time between retries: 0.001 makes 4 minutes 240 ms.
        """
        self._store = store
        self._clock = clock
        self._apps = apps
        self._faults = faults
        self._steps_ms = [int(step_ms * ladder_scale) for step_ms in LADDER_MS]
        self._trades = TradeBook(store, announce=self.announce)
        self._schedule = Schedule(clock, send=self._attempt)

    def start(self, *, workers: int) -> None:
        """Begin to send."""
        rows = self._store.rows("SELECT id, due_ms FROM notifications WHERE state = 'pending'")
        for row in rows:
            self.announce(row["id"], due_ms=row["due_ms"])
        self._schedule.start(workers=workers)

    def announce(self, notification_id: int, *, due_ms: int = 0) -> None:
        """Take over a notification that the store holds as pending; due at once by default."""
        self._schedule.announce(notification_id, due_ms=due_ms)

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self._schedule.look_again()

    def counts(self) -> dict[str, int]:
        """Count the notifications by state."""
        rows = self._store.rows("SELECT state, count(*) AS n FROM notifications GROUP BY state")
        found = {str(row["state"]): int(row["n"]) for row in rows}
        return {state: found.get(state, 0) for state in ("pending", "delivered", "abandoned")}

    def _attempt(self, notification_id: int, post: Post) -> None:
        notification = self._read(notification_id)
        trade = notification.trade
        fault = self._faults.strike(
            notification=True, method="", app_id=trade.app_id, out_trade_no=trade.out_trade_no
        )
        if fault is not None and fault.kind == FaultKind.NOTIFY_DELAY:
            due_ms = self._clock.now_ms() + fault.wait_ms
            self._write(notification, state="pending", due_ms=due_ms, answer="", fault=fault)
            return
        if fault is not None and fault.kind == FaultKind.NOTIFY_DROP:
            answer = "dropped"
        else:
            now_ms = self._clock.now_ms()
            signer = self._apps.signer(notification.app, at_ms=now_ms, is_notice=True)
            sent = _letter(notification, key=signer.alipay_key, fault=fault, now_ms=now_ms)
            answer = post.send(trade.notify_url, body=sent.body, headers=sent.headers).words
            if fault is not None and fault.kind == FaultKind.NOTIFY_DUPLICATE:
                answer = post.send(trade.notify_url, body=sent.body, headers=sent.headers).words
        self._conclude(notification, answer=answer, fault=fault)

    def _conclude(self, notification: _Notification, *, answer: str, fault: Fault | None) -> None:
        if answer == "success":
            state, due_ms = "delivered", 0
        elif notification.attempts < len(self._steps_ms):
            state = "pending"
            due_ms = self._clock.now_ms() + self._steps_ms[notification.attempts]
        else:
            state, due_ms = "abandoned", 0
        self._write(notification, state=state, due_ms=due_ms, answer=answer, fault=fault, sent=1)

    def _write(
        self,
        notification: _Notification,
        *,
        state: str,
        due_ms: int,
        answer: str,
        fault: Fault | None,
        sent: int = 0,
    ) -> None:
        answer = answer[:_ANSWER_LENGTH_KEPT]
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE notifications SET state = ?, attempts = attempts + ?, due_ms = ?,"
                " last_answer = ? WHERE id = ?",
                (state, sent, due_ms, answer, notification.id),
            )
            self._store.record_effect(
                "notified" if sent else "notification_delayed",
                at_ms=self._clock.now_ms(),
                owner=notification.app.app_id,
                number=notification.trade.out_trade_no,
                notify_id=notification.notify_id,
                answer=answer,
                fault=None if fault is None else fault.kind.value,
            )
        if state == "pending":
            self.announce(notification.id, due_ms=due_ms)

    def _read(self, notification_id: int) -> _Notification:
        row = self._store.row("SELECT * FROM notifications WHERE id = ?", notification_id)
        assert row is not None
        trade = self._trades.find_by_id(row["trade_id"])
        assert trade is not None
        app = self._apps.find(trade.app_id)
        assert app is not None
        return _Notification(
            id=row["id"],
            trade=trade,
            app=app,
            notify_id=row["notify_id"],
            attempts=row["attempts"],
        )


def _letter(
    notification: _Notification, *, key: rsa.RSAPrivateKey, fault: Fault | None, now_ms: int
) -> Letter:
    trade, app = notification.trade, notification.app
    params = trade_params(trade, app=app, notify_id=notification.notify_id, now_ms=now_ms)
    kind = None if fault is None else fault.kind
    if fault is not None and kind == FaultKind.NOTIFY_WRONG_AMOUNT:
        one_more = amount_text(trade.total_minor + 1, currency=trade.currency)
        params["total_amount"] = fault.total_amount or one_more
    if fault is not None and kind == FaultKind.NOTIFY_WRONG_APP:
        params["app_id"] = fault.other_app_id or f"{app.app_id}9"
    return letter(params, key=key, fault=kind)


def trade_params(trade: Trade, *, app: App, notify_id: str, now_ms: int) -> dict[str, str]:
    """Say what there is to say about a trade that was paid, not signed yet."""
    total = amount_text(trade.total_minor, currency=trade.currency)
    assert trade.trade_no is not None
    assert trade.buyer_id is not None
    assert trade.paid_ms is not None
    others = {"passback_params": trade.passback_params} if trade.passback_params else {}
    if vouchers := vouchers_of(trade):
        others["voucher_detail_list"] = json.dumps(
            vouchers, ensure_ascii=False, separators=(",", ":")
        )
    return {
        **others,
        "notify_time": shanghai_text(now_ms),
        "notify_type": "trade_status_sync",
        "notify_id": notify_id,
        "charset": "utf-8",
        "version": "1.0",
        "app_id": app.app_id,
        "auth_app_id": app.app_id,
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_id": trade.buyer_id,
        "buyer_logon_id": trade.buyer_logon_id,
        "seller_id": app.seller_id,
        "seller_email": f"{app.seller_id}@simulator.example",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": total,
        "trans_currency": trade.currency,
        **amounts_of(trade),
        "subject": trade.subject,
        "gmt_create": shanghai_text(trade.created_ms),
        "gmt_payment": shanghai_text(trade.paid_ms),
        "fund_bill_list": json.dumps(
            [{"amount": amount, "fundChannel": fund} for amount, fund in funds_of(trade)],
            separators=(",", ":"),
        ),
    }

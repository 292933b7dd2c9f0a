"""Alipay's notifications about refunds and transfers: signed, sent, and sent again."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.holds import HoldBook
from payments.simulator.alipay.letters import Letter, letter
from payments.simulator.alipay.message_texts import (
    TRANSFER_CHANGED,
    hold_params,
    refund_params,
    transfer_params,
)
from payments.simulator.alipay.notifier import LADDER_MS
from payments.simulator.alipay.refunds import RefundBook
from payments.simulator.alipay.trades import TradeBook
from payments.simulator.alipay.transfers import TransferBook
from payments.simulator.clock import VirtualClock
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.sending import Post, Schedule
from payments.simulator.store import Store

_ANSWER_LENGTH_KEPT = 200


Params = dict[str, str]


@dataclass(frozen=True)
class _Message:
    """One message as it is in the store; `write` makes its fields."""

    id: int
    url: str
    notify_id: str
    attempts: int
    app: App
    method: str
    number: str
    other_number: str
    write: Callable[..., Params]


class Messenger:
    """Sends what is due about refunds and transfers; what is pending lives in the store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        apps: AppBook,
        faults: FaultBook,
        ladder_scale: Decimal,
    ) -> None:
        """Prepare; `start` takes up what an earlier process left."""
        self._store = store
        self._clock = clock
        self._apps = apps
        self._faults = faults
        self._steps_ms = [int(step_ms * ladder_scale) for step_ms in LADDER_MS]
        self._schedule = Schedule(clock, send=self._attempt)

    def start(
        self,
        *,
        trades: TradeBook,
        refunds: RefundBook,
        transfers: TransferBook,
        holds: HoldBook,
        workers: int,
    ) -> None:
        """Begin to send what these books have announced."""
        self._trades, self._refunds, self._transfers = trades, refunds, transfers
        self._holds = holds
        rows = self._store.rows("SELECT id, due_ms FROM alipay_messages WHERE state = 'pending'")
        for row in rows:
            self._schedule.announce(row["id"], due_ms=row["due_ms"])
        self._schedule.start(workers=workers)

    def announce(self, kind: str, subject_id: int, status: str, *, url: str, due_ms: int) -> None:
        """Let a merchant hear, once it is so, that a refund or transfer came to a status.

        Part of a transaction: senders wait for its end.
        """
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO alipay_messages (kind, subject_id, status, url, notify_id, state,"
                " attempts, due_ms, last_answer) VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, '')",
                (kind, subject_id, status, url, secrets.token_hex(17), due_ms),
            )
            self._schedule.announce(int(cursor.lastrowid or 0), due_ms=due_ms)

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self._schedule.look_again()

    def counts(self) -> dict[str, int]:
        """Count the messages by state."""
        rows = self._store.rows("SELECT state, count(*) AS n FROM alipay_messages GROUP BY state")
        return {str(row["state"]): int(row["n"]) for row in rows}

    def _attempt(self, message_id: int, post: Post) -> None:
        message = self._read(message_id)
        if message is None:
            return
        fault = self._faults.strike(
            notification=True,
            method=message.method,
            app_id=message.app.app_id,
            out_trade_no=message.number,
            other_number=message.other_number,
        )
        if fault is not None and fault.kind == FaultKind.NOTIFY_DELAY:
            due_ms = self._clock.now_ms() + fault.wait_ms
            self._write(message, state="pending", due_ms=due_ms, answer="", fault=fault, sent=0)
            return
        answer = "dropped"
        if fault is None or fault.kind != FaultKind.NOTIFY_DROP:
            now_ms = self._clock.now_ms()
            signer = self._apps.signer(message.app, at_ms=now_ms, is_notice=True)
            sent = _letter(message, key=signer.alipay_key, fault=fault, now_ms=now_ms)
            answer = post.send(message.url, body=sent.body, headers=sent.headers).words
            if fault is not None and fault.kind == FaultKind.NOTIFY_DUPLICATE:
                answer = post.send(message.url, body=sent.body, headers=sent.headers).words

        state, due_ms = "abandoned", 0
        if answer == "success":
            state = "delivered"
        elif message.attempts < len(self._steps_ms):
            state, due_ms = "pending", self._clock.now_ms() + self._steps_ms[message.attempts]
        self._write(message, state=state, due_ms=due_ms, answer=answer, fault=fault, sent=1)

    def _write(
        self,
        message: _Message,
        *,
        state: str,
        due_ms: int,
        answer: str,
        fault: Fault | None,
        sent: int,
    ) -> None:
        answer = answer[:_ANSWER_LENGTH_KEPT]
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE alipay_messages SET state = ?, attempts = attempts + ?, due_ms = ?,"
                " last_answer = ? WHERE id = ?",
                (state, sent, due_ms, answer, message.id),
            )
            self._store.record_effect(
                "notified" if sent else "notification_delayed",
                at_ms=self._clock.now_ms(),
                owner=message.app.app_id,
                method=message.method or None,
                number=message.number,
                notify_id=message.notify_id,
                answer=answer,
                fault=None if fault is None else fault.kind.value,
            )
        if state == "pending":
            self._schedule.announce(message.id, due_ms=due_ms)

    def _read(self, message_id: int) -> _Message | None:
        """Read a message; None if what announced it was undone after all."""
        now_ms = self._clock.now_ms()
        with self._store.transaction():
            row = self._store.row("SELECT * FROM alipay_messages WHERE id = ?", message_id)
            if row is None:
                return None
            if row["kind"] == "refund":
                return self._about_refund(row, now_ms=now_ms)
            if row["kind"] == "hold":
                return self._about_hold(row, now_ms=now_ms)
            return self._about_transfer(row, now_ms=now_ms)

    def _about_refund(self, row: sqlite3.Row, *, now_ms: int) -> _Message:
        refund = self._refunds.find_by_id(row["subject_id"])
        assert refund is not None
        trade = self._trades.find_by_id(refund.trade_id)
        assert trade is not None
        known = self._refunds.of(trade, at_ms=now_ms)
        return _Message(
            id=row["id"],
            url=row["url"],
            notify_id=row["notify_id"],
            attempts=row["attempts"],
            app=self._app(trade.app_id),
            method="",
            number=refund.out_request_no,
            other_number=trade.out_trade_no,
            write=partial(refund_params, refund, known=known),
        )

    def _about_hold(self, row: sqlite3.Row, *, now_ms: int) -> _Message:
        hold = self._holds.find_by_id(row["subject_id"], at_ms=now_ms)
        assert hold is not None
        return _Message(
            id=row["id"],
            url=row["url"],
            notify_id=row["notify_id"],
            attempts=row["attempts"],
            app=self._app(hold.app_id),
            method="",
            number=hold.out_order_no,
            other_number="",
            write=partial(hold_params, hold, what=row["status"]),
        )

    def _about_transfer(self, row: sqlite3.Row, *, now_ms: int) -> _Message:
        self._transfers.conclude(at_ms=now_ms)
        transfer = self._transfers.find_by_id(row["subject_id"])
        assert transfer is not None
        return _Message(
            id=row["id"],
            url=row["url"],
            notify_id=row["notify_id"],
            attempts=row["attempts"],
            app=self._app(transfer.app_id),
            method=TRANSFER_CHANGED,
            number=transfer.out_biz_no,
            other_number="",
            write=partial(transfer_params, transfer, status=row["status"]),
        )

    def _app(self, app_id: str) -> App:
        app = self._apps.find(app_id)
        assert app is not None
        return app


def _letter(
    message: _Message, *, key: rsa.RSAPrivateKey, fault: Fault | None, now_ms: int
) -> Letter:
    """Write and sign a message, wrongly in the way that was ordered."""
    app, kind = message.app, None if fault is None else fault.kind
    is_wrong = kind == FaultKind.NOTIFY_WRONG_AMOUNT
    params = message.write(
        app=app,
        notify_id=message.notify_id,
        now_ms=now_ms,
        extra_minor=1 if is_wrong else 0,
        amount=fault.total_amount if fault is not None and is_wrong else None,
    )
    if fault is not None and kind == FaultKind.NOTIFY_WRONG_APP:
        params["app_id"] = fault.other_app_id or f"{app.app_id}9"
    is_message = message.method == TRANSFER_CHANGED
    return letter(params, key=key, fault=kind, is_message=is_message)

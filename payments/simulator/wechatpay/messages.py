"""What WeChat Pay tells of transfers that ended, on a ladder of their own, and of echoes."""

import json
from dataclasses import dataclass, field
from decimal import Decimal

from payments.simulator import signing
from payments.simulator.clock import VirtualClock, wall_ms
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.sending import Post, PostAnswer, Schedule, escaped
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook
from payments.simulator.wechatpay.gateway import signature_headers
from payments.simulator.wechatpay.merchants import Merchant, MerchantBook
from payments.simulator.wechatpay.platform_keys import PlatformKey
from payments.simulator.wechatpay.resources import rfc3339
from payments.simulator.wechatpay.signing import encrypted_resource
from payments.simulator.wechatpay.trades import new_notice_id
from payments.simulator.wechatpay.transfer_calls import transfer_resource
from payments.simulator.wechatpay.transfers import ENDED, Transfer, TransferBook

# After the first sending, on the virtual clock.
LADDER_SECONDS = (0, *(15,) * 10, *(300,) * 10, *(1_800,) * 44)
_ACCEPTED = (200, 204)
_STALE_SECONDS = 10 * 60
_SUMMARIES = {"security": "回调通知成功", "mch_payment": "商家转账单据终态通知"}
_PROBE = "WECHATPAY/SIGNTEST/"


@dataclass(frozen=True)
class _Message:
    """One message to send: about a transfer that ended, or an echo."""

    id: int
    notice_id: str
    merchant: Merchant
    attempts: int
    url: str
    number: str
    event_type: str
    original_type: str
    resource: dict[str, object] = field(default_factory=dict)


class Messages:
    """Sends what is due, from a thread; what is pending lives in the store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        merchants: MerchantBook,
        faults: FaultBook,
        ladder_scale: Decimal,
    ) -> None:
        """Prepare; `start` takes up what an earlier process left."""
        self._store = store
        self._clock = clock
        self._merchants = merchants
        self._faults = faults
        self._steps_ms = [int(seconds * 1000 * ladder_scale) for seconds in LADDER_SECONDS]
        self._schedule = Schedule(clock, send=self._attempt)
        self.transfers = TransferBook(store, wallets=WalletBook(store), announce=self.watch)

    def start(self, *, workers: int) -> None:
        """Begin to send."""
        rows = self._store.rows("SELECT id, due_ms FROM wechat_messages WHERE state = 'pending'")
        for row in rows:
            self._schedule.announce(row["id"], due_ms=row["due_ms"])
        self._schedule.start(workers=workers)

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self._schedule.look_again()

    def counts(self) -> dict[str, int]:
        """Count the messages by state; transfers that have not ended have theirs pending."""
        rows = self._store.rows("SELECT state, count(*) AS n FROM wechat_messages GROUP BY state")
        return {str(row["state"]): int(row["n"]) for row in rows}

    def watch(self, transfer: Transfer, due_ms: int) -> None:
        """Let a transfer be told of when it has ended, which is at `due_ms` at the latest."""
        if not transfer.notify_url:
            return
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO wechat_messages (mchid, transfer_id, url, notice_id, state, attempts,"
                " due_ms, last_answer) VALUES (?, ?, ?, ?, 'pending', 0, ?, '')"
                " ON CONFLICT (transfer_id) DO UPDATE SET due_ms = excluded.due_ms",
                (transfer.mchid, transfer.id, transfer.notify_url, new_notice_id(), due_ms),
            )
            row = self._store.row(
                "SELECT id FROM wechat_messages WHERE transfer_id = ?", transfer.id
            )
        assert row is not None
        self._schedule.announce(row["id"], due_ms=due_ms)

    def echo(self, text: str, *, merchant: Merchant, url: str) -> None:
        """Let a merchant's door hear the text of an echo."""
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO wechat_messages (mchid, echo, url, notice_id, state, attempts,"
                " due_ms, last_answer) VALUES (?, ?, ?, ?, 'pending', 0, 0, '')",
                (merchant.mchid, text, url, new_notice_id()),
            )
        self._schedule.announce(int(cursor.lastrowid or 0))

    def _attempt(self, message_id: int, post: Post) -> None:
        message = self._read(message_id)
        if message is None:
            return
        fault = self._faults.strike(
            notification=True,
            method="",
            app_id=message.merchant.mchid,
            other_app_id=message.merchant.appid,
            out_trade_no=message.number,
        )
        kind = None if fault is None else fault.kind
        if kind == FaultKind.NOTIFY_DELAY:
            assert fault is not None
            self._write(message, due_ms=self._clock.now_ms() + fault.wait_ms, answer="delayed")
        elif kind == FaultKind.NOTIFY_DROP:
            self._conclude(message, answer=PostAnswer(status=None, text="dropped"), fault=fault)
        elif kind == FaultKind.NOTIFY_SIGNTEST:
            self._record("probed", message, answer=self._sent(message, post=post, fault=fault))
            self._schedule.announce(message.id)
        else:
            if kind == FaultKind.NOTIFY_DUPLICATE:
                self._sent(message, post=post, fault=None)
            self._conclude(message, answer=self._sent(message, post=post, fault=fault), fault=fault)

    def _sent(self, message: _Message, *, post: Post, fault: Fault | None) -> PostAnswer:
        kind = None if fault is None else fault.kind
        resource = dict(message.resource)
        if kind == FaultKind.NOTIFY_WRONG_APP:
            resource["mch_id"] = f"{message.merchant.mchid}9"
        if kind == FaultKind.NOTIFY_WRONG_AMOUNT and "transfer_amount" in resource:
            resource["transfer_amount"] = int(str(resource["transfer_amount"])) + 1
        body = self._body(message, resource=resource)
        # Receivers judge whether a message is fresh by real time, whatever the clock here shows.
        seconds = wall_ms() // 1000 - (_STALE_SECONDS if kind == FaultKind.NOTIFY_STALE else 0)
        key = self._merchants.telling_key(message.merchant, at_ms=self._clock.now_ms())
        if kind in (FaultKind.NOTIFY_FORGED, FaultKind.NOTIFY_SIGNTEST):
            key = PlatformKey(key.serial, signing.new_private_key(), None)
        prefix = _PROBE if kind == FaultKind.NOTIFY_SIGNTEST else ""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Mozilla/4.0",
            **dict(signature_headers(body, key=key, seconds=seconds, prefix=prefix)),
        }
        if kind == FaultKind.NOTIFY_ESCAPED:
            body = escaped(body)
        return post.send(message.url, body=body, headers=headers)

    def _body(self, message: _Message, *, resource: dict[str, object]) -> bytes:
        text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
        content = {
            "id": message.notice_id,
            "create_time": rfc3339(self._clock.now_ms()),
            "resource_type": "encrypt-resource",
            "event_type": message.event_type,
            "summary": _SUMMARIES[message.original_type],
            "resource": {
                "original_type": message.original_type,
                **encrypted_resource(
                    text.encode(),
                    associated_data=message.original_type,
                    api_v3_key=message.merchant.api_v3_key,
                ),
            },
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def _conclude(self, message: _Message, *, answer: PostAnswer, fault: Fault | None) -> None:
        due_ms: int | None = None
        state = "delivered"
        if answer.status not in _ACCEPTED:
            state = "abandoned"
            if message.attempts < len(self._steps_ms):
                state, due_ms = "pending", self._clock.now_ms() + self._steps_ms[message.attempts]
        self._record("notified", message, answer=answer, fault=fault)
        self._write(message, state=state, due_ms=due_ms, answer=answer.words, sent=1)

    def _write(
        self,
        message: _Message,
        *,
        due_ms: int | None,
        answer: str,
        state: str = "pending",
        sent: int = 0,
    ) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE wechat_messages SET state = ?, attempts = attempts + ?, due_ms = ?,"
                " last_answer = ? WHERE id = ?",
                (state, sent, due_ms or 0, answer[:200], message.id),
            )
        if due_ms is not None:
            self._schedule.announce(message.id, due_ms=due_ms)

    def _record(
        self, kind: str, message: _Message, *, answer: PostAnswer, fault: Fault | None = None
    ) -> None:
        self._store.record_effect(
            kind,
            at_ms=self._clock.now_ms(),
            owner=message.merchant.mchid,
            number=message.number,
            notify_id=message.notice_id,
            event_type=message.event_type,
            answer=answer.words[:200],
            fault=None if fault is None else fault.kind.value,
        )

    def _read(self, message_id: int) -> _Message | None:
        """Read what to tell, if it is still to be told and has happened."""
        row = self._store.row(
            "SELECT * FROM wechat_messages WHERE id = ? AND state = 'pending'", message_id
        )
        if row is None:
            return None
        merchant = self._merchants.find(row["mchid"])
        assert merchant is not None
        number, event_type, original_type = "", "SECURITY_ECHO.SUCCESS", "security"
        resource: dict[str, object] = {"echo_message": row["echo"], "encrypt_echo_message": ""}
        if row["transfer_id"] is not None:
            transfer = self.transfers.find_by_id(row["transfer_id"], at_ms=self._clock.now_ms())
            if transfer is None or transfer.state not in ENDED:
                return None
            number, resource = transfer.out_bill_no, transfer_resource(transfer)
            event_type, original_type = "MCHTRANSFER.BILL.FINISHED", "mch_payment"
        return _Message(
            id=row["id"],
            notice_id=row["notice_id"],
            merchant=merchant,
            attempts=row["attempts"],
            url=row["url"],
            number=number,
            event_type=event_type,
            original_type=original_type,
            resource=resource,
        )

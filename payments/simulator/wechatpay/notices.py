"""WeChat Pay's notices: encrypted, signed, sent to the merchant, and sent again."""

import json
from dataclasses import dataclass
from decimal import Decimal

from payments.simulator import signing
from payments.simulator.clock import VirtualClock, wall_ms
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.money import exact_minor
from payments.simulator.sending import Post, PostAnswer, Schedule, escaped
from payments.simulator.store import Store
from payments.simulator.wechatpay.coupons import Coupon, CouponBook
from payments.simulator.wechatpay.gateway import signature_headers
from payments.simulator.wechatpay.merchants import Merchant, MerchantBook
from payments.simulator.wechatpay.platform_keys import PlatformKey
from payments.simulator.wechatpay.refunds import Refund, RefundBook
from payments.simulator.wechatpay.resources import (
    Resource,
    refund_notice_resource,
    rfc3339,
    trade_resource,
)
from payments.simulator.wechatpay.reversals import ReversalBook
from payments.simulator.wechatpay.signing import encrypted_resource
from payments.simulator.wechatpay.trades import Trade, TradeBook

# After the first sending: 15 s, 15 s, 30 s, 3 m … 6 h, 6 h on the virtual clock, 24 h 4 m in all.
LADDER_SECONDS = (
    *(15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600),
    *(10_800, 10_800, 10_800, 21_600, 21_600),
)
_ACCEPTED = (200, 204)
_ANSWER_LENGTH_KEPT = 200
_STALE_SECONDS = 10 * 60
_PROBE = "WECHATPAY/SIGNTEST/"
_SUMMARIES = {
    "TRANSACTION.SUCCESS": "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
}


@dataclass(frozen=True)
class _Notice:
    """One notice to send: about a trade, or about one of its refunds."""

    id: int
    notice_id: str
    attempts: int
    merchant: Merchant
    trade: Trade
    refund: Refund | None
    coupons: list[Coupon]

    @property
    def number(self) -> str:
        return self.trade.out_trade_no if self.refund is None else self.refund.out_refund_no

    @property
    def url(self) -> str:
        return self.trade.notify_url if self.refund is None else self.refund.notify_url

    @property
    def event_type(self) -> str:
        if self.refund is None:
            return "TRANSACTION.SUCCESS"
        return f"REFUND.{self.refund.status.value.upper()}"

    def resource(self) -> Resource:
        if self.refund is None:
            return trade_resource(self.trade, has_refunds=False, coupons=self.coupons)
        return refund_notice_resource(self.refund, trade=self.trade)


class Notices:
    """Sends what is due, from a few threads; what is pending lives in the store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: VirtualClock,
        merchants: MerchantBook,
        faults: FaultBook,
        ladder_scale: Decimal,
    ) -> None:
        """Prepare; `start` takes up what an earlier process left.

        `ladder_scale` compresses the time between retries: 0.001 makes 15 seconds 15 ms.
        """
        self._store = store
        self._clock = clock
        self._merchants = merchants
        self._faults = faults
        self._steps_ms = [int(seconds * 1000 * ladder_scale) for seconds in LADDER_SECONDS]
        self._schedule = Schedule(clock, send=self._attempt)
        self._coupons = CouponBook(store)
        self._trades = TradeBook(store, announce=self.announce)
        self._refunds = RefundBook(store, announce=self.announce)

    def start(self, *, workers: int) -> None:
        """Begin to send."""
        rows = self._store.rows("SELECT id, due_ms FROM wechat_notices WHERE state = 'pending'")
        for row in rows:
            self.announce(row["id"], row["due_ms"])
        for notice_id, due_ms in ReversalBook(self._store).notices_to_come():
            self.announce(notice_id, due_ms)
        self._schedule.start(workers=workers)

    def announce(self, notice_id: int, due_ms: int = 0) -> None:
        """Take over a notice that the store holds as pending; due at once by default."""
        self._schedule.announce(notice_id, due_ms=due_ms)

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self._schedule.look_again()

    def counts(self) -> dict[str, int]:
        """Count the notices by state; refunds that have not ended have theirs pending."""
        rows = self._store.rows("SELECT state, count(*) AS n FROM wechat_notices GROUP BY state")
        found = {str(row["state"]): int(row["n"]) for row in rows}
        return {state: found.get(state, 0) for state in ("pending", "delivered", "abandoned")}

    def _attempt(self, notice_id: int, post: Post) -> None:
        notice = self._read(notice_id)
        if notice is None:
            return
        fault = self._faults.strike(
            notification=True,
            method="",
            app_id=notice.merchant.mchid,
            other_app_id=notice.merchant.appid,
            out_trade_no=notice.number,
            other_number=notice.trade.out_trade_no,
        )
        match None if fault is None else fault.kind:
            case FaultKind.NOTIFY_DELAY:
                assert fault is not None
                due_ms = self._clock.now_ms() + fault.wait_ms
                self._write(notice, state="pending", due_ms=due_ms, answer="", fault=fault)
            case FaultKind.NOTIFY_DROP:
                dropped = PostAnswer(status=None, text="dropped")
                self._conclude(notice, answer=dropped, fault=fault)
            case FaultKind.NOTIFY_SIGNTEST:
                # The probe says nothing about the notice, which follows at once.
                answer = self._sent(notice, post=post, fault=fault)
                self._record(notice, kind="probed", answer=_shown(answer), fault=fault)
                self.announce(notice.id)
            case FaultKind.NOTIFY_DUPLICATE:
                self._sent(notice, post=post, fault=None)
                self._conclude(
                    notice, answer=self._sent(notice, post=post, fault=None), fault=fault
                )
            case _:
                answer = self._sent(notice, post=post, fault=fault)
                self._conclude(notice, answer=answer, fault=fault)

    def _sent(self, notice: _Notice, *, post: Post, fault: Fault | None) -> PostAnswer:
        kind = None if fault is None else fault.kind
        body = self._body(notice, fault=fault)
        # Receivers judge whether a message is fresh by real time, whatever the clock here shows.
        seconds = wall_ms() // 1000
        key = self._merchants.telling_key(notice.merchant, at_ms=self._clock.now_ms())
        prefix = ""
        if kind == FaultKind.NOTIFY_STALE:
            seconds -= _STALE_SECONDS
        if kind in (FaultKind.NOTIFY_FORGED, FaultKind.NOTIFY_SIGNTEST):
            key = PlatformKey(key.serial, signing.new_private_key(), None)
        if kind == FaultKind.NOTIFY_SIGNTEST:
            prefix = _PROBE
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Mozilla/4.0",
            **dict(signature_headers(body, key=key, seconds=seconds, prefix=prefix)),
        }
        if kind == FaultKind.NOTIFY_ESCAPED:
            body = escaped(body)
        return post.send(notice.url, body=body, headers=headers)

    def _body(self, notice: _Notice, *, fault: Fault | None) -> bytes:
        resource = _as_ordered(notice.resource(), notice=notice, fault=fault)
        about = "transaction" if notice.refund is None else "refund"
        text = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
        content = {
            "id": notice.notice_id,
            "create_time": rfc3339(self._clock.now_ms()),
            "resource_type": "encrypt-resource",
            "event_type": notice.event_type,
            "summary": _SUMMARIES[notice.event_type],
            "resource": {
                "original_type": about,
                **encrypted_resource(
                    text.encode(),
                    associated_data=about,
                    api_v3_key=notice.merchant.api_v3_key,
                ),
            },
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def _conclude(self, notice: _Notice, *, answer: PostAnswer, fault: Fault | None) -> None:
        if answer.status in _ACCEPTED:
            state, due_ms = "delivered", 0
        elif notice.attempts < len(self._steps_ms):
            state = "pending"
            due_ms = self._clock.now_ms() + self._steps_ms[notice.attempts]
        else:
            state, due_ms = "abandoned", 0
        shown = _shown(answer)
        self._write(notice, state=state, due_ms=due_ms, answer=shown, fault=fault, sent=1)

    def _write(
        self,
        notice: _Notice,
        *,
        state: str,
        due_ms: int,
        answer: str,
        fault: Fault | None,
        sent: int = 0,
    ) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE wechat_notices SET state = ?, attempts = attempts + ?, due_ms = ?,"
                " last_answer = ? WHERE id = ? AND notice_id = ?",
                (state, sent, due_ms, answer, notice.id, notice.notice_id),
            )
            kind = "notified" if sent else "notification_delayed"
            self._record(notice, kind=kind, answer=answer, fault=fault)
        if state == "pending":
            self.announce(notice.id, due_ms)

    def _record(self, notice: _Notice, *, kind: str, answer: str, fault: Fault | None) -> None:
        self._store.record_effect(
            kind,
            at_ms=self._clock.now_ms(),
            owner=notice.merchant.mchid,
            number=notice.number,
            notify_id=notice.notice_id,
            event_type=notice.event_type,
            answer=answer,
            fault=None if fault is None else fault.kind.value,
        )

    def _read(self, notice_id: int) -> _Notice | None:
        """Read what to tell; a refund whose time has come ends here at the latest."""
        row = self._store.row("SELECT * FROM wechat_notices WHERE id = ?", notice_id)
        if row is None:
            # What announced it was undone.
            return None
        refund = None if row["refund_id"] is None else self._refunds.find_by_id(row["refund_id"])
        trade_id = row["trade_id"] if refund is None else refund.trade_id
        trade = self._trades.find_by_id(trade_id)
        assert trade is not None
        merchant = self._merchants.find(trade.mchid)
        assert merchant is not None
        if refund is not None:
            now_ms = self._clock.now_ms()
            refund = self._refunds.as_of(refund, trade=trade, merchant=merchant, at_ms=now_ms)
            row = self._store.row("SELECT * FROM wechat_notices WHERE id = ?", notice_id) or row
        if row["state"] != "pending":
            return None
        return _Notice(
            id=row["id"],
            notice_id=row["notice_id"],
            attempts=row["attempts"],
            merchant=merchant,
            trade=trade,
            refund=refund,
            coupons=self._coupons.of_trade(trade),
        )


def _as_ordered(resource: Resource, *, notice: _Notice, fault: Fault | None) -> Resource:
    """Tell something wrong, truly encrypted and signed, where that was ordered."""
    if fault is None:
        return resource
    amount = resource["amount"]
    assert isinstance(amount, dict)
    match fault.kind:
        case FaultKind.NOTIFY_WRONG_AMOUNT:
            name = "total" if notice.refund is None else "refund"
            wrong = int(amount[name]) + 1
            if fault.total_amount is not None:
                wrong = exact_minor(fault.total_amount, currency=notice.trade.currency)
            return resource | {"amount": amount | {name: wrong, f"payer_{name}": wrong}}
        case FaultKind.NOTIFY_WRONG_APP:
            other = fault.other_app_id or f"{notice.merchant.mchid}9"
            return resource | {"mchid": other}
        case _:
            return resource


def _shown(answer: PostAnswer) -> str:
    words = f"HTTP {answer.status}" if answer.status is not None else answer.text
    return words[:_ANSWER_LENGTH_KEPT]

"""UnionPay's notices: signed forms, sent to the merchant, and sent again."""

from decimal import Decimal
from urllib.parse import urlencode

from payments.simulator.clock import VirtualClock
from payments.simulator.faults import Fault, FaultBook, FaultKind
from payments.simulator.money import exact_minor
from payments.simulator.sending import Post, PostAnswer, Schedule, escaped
from payments.simulator.store import Store
from payments.simulator.unionpay.calls import shown
from payments.simulator.unionpay.gateway import MESSAGES, forged
from payments.simulator.unionpay.merchants import CURRENCY, Merchant, MerchantBook
from payments.simulator.unionpay.signing import Fields, sealed
from payments.simulator.unionpay.transactions import Transaction, TransactionBook

# After the first sending, on the virtual clock: five more, further and further apart.
LADDER_SECONDS = (60, 120, 240, 300, 900)
_ANSWER_LENGTH_KEPT = 200
_TYPE = "application/x-www-form-urlencoded;charset=UTF-8"
_SUB_TYPES = {"01": "01", "02": "01"}


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

        `ladder_scale` compresses the time between retries: 0.001 makes a minute 60 ms.
        """
        self._store = store
        self._clock = clock
        self._merchants = merchants
        self._faults = faults
        self._steps_ms = [int(seconds * 1000 * ladder_scale) for seconds in LADDER_SECONDS]
        self._schedule = Schedule(clock, send=self._attempt)
        self._transactions = TransactionBook(store, announce=self.announce)

    def start(self, *, workers: int) -> None:
        """Begin to send."""
        rows = self._store.rows("SELECT id, due_ms FROM unionpay_notices WHERE state = 'pending'")
        for row in rows:
            self.announce(row["id"], row["due_ms"])
        self._schedule.start(workers=workers)

    def announce(self, notice_id: int, due_ms: int = 0) -> None:
        """Take over a notice that the store holds as pending; due at once by default."""
        self._schedule.announce(notice_id, due_ms=due_ms)

    def look_again(self) -> None:
        """Notice that the clock was set."""
        self._schedule.look_again()

    def counts(self) -> dict[str, int]:
        """Count the notices by state."""
        rows = self._store.rows("SELECT state, count(*) AS n FROM unionpay_notices GROUP BY state")
        found = {str(row["state"]): int(row["n"]) for row in rows}
        return {state: found.get(state, 0) for state in ("pending", "delivered", "abandoned")}

    def _attempt(self, notice_id: int, post: Post) -> None:
        row = self._store.row("SELECT * FROM unionpay_notices WHERE id = ?", notice_id)
        if row is None:
            # What announced it was undone.
            return
        found = self._transactions.find_by_id(row["transaction_id"])
        merchant = self._merchants.find(found.mer_id)
        assert merchant is not None
        found = self._transactions.as_of(found, merchant=merchant, at_ms=self._clock.now_ms())
        fault = self._faults.strike(
            notification=True, method="", app_id=found.mer_id, out_trade_no=found.order_id
        )
        attempts = int(row["attempts"])
        match None if fault is None else fault.kind:
            case FaultKind.NOTIFY_DELAY:
                assert fault is not None
                due_ms = self._clock.now_ms() + fault.wait_ms
                self._write(notice_id, found, state="pending", due_ms=due_ms, fault=fault)
            case FaultKind.NOTIFY_DROP:
                dropped = PostAnswer(status=None, text="dropped")
                self._conclude(notice_id, found, attempts, answer=dropped, fault=fault)
            case FaultKind.NOTIFY_DUPLICATE:
                self._sent(found, merchant=merchant, post=post, fault=None)
                answer = self._sent(found, merchant=merchant, post=post, fault=None)
                self._conclude(notice_id, found, attempts, answer=answer, fault=fault)
            case _:
                answer = self._sent(found, merchant=merchant, post=post, fault=fault)
                self._conclude(notice_id, found, attempts, answer=answer, fault=fault)

    def _sent(
        self, found: Transaction, *, merchant: Merchant, post: Post, fault: Fault | None
    ) -> PostAnswer:
        seal = self._merchants.seal_at(self._clock.now_ms(), is_notice=True)
        if fault is not None and fault.kind == FaultKind.NOTIFY_FORGED:
            seal = forged(seal)
        fields = _as_ordered(_told(found), found=found, fault=fault)
        body = urlencode(sealed(fields, seal=seal)).encode("ascii")
        if fault is not None and fault.kind == FaultKind.NOTIFY_ESCAPED:
            body = escaped(body)
        return post.send(found.back_url, body=body, headers={"Content-Type": _TYPE})

    def _conclude(
        self,
        notice_id: int,
        found: Transaction,
        attempts: int,
        *,
        answer: PostAnswer,
        fault: Fault | None,
    ) -> None:
        state, due_ms = "abandoned", 0
        if answer.status == 200:
            state = "delivered"
        elif attempts < len(self._steps_ms):
            state, due_ms = "pending", self._clock.now_ms() + self._steps_ms[attempts]
        words = answer.words[:_ANSWER_LENGTH_KEPT]
        self._write(notice_id, found, state=state, due_ms=due_ms, answer=words, fault=fault, sent=1)

    def _write(
        self,
        notice_id: int,
        found: Transaction,
        *,
        state: str,
        due_ms: int,
        answer: str = "",
        fault: Fault | None,
        sent: int = 0,
    ) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE unionpay_notices SET state = ?, attempts = attempts + ?, due_ms = ?,"
                " last_answer = ? WHERE id = ?",
                (state, sent, due_ms, answer, notice_id),
            )
            self._store.record_effect(
                "notified" if sent else "notification_delayed",
                at_ms=self._clock.now_ms(),
                owner=found.mer_id,
                number=found.order_id,
                answer=answer,
                fault=None if fault is None else fault.kind.value,
            )
        if state == "pending":
            self.announce(notice_id, due_ms)


def _told(found: Transaction) -> Fields:
    """Write what a notice says: the code stands in respCode, where answers have origRespCode."""
    fields = shown(found)
    code = fields.pop("origRespCode")
    fields.pop("origRespMsg")
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "txnType": found.txn_type,
        "txnSubType": _SUB_TYPES.get(found.txn_type, "00"),
        "bizType": "000201",
        "accessType": "0",
        "merId": found.mer_id,
        "orderId": found.order_id,
        "txnTime": found.txn_time,
        "respCode": code,
        "respMsg": MESSAGES.get(code, "交易失败"),
        **fields,
    }


def _as_ordered(fields: Fields, *, found: Transaction, fault: Fault | None) -> Fields:
    """Tell something wrong, truly signed, where that was ordered."""
    match None if fault is None else fault.kind:
        case FaultKind.NOTIFY_WRONG_AMOUNT:
            assert fault is not None
            wrong = found.amount_minor + 1
            if fault.total_amount is not None:
                wrong = exact_minor(fault.total_amount, currency=CURRENCY)
            return fields | {"txnAmt": str(wrong), "settleAmt": str(wrong)}
        case FaultKind.NOTIFY_WRONG_APP:
            assert fault is not None
            return fields | {"merId": fault.other_app_id or "000000000000000"}
        case _:
            return fields

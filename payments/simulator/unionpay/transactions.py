"""What merchants ordered at the simulated UnionPay, and what became of it."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payments.simulator.clock import SHANGHAI, moment, shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.money import channel_fee_minor
from payments.simulator.store import Store
from payments.simulator.unionpay.merchants import Merchant

OK = "00"
TIMED_OUT = "69"
AT_THE_PAGE = "70"
PROCESSING = "05"
FRONT_TYPES = ("01", "02")
_DONE_WORDS = {
    "01": "paid",
    "02": "authorised",
    "03": "captured",
    "04": "refunded",
    "31": "undone",
    "32": "voided",
    "33": "undone",
}
_ACCEPTED_WORDS = {
    **dict.fromkeys(FRONT_TYPES, "order_accepted"),
    "03": "capture_accepted",
    "04": "refund_accepted",
    **dict.fromkeys(("31", "32", "33"), "void_accepted"),
}
_REFUNDING = ("04", "31", "33")


class Status(StrEnum):
    """Where a transaction stands; open: the payer is at the page."""

    OPEN = "open"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Order:
    """What a message asks for; `digest` tells a repetition from another order."""

    order_id: str
    txn_time: str
    txn_type: str
    digest: str
    amount_minor: int
    description: str
    front_url: str
    back_url: str
    orig_id: int | None
    ends_ms: int
    ending_code: str


@dataclass(frozen=True)
class Transaction:
    """One transaction as it is now, in fen; instants are virtual milliseconds since 1970 UTC."""

    id: int
    mer_id: str
    order_id: str
    txn_time: str
    txn_type: str
    digest: str
    amount_minor: int
    description: str
    front_url: str
    back_url: str
    orig_id: int | None
    token: str
    created_ms: int
    ends_ms: int
    ending_code: str
    status: Status
    code: str
    query_id: str
    card_tail: str
    waiting_code: str
    done_ms: int | None
    fee_minor: int

    @property
    def trace_time(self) -> str:
        """When it was done, as the network writes it: without a year."""
        at_ms = self.created_ms if self.done_ms is None else self.done_ms
        return moment(at_ms).astimezone(SHANGHAI).strftime("%m%d%H%M%S")


class TransactionBook:
    """All transactions; `announce` is called with each new notice and when it is due."""

    def __init__(self, store: Store, *, announce: Callable[[int, int], None]) -> None:
        """Keep transactions in the store."""
        self._store = store
        self._announce = announce

    def find(self, *, mer_id: str, order_id: str, txn_time: str = "") -> Transaction | None:
        """Look one up by what the merchant calls it; people may leave the time out."""
        return self._one(
            "SELECT * FROM unionpay_transactions WHERE mer_id = ? AND order_id = ?"
            " AND ? IN ('', txn_time)",
            mer_id,
            order_id,
            txn_time,
        )

    def find_by_query_id(self, *, mer_id: str, query_id: str) -> Transaction | None:
        """Look one up by UnionPay's number."""
        return self._one(
            "SELECT * FROM unionpay_transactions WHERE mer_id = ? AND query_id = ?",
            mer_id,
            query_id,
        )

    def find_by_token(self, token: str) -> Transaction | None:
        """Look one up by its page."""
        return self._one("SELECT * FROM unionpay_transactions WHERE token = ?", token)

    def find_by_id(self, transaction_id: int) -> Transaction:
        """Look one up by the simulator's own number."""
        found = self._one("SELECT * FROM unionpay_transactions WHERE id = ?", transaction_id)
        assert found is not None
        return found

    def upon(self, original: Transaction) -> list[Transaction]:
        """List what was ordered upon another transaction and did not fail."""
        rows = self._store.rows(
            "SELECT * FROM unionpay_transactions WHERE orig_id = ? AND status <> 'failed'",
            original.id,
        )
        return [_transaction_from(row) for row in rows]

    def accept(self, order: Order, *, merchant: Merchant, at_ms: int) -> Transaction:
        """Take an order that the caller has checked; what need not wait ends at once."""
        is_front = order.txn_type in FRONT_TYPES
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO unionpay_transactions (mer_id, order_id, txn_time, txn_type, digest,"
                " amount_minor, description, front_url, back_url, orig_id, token, created_ms,"
                " ends_ms, ending_code, status, code, query_id, card_tail, waiting_code)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', '')",
                (
                    merchant.mer_id,
                    order.order_id,
                    order.txn_time,
                    order.txn_type,
                    order.digest,
                    order.amount_minor,
                    order.description,
                    order.front_url,
                    order.back_url,
                    order.orig_id,
                    secrets.token_hex(16),
                    at_ms,
                    order.ends_ms,
                    order.ending_code,
                    (Status.OPEN if is_front else Status.PROCESSING).value,
                    AT_THE_PAGE if is_front else PROCESSING,
                ),
            )
            number = int(cursor.lastrowid or 0)
            # 21 digits beginning with the day and the time, as UnionPay's do.
            began = moment(at_ms).astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S")
            connection.execute(
                "UPDATE unionpay_transactions SET query_id = ? WHERE id = ?",
                (f"{began}{number:07d}", number),
            )
            accepted = self.find_by_id(number)
            self.record(_ACCEPTED_WORDS[order.txn_type], accepted, at_ms=at_ms)
            if not is_front and order.ends_ms > at_ms:
                self._notice(connection, accepted, due_ms=order.ends_ms)
        return self.as_of(accepted, merchant=merchant, at_ms=at_ms)

    def as_of(self, found: Transaction, *, merchant: Merchant, at_ms: int) -> Transaction:
        """End a transaction whose time has come, for good, and return it as it is then."""
        if at_ms < found.ends_ms:
            return found
        if found.status not in (Status.OPEN, Status.PROCESSING):
            return found
        code = TIMED_OUT if found.status == Status.OPEN else found.ending_code
        return self._end(found, code=code, merchant=merchant, at_ms=found.ends_ms)

    def due(self, *, mer_id: str, at_ms: int) -> list[Transaction]:
        """List those whose time has come and nobody saw."""
        rows = self._store.rows(
            "SELECT * FROM unionpay_transactions WHERE mer_id = ? AND status = 'processing'"
            " AND ends_ms <= ? ORDER BY ends_ms, id",
            mer_id,
            at_ms,
        )
        return [_transaction_from(row) for row in rows]

    def pay(
        self, found: Transaction, *, merchant: Merchant, card_tail: str, at_ms: int, code: str = OK
    ) -> Transaction:
        """Let a payer's bank answer; what is paid already stays as it was paid.

        A bank that declines leaves the page open. Raises RefusedError if its time is over.
        """
        with self._store.transaction() as connection:
            now = self.as_of(self.find_by_id(found.id), merchant=merchant, at_ms=at_ms)
            if now.status == Status.OPEN:
                connection.execute(
                    "UPDATE unionpay_transactions SET card_tail = ?, waiting_code = '', code = ?"
                    " WHERE id = ?",
                    (card_tail, code, now.id),
                )
                if code in (OK, "A6"):
                    now = self._end(now, code=code, merchant=merchant, at_ms=at_ms)
                else:
                    self.record("declined", now, at_ms=at_ms, code=code)
                    now = self.find_by_id(now.id)
        if now.status == Status.FAILED:
            detail = f"the time of {now.order_id} is over"
            raise RefusedError(status=409, code="trade_closed", detail=detail)
        return now

    def ask_for_code(self, found: Transaction, *, card_tail: str, code: str) -> None:
        """Remember what the bank will answer once the payer typed in what it sent."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE unionpay_transactions SET card_tail = ?, waiting_code = ?"
                " WHERE id = ? AND status = 'open'",
                (card_tail, code, found.id),
            )

    def record(self, kind: str, found: Transaction, *, at_ms: int, **detail: str) -> None:
        """Append to the log of what happened."""
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=found.mer_id,
            number=found.order_id,
            digest=found.digest,
            **detail,
        )

    def _end(self, found: Transaction, *, code: str, merchant: Merchant, at_ms: int) -> Transaction:
        is_done = code in (OK, "A6")
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE unionpay_transactions SET status = ?, code = ?, done_ms = ?, done_date = ?,"
                " fee_minor = ? WHERE id = ? AND status IN ('open', 'processing')",
                (
                    (Status.DONE if is_done else Status.FAILED).value,
                    code,
                    at_ms if is_done else None,
                    shanghai_date(at_ms).isoformat() if is_done else None,
                    self._fee_minor(found, merchant=merchant) if is_done else 0,
                    found.id,
                ),
            ).rowcount
            ended = self.find_by_id(found.id)
            if changed:
                is_over = found.status == Status.OPEN and not is_done
                failed = "closed" if is_over else "failed"
                kind = _DONE_WORDS[ended.txn_type] if is_done else failed
                self.record(kind, ended, at_ms=at_ms)
                if not is_over:
                    self._notice(connection, ended, due_ms=0)
        return ended

    def _fee_minor(self, found: Transaction, *, merchant: Merchant) -> int:
        """Price what is taken; of what goes back, price what the merchant gets back."""
        fee_minor = channel_fee_minor(found.amount_minor, fee_bps=merchant.fee_bps)
        if found.txn_type in ("01", "03"):
            return fee_minor
        return fee_minor if found.txn_type in _REFUNDING and merchant.returns_fee else 0

    def _notice(self, connection: sqlite3.Connection, found: Transaction, *, due_ms: int) -> None:
        if not found.back_url:
            return
        cursor = connection.execute(
            "INSERT INTO unionpay_notices (transaction_id, state, attempts, due_ms, last_answer)"
            " VALUES (?, 'pending', 0, ?, '') ON CONFLICT DO NOTHING",
            (found.id, due_ms),
        )
        if cursor.rowcount:
            self._announce(int(cursor.lastrowid or 0), due_ms)

    def _one(self, sql: str, *values: object) -> Transaction | None:
        row = self._store.row(sql, *values)
        return None if row is None else _transaction_from(row)


def _transaction_from(row: sqlite3.Row) -> Transaction:
    kept = dict(row) | {"status": Status(row["status"])}
    for name in ("done_date", "bank_entry_id"):
        del kept[name]
    return Transaction(**kept)

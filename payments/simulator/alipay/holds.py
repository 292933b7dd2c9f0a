"""Money frozen at the simulated Alipay: granted by a payer, taken in parts, freed."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.alipay.apps import App
from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.store import Store

# What a merchant hears of that is no freeing.
FREEZE = "FREEZE"

# For how long money stays frozen; what is not taken by then is the payer's again by itself.
LIFE_MS = 7 * 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class HoldOrder:
    """What a merchant wants frozen."""

    out_order_no: str
    digest: str
    amount_minor: int
    title: str
    notify_url: str
    expires_ms: int


@dataclass(frozen=True)
class Unfreeze:
    """One time that money was freed."""

    out_request_no: str
    amount_minor: int
    done_ms: int


@dataclass(frozen=True)
class Hold:
    """One authorisation as it is now; `status` is `unseen`, `waiting`, `held` or `closed`.

    `captured_minor` of it was taken; once it is over nothing can be taken or freed any more.
    """

    id: int
    app_id: str
    out_order_no: str
    token: str
    digest: str
    amount_minor: int
    currency: str
    title: str
    notify_url: str
    created_ms: int
    expires_ms: int
    status: str
    auth_no: str | None
    payer_id: str
    held_ms: int | None
    is_over: bool
    captured_minor: int
    unfreezes: tuple[Unfreeze, ...]

    @property
    def left_minor(self) -> int:
        """What is still frozen."""
        if self.status != "held" or self.is_over:
            return 0
        freed_minor = sum(unfreeze.amount_minor for unfreeze in self.unfreezes)
        return self.amount_minor - self.captured_minor - freed_minor

    @property
    def operation_id(self) -> str:
        """Alipay's number of the freezing."""
        return f"{self.auth_no}01"

    def unfreeze(self, out_request_no: str) -> Unfreeze | None:
        """Look up one time that money was freed."""
        found = (each for each in self.unfreezes if each.out_request_no == out_request_no)
        return next(found, None)


@dataclass(frozen=True)
class HoldBook:
    """All authorisations; `announce` is called for what the merchant is to hear."""

    store: Store
    announce: Callable[..., None]

    def find_by_id(self, hold_id: int, *, at_ms: int) -> Hold | None:
        """Look one up by the simulator's own number."""
        return self._one("SELECT * FROM alipay_holds WHERE id = ?", hold_id, at_ms=at_ms)

    def find(self, *, app_id: str, out_order_no: str, at_ms: int) -> Hold | None:
        """Look one up by the merchant's number, as it is at an instant."""
        sql = "SELECT * FROM alipay_holds WHERE app_id = ? AND out_order_no = ?"
        return self._one(sql, app_id, out_order_no, at_ms=at_ms)

    def find_by_auth_no(self, *, app_id: str, auth_no: str, at_ms: int) -> Hold | None:
        """Look one up by Alipay's number."""
        sql = "SELECT * FROM alipay_holds WHERE app_id = ? AND auth_no = ?"
        return self._one(sql, app_id, auth_no, at_ms=at_ms)

    def find_by_token(self, token: str, *, at_ms: int) -> Hold | None:
        """Look one up by what its QR code says."""
        return self._one("SELECT * FROM alipay_holds WHERE token = ?", token, at_ms=at_ms)

    def create(self, order: HoldOrder, *, app: App, at_ms: int) -> Hold:
        """Take an order in; the payer has not seen it yet."""
        token = secrets.token_hex(16)
        spread = int.from_bytes(hashlib.sha256(token.encode()).digest()[:8], "big")
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO alipay_holds (app_id, out_order_no, token, digest, amount_minor,"
                " currency, title, notify_url, created_ms, expires_ms, status, payer_id)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unseen', ?)",
                (
                    app.app_id,
                    order.out_order_no,
                    token,
                    order.digest,
                    order.amount_minor,
                    app.currency,
                    order.title,
                    order.notify_url,
                    at_ms,
                    order.expires_ms,
                    f"2088{spread % 10**12:012d}",
                ),
            )
            hold = self.find_by_token(token, at_ms=at_ms)
            assert hold is not None
            self._record("hold_accepted", hold, at_ms=at_ms)
        return hold

    def scan(self, hold: Hold, *, at_ms: int) -> Hold:
        """Let a payer open the code: from now on the authorisation exists."""
        if hold.status != "unseen":
            return hold
        auth_no = f"{shanghai_date(at_ms):%Y%m%d}100020{hold.id:014d}"
        return self._changed(
            hold, "scanned", "status = 'waiting', auth_no = ?", auth_no, at_ms=at_ms
        )

    def grant(self, hold: Hold, *, at_ms: int) -> Hold:
        """Let a payer freeze the money; once granted it stays so. Raises RefusedError if closed."""
        with self.store.transaction():
            hold = self.scan(hold, at_ms=at_ms)
            if hold.status == "waiting":
                hold = self._changed(
                    hold, "held", "status = 'held', held_ms = ?", at_ms, at_ms=at_ms
                )
                self._tell(hold, FREEZE)
        if hold.status != "held":
            detail = f"authorisation {hold.out_order_no} is {hold.status}"
            raise RefusedError(status=409, code="hold_closed", detail=detail)
        return hold

    def close(self, hold: Hold, *, reason: str, at_ms: int) -> Hold:
        """Close one that was not granted."""
        if hold.status not in ("unseen", "waiting"):
            return hold
        return self._changed(hold, f"hold_{reason}", "status = 'closed'", at_ms=at_ms)

    def free(self, hold: Hold, *, out_request_no: str, amount_minor: int, at_ms: int) -> Hold:
        """Free a part of what is frozen, or all; nothing left means that it is over."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO alipay_unfreezes (hold_id, out_request_no, amount_minor, done_ms)"
                " VALUES (?, ?, ?, ?)",
                (hold.id, out_request_no, amount_minor, at_ms),
            )
            is_over = int(hold.left_minor == amount_minor)
            self.store.record_effect(
                "unfrozen",
                at_ms=at_ms,
                owner=hold.app_id,
                number=out_request_no,
                amount_minor=amount_minor,
            )
            hold = self._changed(hold, "freed", "is_over = ?", is_over, at_ms=at_ms)
            self._tell(hold, out_request_no)
        return hold

    def take(
        self, hold: Hold, *, trade_id: int, passback_params: str, is_final: bool, at_ms: int
    ) -> Hold:
        """Note that a trade is paid out of it; after the last one it is over."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO alipay_captures VALUES (?, ?, ?)",
                (trade_id, hold.id, passback_params),
            )
            return self._changed(hold, "captured", "is_over = ?", int(is_final), at_ms=at_ms)

    def _tell(self, hold: Hold, what: str) -> None:
        """Let the merchant hear that money was frozen, or freed under a number."""
        if hold.notify_url:
            self.announce("hold", hold.id, what, url=hold.notify_url, due_ms=0)

    def _changed(self, hold: Hold, kind: str, sql: str, *values: object, at_ms: int) -> Hold:
        with self.store.transaction() as connection:
            connection.execute(f"UPDATE alipay_holds SET {sql} WHERE id = ?", (*values, hold.id))  # noqa: S608
            self._record(kind, hold, at_ms=at_ms)
            found = self.find_by_token(hold.token, at_ms=at_ms)
        assert found is not None
        return found

    def _record(self, kind: str, hold: Hold, *, at_ms: int) -> None:
        self.store.record_effect(
            kind, at_ms=at_ms, owner=hold.app_id, number=hold.out_order_no, digest=hold.digest
        )

    def _one(self, sql: str, *values: object, at_ms: int) -> Hold | None:
        """Read one; what nobody granted, or took, in time is over for good."""
        row = self.store.row(sql, *values)
        if row is None:
            return None
        hold = self._hold(row)
        if hold.status in ("unseen", "waiting") and at_ms >= hold.expires_ms:
            return self._changed(hold, "hold_expired", "status = 'closed'", at_ms=hold.expires_ms)
        if hold.held_ms is not None and not hold.is_over and at_ms >= hold.held_ms + LIFE_MS:
            return self._changed(hold, "hold_lapsed", "is_over = 1", at_ms=hold.held_ms + LIFE_MS)
        return hold

    def _hold(self, row: sqlite3.Row) -> Hold:
        captured = self.store.row(
            "SELECT coalesce(sum(total_minor), 0) AS minor FROM alipay_captures"
            " JOIN trades ON trades.id = trade_id WHERE hold_id = ?",
            row["id"],
        )
        freed = self.store.rows(
            "SELECT out_request_no, amount_minor, done_ms FROM alipay_unfreezes"
            " WHERE hold_id = ? ORDER BY id",
            row["id"],
        )
        assert captured is not None
        return Hold(
            **{
                **dict(row),
                "is_over": bool(row["is_over"]),
                "captured_minor": captured["minor"],
                "unfreezes": tuple(Unfreeze(**dict(each)) for each in freed),
            }
        )

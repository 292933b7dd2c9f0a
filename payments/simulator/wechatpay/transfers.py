"""Transfers at the simulated WeChat Pay: made by the merchant, confirmed by the payee, or not."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook
from payments.simulator.wechatpay.merchants import Merchant

ENDED = frozenset({"SUCCESS", "FAIL", "CANCELLED"})
_CONFIRMING_MS = 24 * 60 * 60 * 1000
_WAITING = "WAIT_USER_CONFIRM"
_CANCELLABLE = ("ACCEPTED", "PROCESSING", _WAITING)


@dataclass(frozen=True)
class TransferOrder:
    """What a merchant asks for; `digest` tells a repetition from another transfer."""

    out_bill_no: str
    digest: str
    amount_minor: int
    openid: str
    user_name: str
    remark: str
    notify_url: str


@dataclass(frozen=True)
class Course:
    """How a transfer begins: how long it is on its way to the payee, and whether it gets there.

    `wait_ms` is virtual time; with a reason it fails then.
    """

    wait_ms: int = 0
    fail_reason: str | None = None


@dataclass(frozen=True)
class Transfer:
    """One transfer as it is now, in fen; instants are virtual milliseconds since 1970 UTC."""

    id: int
    mchid: str
    appid: str
    out_bill_no: str
    token: str
    digest: str
    amount_minor: int
    openid: str
    user_name: str
    remark: str
    notify_url: str
    created_ms: int
    updated_ms: int
    state: str
    fail_reason: str | None
    next_state: str | None
    next_reason: str | None
    next_ms: int | None

    @property
    def transfer_bill_no(self) -> str:
        """WeChat Pay's own number: 40 digits that hold the day."""
        return f"1330000{shanghai_date(self.created_ms):%Y%m%d}{self.id:025d}"

    @property
    def package_info(self) -> str:
        """What the payee's device hands over to confirm."""
        return f"{self.token}=="


class TransferBook:
    """All transfers; `announce` is called with one that ended, or with when it may have."""

    def __init__(
        self,
        store: Store,
        *,
        wallets: WalletBook,
        announce: Callable[[Transfer, int], None],
    ) -> None:
        """Keep transfers in the store; the merchants' money for them is in their wallets."""
        self._store = store
        self._wallets = wallets
        self._announce = announce

    def find(self, *, mchid: str, out_bill_no: str, at_ms: int) -> Transfer | None:
        """Look a transfer up by the merchant's number, as it is at an instant."""
        return self._one(
            "SELECT * FROM wechat_transfers WHERE mchid = ? AND out_bill_no = ?",
            mchid,
            out_bill_no,
            at_ms=at_ms,
        )

    def find_by_token(self, token: str, *, at_ms: int) -> Transfer | None:
        """Look a transfer up by what its payee's device brings."""
        return self._one("SELECT * FROM wechat_transfers WHERE token = ?", token, at_ms=at_ms)

    def find_by_id(self, transfer_id: int, *, at_ms: int) -> Transfer | None:
        """Look a transfer up by the simulator's own number."""
        return self._one("SELECT * FROM wechat_transfers WHERE id = ?", transfer_id, at_ms=at_ms)

    def balance_minor(self, merchant: Merchant) -> int:
        """Say what a merchant has for transfers."""
        return self._wallets.balance_minor(seller_id=merchant.mchid, currency=merchant.currency)

    def accept(
        self, order: TransferOrder, *, merchant: Merchant, course: Course, at_ms: int
    ) -> Transfer:
        """Take a transfer that the caller has checked, and its money; then its payee is asked."""
        next_state = _WAITING if course.fail_reason is None else "FAIL"
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO wechat_transfers (mchid, appid, out_bill_no, token, digest,"
                " amount_minor, openid, user_name, remark, notify_url, created_ms, updated_ms,"
                " state, next_state, next_reason, next_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'PROCESSING', ?, ?, ?)",
                (
                    merchant.mchid,
                    merchant.appid,
                    order.out_bill_no,
                    secrets.token_hex(16),
                    order.digest,
                    order.amount_minor,
                    order.openid,
                    order.user_name,
                    order.remark,
                    order.notify_url,
                    at_ms,
                    at_ms,
                    next_state,
                    course.fail_reason,
                    at_ms + course.wait_ms,
                ),
            )
            transfer = self._found(int(cursor.lastrowid or 0))
            self._record("transfer_accepted", transfer, at_ms=at_ms)
            self._move(transfer, -transfer.amount_minor, kind="wechat_transfer", at_ms=at_ms)
            return self.as_of(transfer, at_ms=at_ms)

    def repeat(self, transfer: Transfer, *, at_ms: int) -> None:
        """Note that the same transfer came again."""
        self._record("transfer_repeated", transfer, at_ms=at_ms)

    def confirm(self, transfer: Transfer, *, at_ms: int) -> Transfer:
        """Let the payee take the money, if the name fits.

        Raises RefusedError if it is not, or no longer, theirs to take.
        """
        with self._store.transaction():
            transfer = self.as_of(self._found(transfer.id), at_ms=at_ms)
            if transfer.state == "SUCCESS":
                return transfer
            if transfer.state != _WAITING:
                detail = f"transfer {transfer.out_bill_no} is {transfer.state}"
                raise RefusedError(status=409, code="transfer_not_waiting", detail=detail)
            row = self._store.row(
                "SELECT real_name FROM wechat_payees WHERE openid = ?", transfer.openid
            )
            if row is not None and transfer.user_name not in ("", row["real_name"]):
                return self._set(transfer, state="FAIL", reason="NAME_NOT_CORRECT", at_ms=at_ms)
            return self._set(transfer, state="SUCCESS", reason=None, at_ms=at_ms)

    def cancel(self, transfer: Transfer, *, wait_ms: int, at_ms: int) -> Transfer | None:
        """Begin to call a transfer back; None if its payee, or its end, was faster."""
        with self._store.transaction() as connection:
            if transfer.state in ("CANCELING", "CANCELLED"):
                return transfer
            if transfer.state not in _CANCELLABLE:
                return None
            connection.execute(
                "UPDATE wechat_transfers SET state = 'CANCELING', updated_ms = ?,"
                " next_state = 'CANCELLED', next_reason = NULL, next_ms = ? WHERE id = ?",
                (at_ms, at_ms + wait_ms, transfer.id),
            )
            transfer = self._found(transfer.id)
            self._record("transfer_canceling", transfer, at_ms=at_ms)
            self._announce(transfer, at_ms + wait_ms)
            return transfer

    def as_of(self, transfer: Transfer, *, at_ms: int) -> Transfer:
        """Let what is due by an instant happen, for good, and return the transfer as it is."""
        with self._store.transaction() as connection:
            while transfer.next_ms is not None and transfer.next_ms <= at_ms:
                due_ms = transfer.next_ms
                assert transfer.next_state is not None
                if transfer.next_state != _WAITING:
                    return self._set(
                        transfer,
                        state=transfer.next_state,
                        reason=transfer.next_reason,
                        at_ms=due_ms,
                    )
                connection.execute(
                    "UPDATE wechat_transfers SET state = ?, updated_ms = ?, next_state = 'FAIL',"
                    " next_reason = 'OVERDUE_CLOSE', next_ms = ? WHERE id = ?",
                    (_WAITING, due_ms, due_ms + _CONFIRMING_MS, transfer.id),
                )
                transfer = self._found(transfer.id)
                self._announce(transfer, due_ms + _CONFIRMING_MS)
        return transfer

    def conclude(self, *, mchid: str, at_ms: int) -> None:
        """Let whatever a merchant's transfers come to by an instant happen, for good."""
        rows = self._store.rows(
            "SELECT * FROM wechat_transfers WHERE mchid = ? AND next_ms <= ? ORDER BY next_ms, id",
            mchid,
            at_ms,
        )
        for row in rows:
            self.as_of(_transfer_from(row), at_ms=at_ms)

    def _set(self, transfer: Transfer, *, state: str, reason: str | None, at_ms: int) -> Transfer:
        """End a transfer; what was not taken is the merchant's again."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE wechat_transfers SET state = ?, fail_reason = ?, updated_ms = ?,"
                " next_state = NULL, next_reason = NULL, next_ms = NULL WHERE id = ?",
                (state, reason, at_ms, transfer.id),
            )
            transfer = self._found(transfer.id)
            self._record(f"transfer_{state.lower()}", transfer, at_ms=at_ms)
            if state != "SUCCESS":
                self._move(transfer, transfer.amount_minor, kind="wechat_return", at_ms=at_ms)
            self._announce(transfer, 0)
        return transfer

    def _move(self, transfer: Transfer, amount_minor: int, *, kind: str, at_ms: int) -> None:
        self._wallets.move(
            kind,
            seller_id=transfer.mchid,
            currency="CNY",
            amount_minor=amount_minor,
            number=transfer.out_bill_no,
            at_ms=at_ms,
        )

    def _found(self, transfer_id: int) -> Transfer:
        row = self._store.row("SELECT * FROM wechat_transfers WHERE id = ?", transfer_id)
        assert row is not None
        return _transfer_from(row)

    def _one(self, sql: str, *values: object, at_ms: int) -> Transfer | None:
        row = self._store.row(sql, *values)
        return None if row is None else self.as_of(_transfer_from(row), at_ms=at_ms)

    def _record(self, kind: str, transfer: Transfer, *, at_ms: int) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=transfer.mchid,
            number=transfer.out_bill_no,
            digest=transfer.digest,
            amount_minor=transfer.amount_minor,
            fail_reason=transfer.fail_reason,
        )


def _transfer_from(row: sqlite3.Row) -> Transfer:
    return Transfer(**dict(row))

"""Transfers at the simulated Alipay: out of a seller's wallet, and sometimes back into it."""

import sqlite3
from dataclasses import dataclass

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.refunds import AnnounceMessage
from payments.simulator.clock import shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.plans import TRANSFER_KINDS, Plan, PlanBook, PlanKind
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook


@dataclass(frozen=True)
class TransferOrder:
    """What a transfer request asks for, found to be possible."""

    out_biz_no: str
    digest: str
    amount_minor: int
    fee_minor: int
    payee_user_id: str


@dataclass(frozen=True)
class Transfer:
    """One transfer as it is now, in Alipay's words: DEALING, SUCCESS, FAIL or REFUND.

    Instants are virtual milliseconds since 1970 UTC: `ends_ms` is when it succeeds or fails,
    `returns_ms` when it comes back, if it does.
    """

    id: int
    app_id: str
    seller_id: str
    out_biz_no: str
    digest: str
    amount_minor: int
    fee_minor: int
    currency: str
    order_id: str
    pay_fund_order_id: str
    status: str
    error_code: str | None
    accepted_ms: int
    ends_ms: int


class TransferBook:
    """All transfers; `announce` is called for what the application is to hear."""

    def __init__(
        self,
        store: Store,
        *,
        apps: AppBook,
        plans: PlanBook,
        wallets: WalletBook,
        announce: AnnounceMessage,
    ) -> None:
        """Keep transfers in the store; `announce(kind, subject_id, status, url, due_ms)`."""
        self._store = store
        self._apps = apps
        self._plans = plans
        self._wallets = wallets
        self._announce = announce

    def find(self, *, app_id: str, out_biz_no: str, at_ms: int) -> Transfer | None:
        """Look a transfer up by the merchant's number, as it is at an instant."""
        return self._one(
            "SELECT * FROM alipay_transfers WHERE app_id = ? AND out_biz_no = ?",
            app_id,
            out_biz_no,
            at_ms=at_ms,
        )

    def find_by_order_id(self, *, app_id: str, order_id: str, at_ms: int) -> Transfer | None:
        """Look a transfer up by either of Alipay's numbers."""
        return self._one(
            "SELECT * FROM alipay_transfers WHERE app_id = ? AND ? IN (order_id,"
            " pay_fund_order_id)",
            app_id,
            order_id,
            at_ms=at_ms,
        )

    def find_by_id(self, transfer_id: int) -> Transfer | None:
        """Look a transfer up by the simulator's own number."""
        row = self._store.row("SELECT * FROM alipay_transfers WHERE id = ?", transfer_id)
        return None if row is None else _transfer_from(row)

    def terms(self, app_id: str) -> sqlite3.Row | None:
        """Read what an application may do, if that was ever said."""
        return self._store.row("SELECT * FROM alipay_transfer_terms WHERE app_id = ?", app_id)

    def agree(self, app_id: str, *, scenes: str, is_ip_allowed: bool) -> None:
        """Say which scenes an application opened, and whether its address may ask."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO alipay_transfer_terms VALUES (?, ?, ?)",
                (app_id, scenes, int(is_ip_allowed)),
            )

    def sent_minor(self, app: App, *, at_ms: int) -> int:
        """Sum up what the seller sent, or is sending, on the Shanghai day of an instant."""
        row = self._store.row(
            "SELECT coalesce(sum(amount_minor), 0) AS sent FROM alipay_transfers"
            " WHERE seller_id = ? AND accepted_date = ? AND status <> 'FAIL'",
            app.seller_id,
            shanghai_date(at_ms).isoformat(),
        )
        return 0 if row is None else int(row["sent"])

    def planned(self, app: App, *, out_biz_no: str) -> Plan | None:
        """Use up what was ordered to become of this transfer; part of a transaction."""
        return self._plans.take(TRANSFER_KINDS, app_id=app.app_id, numbers=(out_biz_no,))

    def accept(self, order: TransferOrder, *, app: App, plan: Plan | None, at_ms: int) -> Transfer:
        """Take the money from the wallet and send it; part of a transaction."""
        returns = plan is not None and plan.kind == PlanKind.TRANSFER_RETURNED
        wait_ms = 0 if plan is None else plan.wait_ms
        ends_ms = at_ms if returns else at_ms + wait_ms
        with self._store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO alipay_transfers (app_id, seller_id, out_biz_no, digest,"
                " amount_minor, fee_minor, currency, payee_user_id, status, error_code,"
                " accepted_ms, accepted_date, ends_ms, returns_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'DEALING', ?, ?, ?, ?, ?)",
                (
                    app.app_id,
                    app.seller_id,
                    order.out_biz_no,
                    order.digest,
                    order.amount_minor,
                    order.fee_minor,
                    app.currency,
                    order.payee_user_id,
                    None if plan is None else plan.error_code,
                    at_ms,
                    shanghai_date(at_ms).isoformat(),
                    ends_ms,
                    at_ms + wait_ms if returns else None,
                ),
            )
            transfer_id = int(cursor.lastrowid or 0)
            _number(connection, transfer_id=transfer_id, at_ms=at_ms)
            transfer = self._found(transfer_id)
            self._move("transfer", transfer, -order.amount_minor, at_ms=at_ms)
            self._move("transfer_fee", transfer, -order.fee_minor, at_ms=at_ms)
            self._record("transfer_accepted", transfer, at_ms=at_ms)
            self.conclude(at_ms=at_ms)
            self._tell(transfer, plan=plan, app=app)
        return self._found(transfer_id)

    def repeat(self, transfer: Transfer, *, at_ms: int) -> None:
        """Note that a transfer was asked for again, which sends nothing more."""
        self._record("transfer_repeated", transfer, at_ms=at_ms)

    def give_back(
        self, transfer: Transfer, *, error_code: str, at_ms: int, now_ms: int
    ) -> Transfer:
        """Let a transfer that succeeded come back at an instant, which may lie ahead.

        Raises RefusedError for one that did not succeed, came back before, or will anyway.
        """
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE alipay_transfers SET returns_ms = ?, error_code = ?"
                " WHERE id = ? AND status = 'SUCCESS' AND returns_ms IS NULL",
                (at_ms, error_code, transfer.id),
            ).rowcount
            if not changed:
                detail = f"transfer {transfer.out_biz_no} is {transfer.status}, or will return"
                raise RefusedError(status=409, code="not_succeeded", detail=detail)
            self.conclude(at_ms=now_ms)
            app = self._apps.find(transfer.app_id)
            if app is not None and app.message_url:
                self._announce("transfer", transfer.id, "REFUND", url=app.message_url, due_ms=at_ms)
        return self._found(transfer.id)

    def conclude(self, *, at_ms: int) -> None:
        """Write down which transfers have ended or come back by an instant."""
        with self._store.transaction() as connection:
            for row in self._store.rows(
                "SELECT * FROM alipay_transfers WHERE status = 'DEALING' AND ends_ms <= ?"
                " ORDER BY ends_ms, id",
                at_ms,
            ):
                fails = row["error_code"] is not None and row["returns_ms"] is None
                status = "FAIL" if fails else "SUCCESS"
                _set_status(connection, row, status=status)
                transfer = self._found(row["id"])
                self._record("transfer_ended", transfer, at_ms=row["ends_ms"])
                if fails:
                    back_minor = row["amount_minor"]
                    self._move("transfer_failed", transfer, back_minor, at_ms=row["ends_ms"])
                    fee_minor = row["fee_minor"]
                    self._move("transfer_fee_back", transfer, fee_minor, at_ms=row["ends_ms"])
            for row in self._store.rows(
                "SELECT * FROM alipay_transfers WHERE status = 'SUCCESS' AND returns_ms <= ?"
                " ORDER BY returns_ms, id",
                at_ms,
            ):
                # What the transfer cost stays with Alipay.
                _set_status(connection, row, status="REFUND")
                transfer = self._found(row["id"])
                self._record("transfer_returned", transfer, at_ms=row["returns_ms"])
                returned_minor = row["amount_minor"]
                self._move("transfer_returned", transfer, returned_minor, at_ms=row["returns_ms"])

    def _tell(self, transfer: Transfer, *, plan: Plan | None, app: App) -> None:
        """Prepare the messages about each end that the transfer will come to."""
        if not app.message_url:
            return
        kind = None if plan is None else plan.kind
        status = "FAIL" if kind == PlanKind.TRANSFER_FAILED else "SUCCESS"
        due_ms, url = transfer.ends_ms, app.message_url
        self._announce("transfer", transfer.id, status, url=url, due_ms=due_ms)
        if plan is not None and kind == PlanKind.TRANSFER_RETURNED:
            due_ms += plan.wait_ms
            self._announce("transfer", transfer.id, "REFUND", url=url, due_ms=due_ms)

    def _move(self, kind: str, transfer: Transfer, amount_minor: int, *, at_ms: int) -> None:
        # Two applications of one seller share the wallet, and may use the same number.
        self._wallets.move(
            kind,
            seller_id=transfer.seller_id,
            currency=transfer.currency,
            amount_minor=amount_minor,
            number=f"{transfer.app_id}/{transfer.out_biz_no}",
            at_ms=at_ms,
        )

    def _record(self, kind: str, transfer: Transfer, *, at_ms: int) -> None:
        self._store.record_effect(
            kind,
            at_ms=at_ms,
            owner=transfer.app_id,
            number=transfer.out_biz_no,
            digest=transfer.digest,
            amount_minor=transfer.amount_minor,
            status=transfer.status,
            error_code=transfer.error_code,
        )

    def _one(self, sql: str, *values: object, at_ms: int) -> Transfer | None:
        self.conclude(at_ms=at_ms)
        row = self._store.row(sql, *values)
        return None if row is None else _transfer_from(row)

    def _found(self, transfer_id: int) -> Transfer:
        transfer = self.find_by_id(transfer_id)
        assert transfer is not None
        return transfer


def _set_status(connection: sqlite3.Connection, row: sqlite3.Row, *, status: str) -> None:
    connection.execute("UPDATE alipay_transfers SET status = ? WHERE id = ?", (status, row["id"]))


def _number(connection: sqlite3.Connection, *, transfer_id: int, at_ms: int) -> None:
    # Numbers of 32 digits beginning with the day, as Alipay's are.
    day = f"{shanghai_date(at_ms):%Y%m%d}"
    connection.execute(
        "UPDATE alipay_transfers SET order_id = ?, pay_fund_order_id = ? WHERE id = ?",
        (f"{day}110070000{transfer_id:015d}", f"{day}110070001{transfer_id:015d}", transfer_id),
    )


def _transfer_from(row: sqlite3.Row) -> Transfer:
    return Transfer(
        id=row["id"],
        app_id=row["app_id"],
        seller_id=row["seller_id"],
        out_biz_no=row["out_biz_no"],
        digest=row["digest"],
        amount_minor=row["amount_minor"],
        fee_minor=row["fee_minor"],
        currency=row["currency"],
        order_id=row["order_id"],
        pay_fund_order_id=row["pay_fund_order_id"],
        status=row["status"],
        error_code=row["error_code"],
        accepted_ms=row["accepted_ms"],
        ends_ms=row["ends_ms"],
    )

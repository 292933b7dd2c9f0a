"""The people and companies whom transfers at the simulated Alipay can reach."""

import sqlite3
from dataclasses import dataclass

from payments.simulator.errors import RefusedError
from payments.simulator.store import Store


@dataclass(frozen=True)
class Payee:
    """One account: `user_id` is Alipay's number, `logon_id` an e-mail address or a phone."""

    user_id: str
    logon_id: str
    real_name: str
    is_blocked: bool


@dataclass(frozen=True)
class PayeeBook:
    """All accounts that can be paid."""

    store: Store

    def open(self, payee: Payee) -> None:
        """Open an account, or change what it was.

        Raises RefusedError if another account has its logon id.
        """
        with self.store.transaction() as connection:
            other = self.find_by_logon_id(payee.logon_id)
            if other is not None and other.user_id != payee.user_id:
                detail = f"{payee.logon_id} is {other.user_id}"
                raise RefusedError(status=409, code="logon_id_used", detail=detail)
            connection.execute(
                "INSERT INTO alipay_payees VALUES (?, ?, ?, ?) ON CONFLICT (user_id) DO UPDATE SET"
                " logon_id = excluded.logon_id, real_name = excluded.real_name,"
                " is_blocked = excluded.is_blocked",
                (payee.user_id, payee.logon_id, payee.real_name, int(payee.is_blocked)),
            )

    def know(self, open_id: str, *, app_id: str, user_id: str) -> None:
        """Let one application know an account by a name of its own."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO alipay_open_ids VALUES (?, ?, ?)",
                (app_id, open_id, user_id),
            )

    def find_by_open_id(self, open_id: str, *, app_id: str) -> Payee | None:
        """Look an account up by the name under which one application knows it."""
        return _payee_from(
            self.store.row(
                "SELECT p.* FROM alipay_payees p JOIN alipay_open_ids o USING (user_id)"
                " WHERE o.app_id = ? AND o.open_id = ?",
                app_id,
                open_id,
            )
        )

    def find_by_user_id(self, user_id: str) -> Payee | None:
        """Look an account up by Alipay's number."""
        return _payee_from(self.store.row("SELECT * FROM alipay_payees WHERE user_id = ?", user_id))

    def find_by_logon_id(self, logon_id: str) -> Payee | None:
        """Look an account up by the name with which its owner signs in."""
        return _payee_from(
            self.store.row("SELECT * FROM alipay_payees WHERE logon_id = ?", logon_id)
        )


def _payee_from(row: sqlite3.Row | None) -> Payee | None:
    if row is None:
        return None
    return Payee(
        user_id=row["user_id"],
        logon_id=row["logon_id"],
        real_name=row["real_name"],
        is_blocked=bool(row["is_blocked"]),
    )

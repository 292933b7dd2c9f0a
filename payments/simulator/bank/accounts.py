"""The simulated bank's books: accounts, transfers carried out, and what the channel pays in.

A day of an account is open until a statement that covers it was asked for. What would fall on a
closed day is booked on the first open one, so a statement never changes and nothing is lost.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from payments.simulator.bank.payment_files import Order, PaymentFile
from payments.simulator.clock import VirtualClock, shanghai_date
from payments.simulator.errors import RefusedError
from payments.simulator.money import EXPONENTS
from payments.simulator.store import Store
from payments.simulator.wallets import WalletBook


@dataclass(frozen=True)
class Account:
    """One account; `closed_through_date` is the last day that can no longer change."""

    account_no: str
    holder: str
    currency: str
    opening_minor: int
    closed_through_date: date | None

    def booking_date(self, wanted_date: date) -> date:
        """Say on which day something is booked that is wanted on a day."""
        if self.closed_through_date is None:
            return wanted_date
        return max(wanted_date, self.closed_through_date + timedelta(days=1))


# Books what a channel pays in on the days before a date; part of a transaction.
Settlement = Callable[[Account, date], None]


@dataclass(frozen=True)
class AccountBook:
    """All accounts and their entries; `pay_ins` are those of the channels, in their order."""

    store: Store
    clock: VirtualClock
    wallets: WalletBook
    pay_ins: tuple[Settlement, ...]

    def find(self, account_no: str) -> Account:
        """Look an account up; Raises RefusedError if the bank does not keep it."""
        row = self.store.row("SELECT * FROM bank_accounts WHERE account_no = ?", account_no)
        if row is None:
            raise RefusedError(status=404, code="unknown_account", detail=account_no)
        closed = row["closed_through_date"]
        return Account(
            account_no=row["account_no"],
            holder=row["holder"],
            currency=row["currency"],
            opening_minor=row["opening_minor"],
            closed_through_date=None if closed is None else date.fromisoformat(closed),
        )

    def open(self, account_no: str, *, holder: str, currency: str, opening_minor: int) -> Account:
        """Open an account; doing it again alike changes nothing.

        Raises RefusedError for an unknown currency, an application in another currency, or an
        account that exists with other particulars.
        """
        if currency not in EXPONENTS:
            raise RefusedError(status=400, code="unknown_currency", detail=currency)
        with self.store.transaction() as connection:
            app = connection.execute(
                "SELECT app_id FROM apps WHERE bank_account_no = ? AND currency <> ?"
                " UNION ALL SELECT mchid FROM wechat_merchants"
                " WHERE bank_account_no = ? AND currency <> ?"
                " UNION ALL SELECT mer_id FROM unionpay_merchants"
                " WHERE bank_account_no = ? AND 'CNY' <> ?",
                (account_no, currency) * 3,
            ).fetchone()
            connection.execute(
                "INSERT INTO bank_accounts VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
                (account_no, holder, currency, opening_minor),
            )
            account = self.find(account_no)
            found = (account.holder, account.currency, account.opening_minor)
            if app is not None or found != (holder, currency, opening_minor):
                detail = "the account exists otherwise, or its application has another currency"
                raise RefusedError(status=409, code="account_conflict", detail=detail)
        return account

    def close_beneficiary(self, account_no: str) -> None:
        """Let an account that we might pay to exist no longer: transfers to it are rejected."""
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO closed_accounts VALUES (?) ON CONFLICT DO NOTHING", (account_no,)
            )

    def carry_out(self, file: PaymentFile, *, file_id: int, account: Account) -> None:
        """Carry a file's transfers out, or reject them one by one; part of a transaction."""
        with self.store.transaction() as connection:
            closed = {row["account_no"] for row in self.store.rows("SELECT * FROM closed_accounts")}
            for order in file.orders:
                reason = _reason_to_reject(order, closed=closed)
                cursor = connection.execute(
                    "INSERT INTO transfers (file_id, payment_info_id, instruction_id,"
                    " end_to_end_id, amount_minor, creditor_name, creditor_account, remittance,"
                    " requested_date, status, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        file_id,
                        order.payment_info_id,
                        order.instruction_id,
                        order.end_to_end_id,
                        order.amount_minor,
                        order.creditor_name,
                        order.creditor_account,
                        order.remittance,
                        order.requested_date.isoformat(),
                        "ACSC" if reason is None else "RJCT",
                        reason,
                    ),
                )
                if reason is None:
                    transfer_id = int(cursor.lastrowid or 0)
                    _book_transfer(connection, order, account=account, transfer_id=transfer_id)
                    self.wallets.deposit(
                        order.creditor_account or "",
                        currency=account.currency,
                        amount_minor=order.amount_minor,
                        number=f"{order.end_to_end_id}/{transfer_id}",
                        at_ms=self.clock.now_ms(),
                    )
                self.store.record_effect(
                    "transfer_executed" if reason is None else "transfer_rejected",
                    at_ms=self.clock.now_ms(),
                    owner=account.account_no,
                    number=order.end_to_end_id,
                    amount_minor=order.amount_minor,
                    reason=reason,
                )

    def close_days(self, account: Account, *, through_date: date) -> Account:
        """Book what the channel pays in up to a day, and let nothing change there any more.

        Raises RefusedError if that day has not begun on the simulator's clock.
        """
        today_date = shanghai_date(self.clock.now_ms())
        if through_date > today_date:
            detail = f"it is {today_date} at the bank: no statement of {through_date} yet"
            raise RefusedError(status=404, code="no_statement_yet", detail=detail)
        with self.store.transaction() as connection:
            account = self.find(account.account_no)
            closed_through = account.closed_through_date
            if closed_through is not None and through_date <= closed_through:
                return account
            for book in self.pay_ins:
                book(account, through_date)
            connection.execute(
                "UPDATE bank_accounts SET closed_through_date = ? WHERE account_no = ?",
                (through_date.isoformat(), account.account_no),
            )
            return self.find(account.account_no)

    def entries(self, account: Account, *, from_date: date, to_date: date) -> list[sqlite3.Row]:
        """List the entries of a range of days, both included, in the order of booking."""
        return self.store.rows(
            "SELECT e.*, t.payment_info_id, t.instruction_id, t.end_to_end_id, t.creditor_name,"
            " t.creditor_account, f.message_id, w.kind AS wallet_kind FROM bank_entries e"
            " LEFT JOIN wallet_entries w ON w.bank_entry_id = e.id"
            " LEFT JOIN transfers t ON t.id = e.transfer_id"
            " LEFT JOIN payment_files f ON f.id = t.file_id"
            " WHERE e.account_no = ? AND e.booking_date BETWEEN ? AND ?"
            " ORDER BY e.booking_date, e.id",
            account.account_no,
            from_date.isoformat(),
            to_date.isoformat(),
        )

    def balance_before(self, account: Account, *, day_date: date) -> int:
        """Say what the account held when a day began, in minor units."""
        row = self.store.row(
            "SELECT coalesce(sum(CASE direction WHEN 'CRDT' THEN amount_minor"
            " ELSE -amount_minor END), 0) AS moved"
            " FROM bank_entries WHERE account_no = ? AND booking_date < ?",
            account.account_no,
            day_date.isoformat(),
        )
        assert row is not None
        return account.opening_minor + int(row["moved"])

    def book_for_wallet(
        self, account_no: str, *, direction: str, amount_minor: int, remittance: str, at_ms: int
    ) -> int:
        """Book what goes to a channel's wallet (DBIT) or comes from it (CRDT).

        Returns the entry's number. Part of a transaction.
        """
        account = self.find(account_no)
        with self.store.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO bank_entries (account_no, booking_date, direction, amount_minor,"
                " remittance, note) VALUES (?, ?, ?, ?, ?, '')",
                (
                    account.account_no,
                    account.booking_date(shanghai_date(at_ms)).isoformat(),
                    direction,
                    amount_minor,
                    remittance,
                ),
            )
        return int(cursor.lastrowid or 0)


def _reason_to_reject(order: Order, *, closed: set[str]) -> str | None:
    if order.creditor_account is None:
        return "AC01"
    return "AC04" if order.creditor_account in closed else None


def _book_transfer(
    connection: sqlite3.Connection, order: Order, *, account: Account, transfer_id: int
) -> None:
    connection.execute(
        "INSERT INTO bank_entries (account_no, booking_date, direction, amount_minor,"
        " transfer_id, remittance, note) VALUES (?, ?, 'DBIT', ?, ?, ?, '')",
        (
            account.account_no,
            account.booking_date(order.requested_date).isoformat(),
            order.amount_minor,
            transfer_id,
            order.remittance or "",
        ),
    )

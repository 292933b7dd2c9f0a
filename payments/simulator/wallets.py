"""Sellers' own money at the simulated Alipay, out of which their transfers are paid."""

from dataclasses import dataclass

from payments.simulator.alipay.apps import App
from payments.simulator.errors import RefusedError
from payments.simulator.store import Store

# A transfer to this account of any bank tops the wallet of the seller behind it up.
_DEPOSIT_PREFIX = "8888"


@dataclass(frozen=True)
class WalletTerms:
    """What a seller's transfers cost, and how much may go at once and on one Shanghai day."""

    fee_minor: int = 0
    single_max_minor: int = 5_000_000
    day_max_minor: int = 100_000_000


@dataclass(frozen=True)
class WalletBook:
    """All wallets; one for each seller and currency, empty until something comes in."""

    store: Store

    def deposit_account_no(self, app: App) -> str:
        """Name the account to which a bank transfer tops this seller's wallet up."""
        return f"{_DEPOSIT_PREFIX}{app.seller_id}"

    def balance_minor(self, *, seller_id: str, currency: str) -> int:
        """Say what a wallet holds, in minor units."""
        row = self.store.row(
            "SELECT coalesce(sum(amount_minor), 0) AS balance FROM wallet_entries"
            " WHERE seller_id = ? AND currency = ?",
            seller_id,
            currency,
        )
        return 0 if row is None else int(row["balance"])

    def knows(self, *, seller_id: str, kind: str, number: str, amount_minor: int) -> bool:
        """Say whether this was moved before.

        Raises RefusedError if the number was used for another amount.
        """
        row = self.store.row(
            "SELECT amount_minor FROM wallet_entries"
            " WHERE seller_id = ? AND kind = ? AND number = ?",
            seller_id,
            kind,
            number,
        )
        if row is not None and row["amount_minor"] != amount_minor:
            detail = f"{kind} {number} was {row['amount_minor']}"
            raise RefusedError(status=409, code="number_used", detail=detail)
        return row is not None

    def move(
        self,
        kind: str,
        *,
        seller_id: str,
        currency: str,
        amount_minor: int,
        number: str,
        at_ms: int,
        bank_entry_id: int | None = None,
    ) -> None:
        """Add an amount, or take a negative one away; nothing if it is zero."""
        if amount_minor == 0:
            return
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT INTO wallet_entries (seller_id, currency, kind, amount_minor, number,"
                " at_ms, bank_entry_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (seller_id, currency, kind, amount_minor, number, at_ms, bank_entry_id),
            )
            self.store.record_effect(
                f"wallet_{kind}",
                at_ms=at_ms,
                owner=seller_id,
                number=number,
                amount_minor=amount_minor,
            )

    def deposit(
        self, account_no: str, *, currency: str, amount_minor: int, number: str, at_ms: int
    ) -> None:
        """Take in a bank transfer if it is for a seller's wallet; else do nothing."""
        row = self.store.row(
            "SELECT seller_id FROM apps WHERE ? || seller_id = ? AND currency = ? LIMIT 1",
            _DEPOSIT_PREFIX,
            account_no,
            currency,
        )
        if row is not None:
            self.move(
                "deposit",
                seller_id=row["seller_id"],
                currency=currency,
                amount_minor=amount_minor,
                number=number,
                at_ms=at_ms,
            )

    def terms(self, *, seller_id: str) -> WalletTerms:
        """Read what was agreed with a seller, or what everybody gets."""
        row = self.store.row("SELECT * FROM wallet_terms WHERE seller_id = ?", seller_id)
        if row is None:
            return WalletTerms()
        return WalletTerms(
            fee_minor=row["fee_minor"],
            single_max_minor=row["single_max_minor"],
            day_max_minor=row["day_max_minor"],
        )

    def agree(self, terms: WalletTerms, *, seller_id: str) -> None:
        """Agree on other terms with a seller; they count for transfers from now on. Idempotent.

        Raises RefusedError (400) for a fee below zero or a limit below one minor unit.
        """
        if terms.fee_minor < 0 or min(terms.single_max_minor, terms.day_max_minor) < 1:
            raise RefusedError(status=400, code="bad_terms", detail="limits are 1 or more")
        with self.store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO wallet_terms VALUES (?, ?, ?, ?)",
                (seller_id, terms.fee_minor, terms.single_max_minor, terms.day_max_minor),
            )

"""Talking to the simulated Alipay about certificates, wallets, payees, and what is to come."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class AlipayCertificates:
    """What an application in certificate mode configures: PEM texts, and numbers for the wire.

    `root_cert_pem` is a bundle of several certificates, as the real one is.
    """

    app_cert_pem: str
    app_cert_sn: str
    alipay_cert_pem: str
    alipay_cert_sn: str
    root_cert_pem: str
    root_cert_sn: str


@dataclass(frozen=True)
class AlipaySide:
    """The simulator's addresses for Alipay. Instants are aware; amounts minor units."""

    post: Callable[[str, dict[str, object]], dict[str, object]]
    get: Callable[[str], bytes]

    def register_app(
        self,
        *,
        app_id: str,
        public_key_pem: str,
        seller_id: str,
        fee_bps: int,
        currency: str,
        bank_account_no: str | None,
        message_url: str | None = None,
        returns_fee: bool = False,
    ) -> AlipayCertificates:
        """Register in certificate mode and return what was issued. Idempotent.

        Only such an application may transfer. As for `OtherSide.register_app`, which would bring
        the application back to bare keys.
        """
        answer = self.post(
            "/control/apps",
            {
                "app_id": app_id,
                "public_key_pem": public_key_pem,
                "seller_id": seller_id,
                "fee_bps": fee_bps,
                "currency": currency,
                "bank_account_no": bank_account_no,
                "message_url": message_url,
                "returns_fee": returns_fee,
                "certificate_mode": True,
            },
        )
        return AlipayCertificates(
            app_cert_pem=str(answer["app_cert_pem"]),
            app_cert_sn=str(answer["app_cert_sn"]),
            alipay_cert_pem=str(answer["alipay_cert_pem"]),
            alipay_cert_sn=str(answer["alipay_cert_sn"]),
            root_cert_pem=str(answer["root_cert_pem"]),
            root_cert_sn=str(answer["root_cert_sn"]),
        )

    def open_payee(
        self, *, user_id: str, logon_id: str, real_name: str, is_blocked: bool = False
    ) -> None:
        """Let somebody have an account that transfers can reach. Idempotent."""
        self.post(
            "/control/alipay/payees",
            {
                "user_id": user_id,
                "logon_id": logon_id,
                "real_name": real_name,
                "blocked": is_blocked,
            },
        )

    def top_up(
        self, *, app_id: str, amount_minor: int, number: str, at: datetime | None = None
    ) -> None:
        """Move money from the seller's bank account into its wallet; a number counts once.

        The bank books it on the Asia/Shanghai day of `at`, by default of the simulator's clock. A
        seller without a bank account is given the money.
        """
        self._move("top-up", app_id=app_id, amount_minor=amount_minor, number=number, at=at)

    def withdraw(
        self, *, app_id: str, amount_minor: int, number: str, at: datetime | None = None
    ) -> None:
        """Move money from the wallet to the seller's bank account; a number counts once.

        Raises httpx.HTTPStatusError (409) if the wallet holds less.
        """
        self._move("withdraw", app_id=app_id, amount_minor=amount_minor, number=number, at=at)

    def agree_terms(
        self,
        *,
        app_id: str,
        fee_minor: int = 0,
        single_max_minor: int = 5_000_000,
        day_max_minor: int = 100_000_000,
    ) -> None:
        """Say what the seller's transfers cost each, and how much may go at once and in a day."""
        self.post(
            "/control/alipay/wallets/terms",
            {
                "app_id": app_id,
                "fee_minor": fee_minor,
                "single_max_minor": single_max_minor,
                "day_max_minor": day_max_minor,
            },
        )

    def wallet_balance_minor(self, app_id: str) -> int:
        """Say what the seller's wallet holds."""
        return int(self._wallet(app_id)["balance_minor"])

    def deposit_account_no(self, app_id: str) -> str:
        """Name the account to which a transfer of the bank tops the seller's wallet up."""
        return str(self._wallet(app_id)["deposit_account_no"])

    def return_transfer(
        self,
        *,
        app_id: str,
        out_biz_no: str,
        at: datetime | None = None,
        error_code: str | None = None,
    ) -> None:
        """Let a transfer that succeeded come back into the wallet, and tell the application.

        Raises httpx.HTTPStatusError (409) for one that did not succeed, or came back before.
        """
        body: dict[str, object] = {"app_id": app_id, "out_biz_no": out_biz_no}
        body |= {} if at is None else {"at": at.isoformat()}
        body |= {} if error_code is None else {"error_code": error_code}
        self.post("/control/alipay/transfers/return", body)

    def finish_trade(self, *, app_id: str, out_trade_no: str) -> None:
        """Let the time pass in which a paid trade can be refunded."""
        self.post("/control/alipay/trades/finish", {"app_id": app_id, "out_trade_no": out_trade_no})

    def plan(
        self,
        kind: str,
        *,
        app_id: str | None = None,
        number: str | None = None,
        after: timedelta = timedelta(0),
        error_code: str | None = None,
        count: int = 1,
    ) -> None:
        """Order what becomes of the next refunds or transfers, or of those of one number.

        `refund_refused`, `transfer_refused`: answered with `error_code`, nothing remembered.
        `refund_delayed`, `transfer_delayed`: accepted, done `after` that time on the simulator's
        clock. `refund_failed`, `transfer_failed`: accepted, failed with `error_code` after it.
        `transfer_returned`: done at once, back after it. `number` is the transfer's, the refund's
        or its trade's. Plans go when faults are forgotten.
        """
        self.post(
            "/control/alipay/plans",
            {
                "kind": kind,
                "app_id": app_id,
                "number": number,
                "seconds": after // timedelta(seconds=1),
                "error_code": error_code,
                "count": count,
            },
        )

    def _move(
        self, kind: str, *, app_id: str, amount_minor: int, number: str, at: datetime | None
    ) -> None:
        body: dict[str, object] = {
            "app_id": app_id,
            "amount_minor": amount_minor,
            "number": number,
        }
        body |= {} if at is None else {"at": at.isoformat()}
        self.post(f"/control/alipay/wallets/{kind}", body)

    def _wallet(self, app_id: str) -> dict[str, str | int]:
        wallet: dict[str, str | int] = json.loads(self.get(f"/control/alipay/wallets/{app_id}"))
        return wallet

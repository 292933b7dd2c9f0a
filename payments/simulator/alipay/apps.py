"""The merchants' applications at the simulated Alipay, and the exchange of keys with them."""

import sqlite3
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator import signing
from payments.simulator.alipay import certificates
from payments.simulator.alipay.certificates import AppCertificates
from payments.simulator.errors import RefusedError
from payments.simulator.former_keys import FormerKey, FormerKeys
from payments.simulator.money import EXPONENTS
from payments.simulator.store import Store


@dataclass(frozen=True)
class Registration:
    """What a merchant tells Alipay about an application.

    `message_url` is the application's message gateway, where it hears about its transfers.
    `returns_fee` says whether the fee goes back, in proportion, with what is refunded.
    """

    app_id: str
    public_key_pem: str
    seller_id: str
    fee_bps: int
    currency: str
    bank_account_no: str | None
    in_certificate_mode: bool = False
    message_url: str = ""
    returns_fee: bool = False


@dataclass(frozen=True)
class App:
    """One registered application, its keys read once."""

    app_id: str
    public_key: rsa.RSAPublicKey
    alipay_key: rsa.RSAPrivateKey
    seller_id: str
    fee_bps: int
    currency: str
    bank_account_no: str | None
    message_url: str
    returns_fee: bool
    certificates: AppCertificates | None

    @property
    def alipay_public_key_pem(self) -> str:
        """The key with which this application checks Alipay's answers and notifications."""
        return signing.public_key_pem(self.alipay_key)


@dataclass
class AppBook:
    """All registered applications."""

    store: Store
    _read: dict[str, App] = field(default_factory=dict)
    _former: FormerKeys = field(init=False)

    def __post_init__(self) -> None:
        """Know the keys that were replaced."""
        self._former = FormerKeys(self.store, channel="alipay")

    def find(self, app_id: str) -> App | None:
        """Look an application up."""
        app = self._read.get(app_id)
        if app is not None:
            return app
        row = self.store.row(
            "SELECT * FROM apps LEFT JOIN app_choices USING (app_id) WHERE app_id = ?", app_id
        )
        if row is None:
            return None
        app = self._read[app_id] = App(
            app_id=row["app_id"],
            public_key=signing.public_key_from(row["public_key_pem"]),
            alipay_key=signing.private_key_from(row["alipay_key_pem"]),
            seller_id=row["seller_id"],
            fee_bps=row["fee_bps"],
            currency=row["currency"],
            bank_account_no=row["bank_account_no"],
            message_url=row["message_url"] or "",
            returns_fee=bool(row["returns_fee"]),
            certificates=certificates.certificates_of(self.store, app_id=app_id),
        )
        return app

    def register(self, registration: Registration) -> App:
        """Take an application in, or take over what it changed; its Alipay key stays as it is.

        A new fee counts for trades paid from now on. Raises RefusedError if the key is not RSA
        of 2048 bits, if the currency is unknown, differs from the bank account's, or would
        change under existing trades.
        """
        _require_sound(registration)
        with self.store.transaction() as connection:
            _require_currency_fits(connection, registration=registration)
            row = connection.execute(
                "SELECT alipay_key_pem FROM apps WHERE app_id = ?", (registration.app_id,)
            ).fetchone()
            key_pem = (
                signing.private_key_pem(signing.new_private_key())
                if row is None
                else row["alipay_key_pem"]
            )
            connection.execute(
                "INSERT INTO apps VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET"
                " public_key_pem = excluded.public_key_pem, seller_id = excluded.seller_id,"
                " fee_bps = excluded.fee_bps, currency = excluded.currency,"
                " bank_account_no = excluded.bank_account_no",
                (
                    registration.app_id,
                    registration.public_key_pem,
                    key_pem,
                    registration.seller_id,
                    registration.fee_bps,
                    registration.currency,
                    registration.bank_account_no,
                ),
            )
            self._read.pop(registration.app_id, None)
            self._choose(connection, registration=registration, key_pem=key_pem)
            app = self.find(registration.app_id)
        assert app is not None
        return app

    def rotate(self, app_id: str, *, until_ms: int) -> App:
        """Let Alipay sign for an application with a new key; in turns with the old until then.

        In certificate mode the new key has a new certificate. Raises RefusedError if there is no
        such application.
        """
        with self.store.transaction() as connection:
            app = self.find(app_id)
            if app is None:
                raise RefusedError(status=409, code="unknown_app", detail=app_id)
            certificate = "" if app.certificates is None else app.certificates.alipay_cert_pem
            self._former.keep(app_id, FormerKey(app.alipay_key, certificate), until_ms=until_ms)
            key = signing.new_private_key()
            connection.execute(
                "UPDATE apps SET alipay_key_pem = ? WHERE app_id = ?",
                (signing.private_key_pem(key), app_id),
            )
            if app.certificates is not None:
                certificates.renew(self.store, app_id=app_id, alipay_key=key)
            self._read.pop(app_id)
            rotated = self.find(app_id)
        assert rotated is not None
        return rotated

    def signer(self, app: App, *, at_ms: int, is_notice: bool = False) -> App:
        """Give an application with the key that signs for it at this time."""
        former = self._former.whose_turn(app.app_id, at_ms=at_ms, is_notice=is_notice)
        if former is None:
            return app
        issued = app.certificates
        if issued is not None:
            issued = issued.with_alipay(former.certificate_pem)
        return replace(app, alipay_key=former.key, certificates=issued)

    def _choose(
        self, connection: sqlite3.Connection, *, registration: Registration, key_pem: str
    ) -> None:
        connection.execute(
            "INSERT INTO app_choices VALUES (?, ?, ?) ON CONFLICT (app_id) DO UPDATE SET"
            " message_url = excluded.message_url, returns_fee = excluded.returns_fee",
            (registration.app_id, registration.message_url, int(registration.returns_fee)),
        )
        if not registration.in_certificate_mode:
            certificates.withdraw(self.store, app_id=registration.app_id)
            return
        certificates.issue(
            self.store,
            app_id=registration.app_id,
            app_key=signing.public_key_from(registration.public_key_pem),
            alipay_key=signing.private_key_from(key_pem),
        )


def _require_sound(registration: Registration) -> None:
    try:
        signing.public_key_from(registration.public_key_pem)
    except ValueError as error:
        raise RefusedError(status=400, code="bad_public_key", detail=str(error)) from error
    if not 0 <= registration.fee_bps <= 10_000:
        raise RefusedError(status=400, code="bad_fee", detail="fee_bps is 0 to 10000")
    if registration.message_url and not registration.message_url.startswith(
        ("http://", "https://")
    ):
        raise RefusedError(status=400, code="bad_message_url", detail=registration.message_url)
    if registration.currency not in EXPONENTS:
        raise RefusedError(
            status=400, code="unknown_currency", detail=f"no currency {registration.currency}"
        )


def _require_currency_fits(connection: sqlite3.Connection, *, registration: Registration) -> None:
    traded = connection.execute(
        "SELECT 1 FROM trades WHERE app_id = ? AND currency <> ? LIMIT 1",
        (registration.app_id, registration.currency),
    ).fetchone()
    account = connection.execute(
        "SELECT 1 FROM bank_accounts WHERE account_no = ? AND currency <> ?",
        (registration.bank_account_no, registration.currency),
    ).fetchone()
    if traded is not None or account is not None:
        detail = "the trades or the bank account of this application are in another currency"
        raise RefusedError(status=409, code="currency_conflict", detail=detail)

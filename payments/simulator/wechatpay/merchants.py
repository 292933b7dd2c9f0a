"""The merchants of the simulated WeChat Pay, and the keys that both sides told one another."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator import signing
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import bad_request
from payments.simulator.money import EXPONENTS
from payments.simulator.store import Store
from payments.simulator.wechatpay.platform_keys import (
    KeyMode,
    PlatformKey,
    add_platform_key,
    end_platform_keys,
    platform_keys,
)

DOMESTIC = "CNY"
"""The currency of every merchant at home; those abroad agree on another one when they register."""

_SHAPES = {
    "mchid": r"[0-9]{8,32}",
    "appid": r"wx[0-9a-z]{4,30}",
    "serial_no": r"[0-9A-Fa-f]{8,64}",
    "api_v3_key": r"[0-9A-Za-z]{32}",
}


@dataclass(frozen=True)
class Registration:
    """What a merchant tells WeChat Pay.

    `serial_no` is that of the merchant's own API certificate, whose key is `public_key_pem`.
    `returns_fee` says whether the fee goes back, in proportion, with what is refunded.
    """

    mchid: str
    appid: str
    serial_no: str
    public_key_pem: str
    api_v3_key: str
    fee_bps: int
    returns_fee: bool
    key_mode: str
    bank_account_no: str | None
    currency: str = DOMESTIC


@dataclass(frozen=True)
class Merchant:
    """One registered merchant, the keys read once; `platform_keys` are all, newest last."""

    mchid: str
    appid: str
    serial_no: str
    public_key: rsa.RSAPublicKey
    api_v3_key: str
    fee_bps: int
    returns_fee: bool
    key_mode: KeyMode
    bank_account_no: str | None
    currency: str
    platform_keys: tuple[PlatformKey, ...]

    @property
    def platform_key(self) -> PlatformKey:
        """The newest key with which WeChat Pay signs for this merchant."""
        return self.platform_keys[-1]

    def keys_at(self, at_ms: int) -> tuple[PlatformKey, ...]:
        """Give the keys that are in force at an instant, newest last."""
        return tuple(
            key for key in self.platform_keys if key.until_ms is None or at_ms < key.until_ms
        )

    def answering_key(self, serial: str, *, at_ms: int) -> PlatformKey:
        """Give the key that signs an answer: while keys overlap, the one that the caller names."""
        named = [
            key
            for key in self.keys_at(at_ms)
            if key.until_ms is not None and key.serial.upper() == serial.upper()
        ]
        return named[0] if named else self.platform_key

    def shown(self) -> dict[str, object]:
        """Tell the merchant what it must configure."""
        in_public_key_mode = self.key_mode == KeyMode.PUBLIC_KEY
        return {
            "mchid": self.mchid,
            "key_mode": self.key_mode.value,
            "platform_key_id": self.platform_key.serial if in_public_key_mode else "",
            "platform_public_key_pem": (
                signing.public_key_pem(self.platform_key.key) if in_public_key_mode else ""
            ),
            "platform_certificates": [
                {"serial_no": key.serial, "certificate_pem": key.certificate_pem}
                for key in self.platform_keys
                if not in_public_key_mode
            ],
        }


@dataclass
class MerchantBook:
    """All registered merchants."""

    store: Store
    _read: dict[str, Merchant] = field(default_factory=dict)
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def find(self, mchid: str) -> Merchant | None:
        """Look a merchant up."""
        merchant = self._read.get(mchid)
        if merchant is not None:
            return merchant
        row = self.store.row("SELECT * FROM wechat_merchants WHERE mchid = ?", mchid)
        if row is None:
            return None
        keys = platform_keys(self.store, mchid=mchid, mode=row["key_mode"])
        merchant = self._read[mchid] = _merchant_from(row, keys=keys)
        return merchant

    def register(self, registration: Registration) -> Merchant:
        """Take a merchant in, or take over what it changed; WeChat Pay's keys stay as they are.

        A new fee counts for trades paid from now on. Raises RefusedError if a number or a key
        has the wrong form, or if the bank account is in another currency.
        """
        _require_sound(registration)
        with self.store.transaction() as connection:
            _require_account_fits(connection, registration=registration)
            connection.execute(
                "INSERT INTO wechat_merchants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (mchid) DO UPDATE SET appid = excluded.appid,"
                " serial_no = excluded.serial_no, public_key_pem = excluded.public_key_pem,"
                " api_v3_key = excluded.api_v3_key, fee_bps = excluded.fee_bps,"
                " returns_fee = excluded.returns_fee, key_mode = excluded.key_mode,"
                " bank_account_no = excluded.bank_account_no",
                (
                    registration.mchid,
                    registration.appid,
                    registration.serial_no,
                    registration.public_key_pem,
                    registration.api_v3_key,
                    registration.fee_bps,
                    int(registration.returns_fee),
                    registration.key_mode,
                    registration.bank_account_no,
                    registration.currency,
                ),
            )
            known = connection.execute(
                "SELECT 1 FROM wechat_platform_keys WHERE mchid = ? AND key_mode = ?",
                (registration.mchid, registration.key_mode),
            ).fetchone()
            mode = KeyMode(registration.key_mode)
            if known is None:
                add_platform_key(connection, mchid=registration.mchid, mode=mode)
            return self._reread(registration.mchid)

    def rotate(self, mchid: str, *, until_ms: int | None = None) -> Merchant:
        """Let WeChat Pay sign with a new key from now on, and in turns with the old until then.

        Without an end an old certificate stays in force beside the new one, which alone signs;
        an old public key ends at once. Raises RefusedError if there is no such merchant.
        """
        with self.store.transaction() as connection:
            merchant = self.find(mchid)
            if merchant is None:
                raise RefusedError(status=409, code="unknown_merchant", detail=mchid)
            mode = merchant.key_mode
            if until_ms is None and mode == KeyMode.PUBLIC_KEY:
                until_ms = 0
            if until_ms is not None:
                end_platform_keys(connection, mchid=mchid, mode=mode, until_ms=until_ms)
            add_platform_key(connection, mchid=mchid, mode=mode)
            return self._reread(mchid)

    def telling_key(self, merchant: Merchant, *, at_ms: int) -> PlatformKey:
        """Give the key that signs a notice: while keys overlap, one after the other."""
        former = [key for key in merchant.keys_at(at_ms) if key.until_ms is not None]
        if former and next(self._turns) % 2:
            return former[-1]
        return merchant.platform_key

    def _reread(self, mchid: str) -> Merchant:
        self._read.pop(mchid, None)
        merchant = self.find(mchid)
        assert merchant is not None
        return merchant


def _require_sound(registration: Registration) -> None:
    for name, shape in _SHAPES.items():
        if not re.fullmatch(shape, str(getattr(registration, name))):
            raise bad_request(f"{name} does not look like one: {shape}")
    try:
        signing.public_key_from(registration.public_key_pem)
    except ValueError as error:
        raise RefusedError(status=400, code="bad_public_key", detail=str(error)) from error
    if not 0 <= registration.fee_bps <= 10_000:
        raise RefusedError(status=400, code="bad_fee", detail="fee_bps is 0 to 10000")
    if registration.currency not in EXPONENTS:
        raise bad_request(f"no currency {registration.currency}")
    if registration.key_mode not in set(KeyMode):
        raise bad_request("key_mode is public_key or certificate")


def _require_account_fits(connection: sqlite3.Connection, *, registration: Registration) -> None:
    account = connection.execute(
        "SELECT 1 FROM bank_accounts WHERE account_no = ? AND currency <> ?",
        (registration.bank_account_no, registration.currency),
    ).fetchone()
    merchant = connection.execute(
        "SELECT 1 FROM wechat_merchants WHERE mchid = ? AND currency <> ?",
        (registration.mchid, registration.currency),
    ).fetchone()
    if account is not None or merchant is not None:
        detail = "the bank account or the merchant is in another currency"
        raise RefusedError(status=409, code="currency_conflict", detail=detail)


def _merchant_from(row: sqlite3.Row, *, keys: tuple[PlatformKey, ...]) -> Merchant:
    return Merchant(
        mchid=row["mchid"],
        appid=row["appid"],
        serial_no=row["serial_no"],
        public_key=signing.public_key_from(row["public_key_pem"]),
        api_v3_key=row["api_v3_key"],
        fee_bps=row["fee_bps"],
        returns_fee=bool(row["returns_fee"]),
        key_mode=KeyMode(row["key_mode"]),
        bank_account_no=row["bank_account_no"],
        currency=row["currency"],
        platform_keys=keys,
    )

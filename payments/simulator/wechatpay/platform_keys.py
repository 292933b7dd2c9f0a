"""WeChat Pay's own keys, each merchant's apart: a public key by its id, or certificates."""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from payments.simulator import signing
from payments.simulator.store import Store

# Simulated years lie anywhere: no certificate may run out, or not have begun, in one of them.
CERTIFICATE_BEGINS_AT = datetime(2010, 1, 1, tzinfo=UTC)
CERTIFICATE_ENDS_AT = datetime(2070, 1, 1, tzinfo=UTC)


class KeyMode(StrEnum):
    """How the merchant checks what WeChat Pay signs: by one public key, or by certificates."""

    PUBLIC_KEY = "public_key"
    CERTIFICATE = "certificate"


@dataclass(frozen=True)
class PlatformKey:
    """One of WeChat Pay's own keys, by the serial that the header `Wechatpay-Serial` names.

    `until_ms` is when one that was replaced ends, if it does.
    """

    serial: str
    key: rsa.RSAPrivateKey
    certificate_pem: str | None
    until_ms: int | None = None


def platform_keys(store: Store, *, mchid: str, mode: str) -> tuple[PlatformKey, ...]:
    """Read the keys of a merchant in a mode, the newest last."""
    rows = store.rows(
        "SELECT * FROM wechat_platform_keys LEFT JOIN wechat_key_ends USING (serial)"
        " WHERE mchid = ? AND key_mode = ? ORDER BY id",
        mchid,
        mode,
    )
    return tuple(
        PlatformKey(
            serial=row["serial"],
            key=signing.private_key_from(row["key_pem"]),
            certificate_pem=row["certificate_pem"],
            until_ms=row["until_ms"],
        )
        for row in rows
    )


def end_platform_keys(
    connection: sqlite3.Connection, *, mchid: str, mode: KeyMode, until_ms: int
) -> None:
    """Let the keys that a merchant has in a mode end at an instant; part of a transaction."""
    connection.execute(
        "INSERT INTO wechat_key_ends SELECT serial, ? FROM wechat_platform_keys"
        " WHERE mchid = ? AND key_mode = ? ON CONFLICT DO NOTHING",
        (until_ms, mchid, mode.value),
    )


def add_platform_key(connection: sqlite3.Connection, *, mchid: str, mode: KeyMode) -> None:
    """Make a key for a merchant, with what its mode names it by; part of a transaction."""
    key = signing.new_private_key()
    if mode == KeyMode.PUBLIC_KEY:
        # 28 digits that begin with 01 and the merchant's number, as the real ones do.
        digits = f"01{mchid}"[:20]
        spread = secrets.randbelow(10 ** (28 - len(digits)))
        serial, certificate_pem = f"PUB_KEY_ID_{digits}{spread:0{28 - len(digits)}d}", None
    else:
        certificate = _certificate_of(key)
        serial = f"{certificate.serial_number:040X}"
        certificate_pem = certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")
    connection.execute(
        "INSERT INTO wechat_platform_keys (mchid, key_mode, serial, key_pem, certificate_pem)"
        " VALUES (?, ?, ?, ?, ?)",
        (mchid, mode.value, serial, signing.private_key_pem(key), certificate_pem),
    )


def _certificate_of(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tianping Simulator"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign"),
        ]
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        # 40 hexadecimal digits, the first not zero.
        .serial_number((1 << 158) | secrets.randbits(158))
        .not_valid_before(CERTIFICATE_BEGINS_AT)
        .not_valid_after(CERTIFICATE_ENDS_AT)
        .sign(key, hashes.SHA256())
    )

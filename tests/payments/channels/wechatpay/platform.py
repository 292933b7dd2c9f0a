"""WeChat Pay's side of these tests: it signs, encrypts and certifies, with no code of ours."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.payments.channels.gateway import Reply

AT = datetime(2026, 1, 5, 2, 30, 0, tzinfo=UTC)
API_KEY = "0123456789abcdefghijklmnopqrstuv"
KEY_ID = "PUB_KEY_ID_0116000000002026010500000000000001"
NONCE = "593BEC0C930BF1AFEB40B4A08C8FB242"


@dataclass(frozen=True)
class Platform:
    """WeChat Pay, with one key and what it is called in public."""

    key: RSAPrivateKey
    serial: str = KEY_ID

    def headers(self, body: bytes, *, at: datetime = AT, **changes: str) -> dict[str, str]:
        """Sign a body; `changes` replace headers by their last word, an empty one drops it."""
        timestamp = str(int(at.timestamp()))
        text = f"{timestamp}\n{NONCE}\n".encode() + body + b"\n"
        signature = self.key.sign(text, PKCS1v15(), hashes.SHA256())
        headers = {
            "Timestamp": timestamp,
            "Nonce": NONCE,
            "Signature": base64.b64encode(signature).decode(),
            "Serial": self.serial,
            "Signature-Type": "WECHATPAY2-SHA256-RSA2048",
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return {f"Wechatpay-{name}": value for name, value in headers.items() if value}

    def reply(
        self,
        content: object = None,
        *,
        status: int = 200,
        body: bytes | None = None,
        at: datetime = AT,
        **changes: str,
    ) -> Reply:
        """Answer a request, signed."""
        if body is None:
            body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
        headers = self.headers(body, at=at, **changes)
        return Reply(body, status=status, headers=tuple(headers.items()))

    def certificate(
        self, *, serial: int, begins_at: datetime = AT, ends_at: datetime = AT + timedelta(days=1)
    ) -> str:
        """Certify this key; returns PEM."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com test CA")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(serial)
            .not_valid_before(begins_at)
            .not_valid_after(ends_at)
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(Encoding.PEM).decode()


def encrypted(
    text: bytes, *, associated_data: str = "transaction", api_key: str = API_KEY, **extra: str
) -> dict[str, str]:
    """Encrypt for the merchant who has this APIv3 key."""
    nonce = "fdasflkja484"
    sealed = AESGCM(api_key.encode()).encrypt(nonce.encode(), text, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
        **extra,
    }


def notification(
    event_type: str, resource: Mapping[str, object] | bytes, /, **changes: object
) -> bytes:
    """Write a notification with an encrypted resource; `changes` replace fields of the outside."""
    text = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    kind = event_type.partition(".")[0].lower()
    return json.dumps(
        {
            "id": "EV-2018022511223320873",
            "create_time": "2026-01-05T10:30:00+08:00",
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "支付成功",
            "resource": encrypted(text, associated_data=kind, original_type=kind),
            **changes,
        },
        ensure_ascii=False,
    ).encode()

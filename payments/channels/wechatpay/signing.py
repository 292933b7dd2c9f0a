"""Sign for WeChat Pay, check what WeChat Pay signed and open what it encrypted: API v3.

Signatures are SHA256withRSA (PKCS #1 v1.5) in Base64, encryption is AES-GCM. Neither algorithm is
read from a message. What is verified are the bytes that came.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from payments.channels.wechatpay.platform_keys import PlatformKey, serial_text

SCHEME: Final = "WECHATPAY2-SHA256-RSA2048"

CIPHER: Final = "AEAD_AES_256_GCM"

SKEW_SECONDS_MAX: Final = 300
"""How far the instant of a signature may be from our own; WeChat Pay's documentation says five
minutes."""

PROBE_PREFIX: Final = "WECHATPAY/SIGNTEST/"
"""How signatures begin that WeChat Pay makes wrong on purpose, to see whether we look."""


PROBED: Final = "It is a probe, signed wrongly on purpose."
"""Why a probe is not believed."""


class UnopenableError(Exception):
    """A ciphertext was not made with this key, or was changed since."""


def request_text(
    method: str, url: str, *, timestamp_seconds: int, nonce: str, body: bytes
) -> bytes:
    """Give the bytes that sign a request: five lines, the address as it is sent.

    Raises ValueError for an address that is not one of HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or not url.isprintable():
        raise ValueError(f"not an address: {url!r}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return f"{method}\n{target}\n{timestamp_seconds}\n{nonce}\n".encode() + body + b"\n"


def authorization(
    text: bytes,
    *,
    merchant_no: str,
    key_serial: str,
    key: RSAPrivateKey,
    timestamp_seconds: int,
    nonce: str,
) -> str:
    """Give the header that signs a request whose text was made of the same instant and nonce."""
    return (
        f'{SCHEME} mchid="{merchant_no}",nonce_str="{nonce}",signature="{sign(text, key)}",'
        f'timestamp="{timestamp_seconds}",serial_no="{key_serial}"'
    )


def sign(message: bytes, key: RSAPrivateKey) -> str:
    """Sign bytes with our private key, in Base64; the same bytes give the same signature."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode("ascii")


def is_signed(message: bytes, signature: str, key: RSAPublicKey) -> bool:
    """Tell whether the signature is this key's for exactly these bytes."""
    try:
        raw = base64.b64decode(signature, validate=True)
        # Base64 has spare bits: other letters could stand for the same bytes. One spelling only.
        if base64.b64encode(raw).decode("ascii") != signature:
            return False
        key.verify(raw, message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def doubt(
    headers: Mapping[str, str], body: bytes, *, keys: Mapping[str, PlatformKey], at: datetime
) -> str:
    """Say why a message cannot be believed, or nothing if WeChat Pay signed it just now.

    The names of `headers` are in lower case. The key is chosen by the serial that the message
    names, among `keys` by their serials. `at` is the machine's instant, aware UTC.
    """
    signature = headers.get("wechatpay-signature", "")
    timestamp = headers.get("wechatpay-timestamp", "")
    if not signature:
        return "It is not signed."
    if signature.startswith(PROBE_PREFIX):
        return PROBED
    if headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
        return "It is signed in another way."
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return "The instant of its signature is garbled."
    if abs(int(timestamp) - int(at.timestamp())) > SKEW_SECONDS_MAX:
        return "It was signed long ago, or is to be signed in future."

    key = keys.get(serial_text(headers.get("wechatpay-serial", "")))
    if key is None:
        return "It names a key that is not known here."
    if not key.is_valid_at(at):
        return "It names a certificate that is not valid now."
    nonce = headers.get("wechatpay-nonce", "")
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return "" if is_signed(message, signature, key.public_key) else "The signature is wrong."


def is_probe(headers: Mapping[str, str]) -> bool:
    """Tell whether a message says that it is signed wrongly on purpose; names in lower case."""
    return headers.get("wechatpay-signature", "").startswith(PROBE_PREFIX)


def opened(ciphertext: str, *, key: bytes, nonce: str, associated_data: str) -> bytes:
    """Decrypt and authenticate what WeChat Pay wrote in Base64 for the holder of an APIv3 key.

    Raises UnopenableError.
    """
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise UnopenableError("not encrypted with this key") from error


def opened_part(part: object, *, key: bytes) -> bytes:
    """Open an encrypted part of a message: an object of algorithm, nonce, data and ciphertext.

    Raises UnopenableError.
    """
    fields = part if isinstance(part, dict) else {}
    texts = [fields.get(name, "") for name in ("ciphertext", "nonce", "associated_data")]
    if fields.get("algorithm") != CIPHER or not all(isinstance(text, str) for text in texts):
        raise UnopenableError("not encrypted as API v3 does")
    return opened(texts[0], key=key, nonce=texts[1], associated_data=texts[2])

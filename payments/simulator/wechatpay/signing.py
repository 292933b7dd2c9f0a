"""What WeChat Pay v3 signs and encrypts, from the other side: requests, answers, resources."""

import base64
import re
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SCHEMA = "WECHATPAY2-SHA256-RSA2048"
CIPHER = "AEAD_AES_256_GCM"

_PAIR = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*')
_NAMES = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}


@dataclass(frozen=True)
class Authorization:
    """Who says that a request is theirs; nothing of it is believed yet."""

    mchid: str
    nonce_str: str
    signature: str
    timestamp: int
    serial_no: str


def authorization_from(header: str) -> Authorization:
    """Read the header `Authorization`; Raises ValueError if it is not as v3 asks."""
    schema, _, rest = header.partition(" ")
    matches = [_PAIR.fullmatch(part) for part in rest.split(",")]
    pairs = [(match[1], match[2]) for match in matches if match is not None]
    fields = dict(pairs)
    if schema != SCHEMA or len(pairs) != len(matches) or set(fields) != _NAMES:
        raise ValueError("not the fields of a v3 authorization")
    if len(pairs) != len(fields) or not all(fields.values()):
        raise ValueError("a field of the authorization is empty or comes twice")
    if not re.fullmatch(r"[0-9]{1,12}", fields["timestamp"]):
        raise ValueError("timestamp is not in seconds")
    return Authorization(
        mchid=fields["mchid"],
        nonce_str=fields["nonce_str"],
        signature=fields["signature"],
        timestamp=int(fields["timestamp"]),
        serial_no=fields["serial_no"],
    )


def request_text(*, method: str, target: str, authorization: Authorization, body: bytes) -> bytes:
    """Write the five lines that a request signs; `target` is path and query as they came."""
    head = (method, target, str(authorization.timestamp), authorization.nonce_str)
    return "\n".join(head).encode() + b"\n" + body + b"\n"


def answer_text(*, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Write the three lines that answers and notifications sign."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def new_nonce() -> str:
    """Make a nonce of 32 characters, as WeChat Pay's are."""
    return secrets.token_hex(16)


def encrypted_resource(text: bytes, *, associated_data: str, api_v3_key: str) -> dict[str, str]:
    """Encrypt with the merchant's APIv3 key; the tag is the end of the ciphertext."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), text, associated_data.encode())
    return {
        "algorithm": CIPHER,
        "nonce": nonce,
        "associated_data": associated_data,
        "ciphertext": base64.b64encode(sealed).decode("ascii"),
    }

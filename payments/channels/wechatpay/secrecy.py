"""Encrypt for WeChat Pay alone what only it may read: names and card numbers.

RSA-OAEP with SHA-1 for the digest and for the mask, as API v3 prescribes, in Base64. The same text
is another ciphertext each time; WeChat Pay compares what it opens.
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1

from payments.channels import base
from payments.channels.wechatpay.platform_keys import PlatformKey

# Prescribed by the protocol. OAEP does not rest on the digest's resistance to collisions.
_PADDING: Final = OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303
_OVERHEAD_BYTES: Final = 42
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)


def sealed(text: str, *, key: RSAPublicKey) -> str:
    """Encrypt a text for the holder of a key. Raises ValueError if it is too long for the key."""
    return b64encode(key.encrypt(text.encode(), _PADDING)).decode("ascii")


def can_be_told(text: str, *, key: RSAPublicKey) -> bool:
    """Tell whether a text is there, plain, and short enough to be encrypted for a key."""
    is_plain = bool(text) and base.kept_text(text, length_max=len(text)) == text
    return is_plain and len(text.encode()) <= key.key_size // 8 - _OVERHEAD_BYTES


def sealing_key(
    keys: Mapping[str, PlatformKey], *, key_id: str, at: datetime
) -> tuple[str, PlatformKey]:
    """Choose the key to encrypt for, and the serial that names it. `at` is aware UTC.

    The public key where there is one; else of the certificates that are valid the newest, which
    WeChat Pay will know the longest. Raises LookupError if there is none.
    """
    if key_id in keys:
        return key_id, keys[key_id]
    valid = [(serial, key) for serial, key in keys.items() if key.is_valid_at(at)]
    if not valid:
        raise LookupError("no key is valid")
    return max(valid, key=lambda entry: entry[1].valid_from or _BEFORE_ALL)

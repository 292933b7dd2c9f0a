"""Keep secrets at rest: encrypt texts for one place each, and find equal ones without reading.

`settings.ENCRYPTION_KEYS` names the keys, 32 bytes each by id, the current one first (a mapping,
or pairs). A key is never used itself: HKDF derives one for encryption and one per purpose of
blind indexes. To rotate, put a new key first, encrypt every row again, then drop the old key.
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ledger.errors import DecryptionError

_VERSION = "v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


def encrypt(plaintext: str, *, aad: str) -> str:
    """Encrypt a text for one place: `v1.<key id>.<nonce, ciphertext and tag in base64url>`.

    `aad` names the place as `table|column|primary key`; the text can be read there only, so a
    row's secret is worthless in another row. The same text never encrypts to the same result.

    Raises ValueError if the place is not named.
    """
    if not aad:
        raise ValueError("a ciphertext belongs to a place: name it in aad")
    key_id, key = next(iter(_keys().items()))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(_derived(key, "encryption")).encrypt(
        nonce, plaintext.encode("utf-8", "surrogatepass"), _bound(key_id, aad)
    )
    return f"{_VERSION}.{key_id}.{_to_text(nonce + sealed)}"


def decrypt(ciphertext: str, *, aad: str) -> str:
    """Decrypt a text in the place for which it was encrypted, with whichever key it names.

    Raises DecryptionError if the text was changed or moved, or its key is not configured; the
    three are not told apart.
    """
    version, _, rest = ciphertext.partition(".")
    key_id, _, encoded = rest.rpartition(".")
    key = _keys().get(key_id)
    packed = _from_text(encoded)
    if version != _VERSION or key is None or len(packed) < _NONCE_BYTES + _TAG_BYTES:
        raise DecryptionError
    try:
        plaintext = AESGCM(_derived(key, "encryption")).decrypt(
            packed[:_NONCE_BYTES], packed[_NONCE_BYTES:], _bound(key_id, aad)
        )
    except InvalidTag:
        raise DecryptionError from None
    return plaintext.decode("utf-8", "surrogatepass")


def is_current(ciphertext: str) -> bool:
    """Tell whether a text is encrypted with the current key, or waits to be encrypted again."""
    return ciphertext.startswith(f"{_VERSION}.{next(iter(_keys()))}.")


def blind_index(value: str, *, purpose: str) -> bytes:
    """Give 32 bytes that are equal for equal values of one purpose, and say nothing else.

    Normalise the value first (blanks, case): only equal texts are equal. Made with the current
    key; it changes when that changes, so search with `blind_index_candidates`.

    Raises ValueError if the purpose is not named.
    """
    return blind_index_candidates(value, purpose=purpose)[0]


def blind_index_candidates(value: str, *, purpose: str) -> list[bytes]:
    """Give the blind index of a value under every configured key, the current one first.

    While keys are being rotated, rows written before still carry the index of an older key.

    Raises ValueError if the purpose is not named.
    """
    if not purpose:
        raise ValueError("a blind index serves a purpose: name it")
    text = value.encode("utf-8", "surrogatepass")
    return [
        hmac.digest(_derived(key, f"blind index|{purpose}"), text, "sha256")
        for key in _keys().values()
    ]


def _keys() -> Mapping[str, bytes]:
    """Read the configured keys in order."""
    keys = dict(settings.ENCRYPTION_KEYS)
    if not keys or any(len(key) != _KEY_BYTES for key in keys.values()):
        raise ImproperlyConfigured("ENCRYPTION_KEYS must hold keys of 32 bytes, one at least.")
    return keys


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: str) -> bytes:
    """Derive the key of one purpose, so that no two uses share a key."""
    info = f"tianping {_VERSION}|{purpose}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(key)


def _bound(key_id: str, aad: str) -> bytes:
    """Bind a ciphertext to its version and key as well as to its place."""
    return f"{_VERSION}|{key_id}|{aad}".encode()


def _to_text(packed: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def _from_text(encoded: str) -> bytes:
    """Read base64url in its one spelling; anything else was changed.

    Raises DecryptionError.
    """
    try:
        packed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        raise DecryptionError from None
    # Base64 forgives stray characters and spare bits: two texts of one ciphertext. We do not.
    if _to_text(packed) != encoded:
        raise DecryptionError
    return packed

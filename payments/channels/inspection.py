"""Look at keys and certificates without using them: how strong they are, and when they end."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


class UninspectableError(Exception):
    """A text is not a key or a certificate that can be read. It is never quoted."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What may be said of a key: never the key. Only a certificate has dates (aware UTC).

    `fingerprint` is the SHA-256 of its public half in DER, so that a private key and its
    certificate have the same one.
    """

    kind: str
    bits: int
    fingerprint: str
    serial: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def inspected(pem: str) -> tuple[KeyFacts, ...]:
    """Say what each block of a PEM text is. Raises UninspectableError for anything but RSA."""
    blocks = [(found.group(1), found.group(0).encode()) for found in _BLOCK.finditer(pem)]
    if not blocks:
        raise UninspectableError("not a PEM text")
    try:
        return tuple(_facts(kind, block) for kind, block in blocks)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # The cause is left out: it could quote the key.
        raise UninspectableError("not an RSA key or certificate") from None


def _facts(kind: str, block: bytes) -> KeyFacts:
    if kind == "CERTIFICATE":
        certificate = x509.load_pem_x509_certificate(block)
        public = certificate.public_key()
        return KeyFacts(
            "certificate",
            _bits(public),
            _fingerprint(public),
            serial=f"{certificate.serial_number:X}",
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
        )
    if kind == "PUBLIC KEY":
        bare = load_pem_public_key(block)
        return KeyFacts("public_key", _bits(bare), _fingerprint(bare))
    private = load_pem_private_key(block, password=None)
    if not isinstance(private, RSAPrivateKey):
        raise TypeError("not an RSA key")
    ours = private.public_key()
    return KeyFacts("private_key", _bits(ours), _fingerprint(ours))


def _bits(key: object) -> int:
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key.key_size


def _fingerprint(key: object) -> str:
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()

"""Know WeChat Pay's keys: a public key with an id, or certificates with their serials.

Newer merchants have the public key (`PUB_KEY_ID_…`), older ones the platform certificates, and who
moves from one to the other has both for a while.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from payments.channels.base import ChannelConfigurationError

KEYS_MAX: Final = 256
"""For how many accounts the keys are kept loaded."""

PUBLIC_KEY_ID_PREFIX: Final = "PUB_KEY_ID_"

_SERIAL: Final = re.compile(r"[0-9A-Fa-f]{1,64}")
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One key that WeChat Pay signs with. A bare public key has neither a serial nor an end.

    Instants are aware UTC.
    """

    serial: str
    public_key: RSAPublicKey
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def is_valid_at(self, at: datetime) -> bool:
        """Tell whether its certificate, if it has one, is valid at this instant."""
        return self.has_not_ended_at(at) and (self.valid_from is None or self.valid_from <= at)

    def has_not_ended_at(self, at: datetime) -> bool:
        """Tell whether it is valid at this instant or will be later."""
        return self.valid_until is None or at < self.valid_until


def read_platform_keys(pem: bytes) -> tuple[PlatformKey, ...]:
    """Read a PEM text of at most one public key and any number of certificates, one after another.

    Raises ValueError, TypeError or UnsupportedAlgorithm if it is not of RSA keys alone.
    """
    blocks = [(found.group(1), found.group(0)) for found in _BLOCK.finditer(pem)]
    if not blocks and pem.strip():
        raise ValueError("not a PEM text")
    if [kind for kind, _ in blocks].count(b"PUBLIC KEY") > 1:
        raise ValueError("more than one public key")
    return tuple(_read(kind, block) for kind, block in blocks)


@lru_cache(maxsize=KEYS_MAX)
def platform_keys(pem: str, *, key_id: str, bits_min: int) -> Mapping[str, PlatformKey]:
    """Give the keys of an account by the serials that messages name; a public key by its id.

    Read once, since none of them is a secret. An account in certificate mode may have none yet:
    it asks for them first.

    Raises ChannelConfigurationError if one cannot be used, or an id and its key do not belong
    together.
    """
    if key_id and not key_id.startswith(PUBLIC_KEY_ID_PREFIX):
        raise ChannelConfigurationError(f"channel_key_id is no {PUBLIC_KEY_ID_PREFIX}….")
    try:
        keys = read_platform_keys(pem.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ChannelConfigurationError("channel_public_key_pem is not of RSA keys.") from None
    if any(key.public_key.key_size < bits_min for key in keys):
        raise ChannelConfigurationError(f"channel_public_key_pem has fewer than {bits_min} bits.")
    if bool(key_id) != any(not key.serial for key in keys):
        raise ChannelConfigurationError("channel_key_id and a public key belong together.")
    return MappingProxyType({key.serial or key_id: key for key in keys})


def serial_text(serial: str) -> str:
    """Write a certificate's serial in one way: upper case, without zeros before it.

    WeChat Pay's own libraries do not agree about a leading zero. Anything else stays as it is.
    """
    return serial.upper().lstrip("0") if _SERIAL.fullmatch(serial) else serial


def _read(kind: bytes, block: bytes) -> PlatformKey:
    """Read one block of a PEM text. Raises ValueError, TypeError, UnsupportedAlgorithm."""
    if kind == b"PUBLIC KEY":
        return PlatformKey("", _rsa(load_pem_public_key(block)))
    if kind != b"CERTIFICATE":
        raise ValueError("neither a public key nor a certificate")
    certificate = load_pem_x509_certificate(block)
    return PlatformKey(
        f"{certificate.serial_number:X}",
        _rsa(certificate.public_key()),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _rsa(key: object) -> RSAPublicKey:
    """Give the key back if it is an RSA key. Raises TypeError."""
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key

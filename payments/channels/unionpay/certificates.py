"""Tell whether a certificate that came with a message is UnionPay's.

Each answer and each notification carries the certificate of who signed it, `signPubKeyCert`. It
is believed only if it leads to the configured root over the configured certificates between,
all of them valid now, and names UnionPay. So UnionPay may take a new key any day, and nobody
else may sign for it.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from payments.channels.base import ChannelConfigurationError

OWNER: Final = "中国银联股份有限公司"
"""Whose name the certificate carries: the third part of its common name, between the `@`."""

CACHED_MAX: Final = 64
CERTIFICATE_LENGTH_MAX: Final = 8 * 1024
CHAIN_LENGTH_MAX: Final = 4
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
)
"""What reading a garbled certificate raises; the library reads each part when it is asked for."""
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class UntrustedCertificateError(Exception):
    """A certificate that came with a message is not UnionPay's, or not valid now."""


@lru_cache(maxsize=CACHED_MAX)
def authorities(pem: str) -> tuple[x509.Certificate, ...]:
    """Read the configured certificates, the root among them; they are no secret.

    Raises ChannelConfigurationError if one cannot be read, or none is a root.
    """
    try:
        found = tuple(x509.load_pem_x509_certificate(block.encode()) for block in _PEM.findall(pem))
        has_root = any(_is_root(certificate) for certificate in found)
    except _UNREADABLE as error:
        raise ChannelConfigurationError(
            "channel_public_key_pem has a certificate that cannot be read."
        ) from error
    if not has_root:
        raise ChannelConfigurationError("channel_public_key_pem has no root certificate.")
    return found


def trusted_key(
    pem: str,
    *,
    known: Sequence[x509.Certificate],
    owner: str,
    bits_min: int,
    at: datetime,
) -> RSAPublicKey:
    """Give the key that a certificate vouches for, at the machine's instant.

    Raises UntrustedCertificateError.
    """
    try:
        chain = _chain(pem, tuple(known), owner)
        is_valid = all(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in chain)
        key = chain[0].public_key()
    except _UNREADABLE as error:
        raise UntrustedCertificateError("a part of it cannot be read") from error
    if not is_valid:
        raise UntrustedCertificateError("not valid at this instant")
    if not isinstance(key, RSAPublicKey) or key.key_size < bits_min:
        raise UntrustedCertificateError("not a key of RSA that is long enough")
    return key


@lru_cache(maxsize=CACHED_MAX)
def _chain(
    pem: str, known: tuple[x509.Certificate, ...], owner: str
) -> tuple[x509.Certificate, ...]:
    """Give the certificate and those over it up to a root; what fails is not remembered.

    Raises UntrustedCertificateError.
    """
    try:
        blocks = _PEM.findall(pem) if len(pem) <= CERTIFICATE_LENGTH_MAX else []
        (block,) = blocks
        leaf = x509.load_pem_x509_certificate(block.encode())
    except _UNREADABLE as error:
        raise UntrustedCertificateError("not one certificate in PEM") from error
    if _owner(leaf) != owner:
        raise UntrustedCertificateError("of somebody else")
    chain = [leaf]
    while not _is_root(chain[-1]):
        above = [one for one in known if _is_issued_by(chain[-1], one)]
        if not above or len(chain) > CHAIN_LENGTH_MAX:
            raise UntrustedCertificateError("not issued by an authority that we know")
        chain.append(above[0])
    if chain[-1] not in known:
        raise UntrustedCertificateError("issued by itself")
    return tuple(chain)


def _owner(certificate: x509.Certificate) -> str:
    """Give the owner's name: `041@8310000000083040@中国银联股份有限公司@00016495` has it third."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    parts = str(names[0].value).split("@") if len(names) == 1 else []
    return parts[2] if len(parts) > 2 else ""


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject and _is_issued_by(certificate, certificate)


def _is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    """Tell whether an authority signed a certificate, and may sign any."""
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
        certificate.verify_directly_issued_by(authority)
    except (
        x509.ExtensionNotFound,
        InvalidSignature,
        *_UNREADABLE,
    ):
        return False
    return constraints.value.ca

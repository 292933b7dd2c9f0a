"""Read Alipay's certificates: their serials (SN), and the keys that they vouch for.

In certificate mode both sides name the certificate of the key that signed. A certificate is
trusted because it was configured, so its dates are not consulted here: a question about money
must not go unanswered because a day has passed.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from payments.channels.base import ChannelConfigurationError

KEYS_MAX: Final = 256
"""For how many accounts the keys of their certificates are kept loaded."""

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
# Every signature algorithm of RSA stands under this number (PKCS #1).
_RSA_SIGNATURES: Final = "1.2.840.113549.1.1."


def certificate_sn(pem: str) -> str:
    """Give the SN of one certificate, as `app_cert_sn` and `alipay_cert_sn` carry it.

    Raises ChannelConfigurationError if the text is not exactly one certificate.
    """
    blocks = _PEM.findall(pem)
    if len(blocks) != 1:
        raise ChannelConfigurationError("not exactly one certificate in PEM")
    return _sn(_read(blocks[0]))


def root_cert_sn(pem: str) -> str:
    """Give `alipay_root_cert_sn`: the SNs of the certificates in a bundle that RSA signed.

    Alipay's bundle also holds certificates of other algorithms, of which this library cannot read
    each; they do not count.

    Raises ChannelConfigurationError if none counts.
    """
    serials = []
    for block in _PEM.findall(pem):
        try:
            certificate = _read(block)
        except ChannelConfigurationError:
            continue
        if certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNATURES):
            serials.append(_sn(certificate))
    if not serials:
        raise ChannelConfigurationError("no root certificate of RSA in PEM")
    return "_".join(serials)


@lru_cache(maxsize=KEYS_MAX)
def channel_keys(pem: str, *, bits_min: int) -> Mapping[str, RSAPublicKey]:
    """Give the keys of Alipay's certificates by SN; read once, since certificates are no secret.

    Raises ChannelConfigurationError if there is none, or one that cannot be used.
    """
    keys: dict[str, RSAPublicKey] = {}
    for block in _PEM.findall(pem):
        certificate = _read(block)
        try:
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPublicKey):
            raise ChannelConfigurationError("channel_public_key_pem: a certificate is not RSA's.")
        if key.key_size < bits_min:
            raise ChannelConfigurationError(
                f"channel_public_key_pem has fewer than {bits_min} bits."
            )
        keys[_sn(certificate)] = key
    if not keys:
        raise ChannelConfigurationError("channel_public_key_pem has no certificate.")
    return MappingProxyType(keys)


def _read(block: str) -> x509.Certificate:
    """Read one certificate. Raises ChannelConfigurationError."""
    try:
        return x509.load_pem_x509_certificate(block.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ChannelConfigurationError("a certificate that cannot be read") from error


def _sn(certificate: x509.Certificate) -> str:
    """Hash the issuer's name, its last part first, and the serial in decimal.

    MD5 is Alipay's rule. It names a certificate that we have, and proves nothing.
    """
    text = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

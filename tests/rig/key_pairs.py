"""Pairs of keys and certificates, as a channel's merchant pages give them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Pair:
    """A private key, its public half, and a certificate for it, each as PEM."""

    private_pem: str = field(repr=False)
    public_pem: str
    certificate_pem: str


@cache
def pair(name: str) -> Pair:
    """Make a pair, once for each name."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2032, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    return Pair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        certificate.public_bytes(Encoding.PEM).decode(),
    )

"""What accounts at all channels share in these tests: a key of ours, and numbers."""

import itertools

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

numbers = itertools.count(1)
OUR_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
"""One key for all accounts: making one is slow, and nothing depends on which it is."""


def number_of_ours(prefix: str) -> str:
    """Make a number as `payments.actions.operations.channel_no_of` does, of Thursday noon."""
    return f"{prefix}01KJY2E1G0{next(numbers):016}"


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """Write a private key as it is configured."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )

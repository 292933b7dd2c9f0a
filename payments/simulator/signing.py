"""RSA2 as Alipay speaks it: SHA256withRSA (PKCS#1 v1.5), in Base64, from the other side."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_KEY_BITS_MIN = 2048


def new_private_key() -> rsa.RSAPrivateKey:
    """Make a key of the simulator's own."""
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS_MIN)


def private_key_pem(key: rsa.RSAPrivateKey) -> str:
    """Write a private key as PKCS#8 PEM, to be kept in the simulator's own file only."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode("ascii")


def private_key_from(pem: str) -> rsa.RSAPrivateKey:
    """Read a private key that `private_key_pem` wrote. Raises ValueError for no RSA key."""
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("not an RSA private key")
    return key


def public_key_pem(key: rsa.RSAPrivateKey) -> str:
    """Write the public half, which the merchant configures."""
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def public_key_from(pem: str) -> rsa.RSAPublicKey:
    """Read a merchant's public key; Raises ValueError unless it is RSA of 2048 bits or more."""
    key = serialization.load_pem_public_key(pem.encode("utf-8"))
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _KEY_BITS_MIN:
        raise ValueError("not an RSA public key of at least 2048 bits")
    return key


def request_text(params: Mapping[str, str], *, encoding: str = "utf-8") -> bytes:
    """Join what a request signs: all that is not empty but `sign`, so `sign_type` as well."""
    return _joined(params, left_out=("sign",), encoding=encoding)


def notification_text(params: Mapping[str, str], *, encoding: str = "utf-8") -> bytes:
    """Join what a trade notification signs: all that is not empty but `sign` and `sign_type`."""
    return _joined(params, left_out=("sign", "sign_type"), encoding=encoding)


def signature_of(text: bytes, *, key: rsa.RSAPrivateKey) -> str:
    """Sign bytes."""
    raw = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return base64.b64encode(raw).decode("ascii")


def is_signed(text: bytes, *, signature: str, key: rsa.RSAPublicKey) -> bool:
    """Say whether a signature in Base64 is the key owner's over exactly these bytes."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, text, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return True


def _joined(params: Mapping[str, str], *, left_out: tuple[str, ...], encoding: str) -> bytes:
    pairs = sorted((name, value) for name, value in params.items() if value)
    text = "&".join(f"{name}={value}" for name, value in pairs if name not in left_out)
    return text.encode(encoding)

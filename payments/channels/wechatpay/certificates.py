"""Read the certificates that WeChat Pay hands out, encrypted with the merchant's APIv3 key."""

from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm

from payments.channels.wechatpay import replies, signing
from payments.channels.wechatpay.platform_keys import (
    PlatformKey,
    read_platform_keys,
    serial_text,
)


def brought(body: bytes, *, api_key: bytes) -> tuple[tuple[str, PlatformKey], ...]:
    """Give each certificate of an answer as PEM text and key; what cannot be read is left out.

    The answer need not be verified yet: each certificate is authenticated by its encryption.
    """
    try:
        entries = replies.read_object(body).get("data")
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entries, list):
        return ()
    found = (_opened(entry, api_key=api_key) for entry in entries if isinstance(entry, dict))
    return tuple(certificate for certificate in found if certificate is not None)


def _opened(entry: Mapping[str, object], *, api_key: bytes) -> tuple[str, PlatformKey] | None:
    """Open one entry: exactly one certificate, of the serial that the entry names."""
    serial = entry.get("serial_no")
    try:
        pem = signing.opened_part(entry.get("encrypt_certificate"), key=api_key)
        keys = read_platform_keys(pem)
        text = pem.decode("ascii")
    except (signing.UnopenableError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if len(keys) != 1 or not keys[0].serial or not isinstance(serial, str):
        return None
    return (text, keys[0]) if serial_text(serial) == keys[0].serial else None

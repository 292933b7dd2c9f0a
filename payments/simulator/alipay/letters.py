"""How Alipay's notifications are signed and written as forms, and spoilt where that was ordered."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator import signing
from payments.simulator.faults import FaultKind

_TYPE = "application/x-www-form-urlencoded; charset="
# GB18030 writes all that GBK has in the same bytes, and the rest somehow.
_GBK = "gb18030"


@dataclass(frozen=True)
class Letter:
    """One notification as it goes over the wire."""

    body: bytes
    headers: Mapping[str, str]


def letter(
    params: Mapping[str, str],
    *,
    key: rsa.RSAPrivateKey,
    fault: FaultKind | None,
    is_message: bool = False,
) -> Letter:
    """Sign and write what is to be told, over the bytes of its own charset.

    What is about trades leaves `sign_type` out of what is signed; a message of another service
    does not. Whatever spoils a notification on its way does so after it was signed.
    """
    told, encoding, charset = dict(params), "utf-8", "utf-8"
    if fault == FaultKind.NOTIFY_GBK:
        encoding, charset = _GBK, "GBK"
        told["charset"] = charset
    if fault == FaultKind.NOTIFY_FORGED:
        key = signing.new_private_key()
    told["sign_type"] = "RSA2"
    text_of = signing.request_text if is_message else signing.notification_text
    signature = signing.signature_of(text_of(told, encoding=encoding), key=key)
    if fault == FaultKind.NOTIFY_ESCAPED:
        told = {name: escape(value) for name, value in told.items()}
    body = urlencode({**told, "sign": signature}, encoding=encoding).encode("ascii")
    return Letter(body=body, headers={"Content-Type": f"{_TYPE}{charset}"})

"""How UnionPay 5.1.0 signs, and how it writes its answers: from the other side."""

import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import rsa

from payments.simulator import signing
from payments.simulator.unionpay.merchants import Seal

Fields = dict[str, str]


def is_signed_by(fields: Mapping[str, str], *, key: rsa.RSAPublicKey) -> bool:
    """Say whether a merchant signed these fields."""
    signature = fields.get("signature", "")
    return signing.is_signed(_digest(fields), signature=signature, key=key)


def sealed(fields: Mapping[str, str], *, seal: Seal) -> Fields:
    """Sign fields for a merchant, the certificate among them."""
    whole = {**fields, "signMethod": "01", "signPubKeyCert": seal.certificate_pem}
    whole.pop("signature", None)
    return {**whole, "signature": signing.signature_of(_digest(whole), key=seal.key)}


def answer_bytes(fields: Mapping[str, str]) -> bytes:
    """Write an answer: sorted, and not URL-encoded."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields)).encode()


def form_fields(body: bytes) -> Fields:
    """Read a form; nothing where it is none, or has a name twice."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}


def _digest(fields: Mapping[str, str]) -> bytes:
    names = sorted(name for name in fields if name != "signature")
    text = "&".join(f"{name}={fields[name]}" for name in names)
    return hashlib.sha256(text.encode()).hexdigest().encode("ascii")

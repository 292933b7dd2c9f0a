"""Sign for UnionPay and check what it signed: version 5.1.0, signMethod 01.

All fields but `signature`, sorted by name, as `k=v&k=v`; SHA-256 of that as lower-case hex; and
the hex is signed with SHA256withRSA (PKCS #1 v1.5), in Base64. Which algorithm is used is never
read from a message.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

SIGNATURE: Final = "signature"
_NESTING: Final = {"{": "}", "[": "]"}


class AnswerFormatError(Exception):
    """An answer is not a row of distinct fields as the gateway writes it."""


def signed_text(fields: Mapping[str, str]) -> str:
    """Give the text that a signature is about: every field as it is, empty ones too."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if name != SIGNATURE)


def sign(fields: Mapping[str, str], key: RSAPrivateKey) -> str:
    """Sign fields with our private key, in Base64; the same fields give the same signature."""
    return base64.b64encode(key.sign(_digest(fields), PKCS1v15(), SHA256())).decode("ascii")


def is_signed(fields: Mapping[str, str], key: RSAPublicKey) -> bool:
    """Tell whether the fields carry the key owner's signature over exactly these fields."""
    signature = fields.get(SIGNATURE, "")
    try:
        raw = base64.b64decode(signature, validate=True)
        # Base64 has spare bits: other letters could stand for the same bytes. One spelling only.
        if base64.b64encode(raw).decode("ascii") != signature:
            return False
        key.verify(raw, _digest(fields), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def read_answer(text: str) -> dict[str, str]:
    """Take an answer apart: `k=v&k=v`, not URL-encoded, with `&` inside braces as it pleases.

    Raises AnswerFormatError for a field without a name, or a name given twice.
    """
    fields: dict[str, str] = {}
    for part in _parts(text.strip("\r\n")):
        name, equals, value = part.partition("=")
        if not equals or not name or name in fields:
            raise AnswerFormatError("not a row of distinct fields")
        fields[name] = value
    return fields


def _digest(fields: Mapping[str, str]) -> bytes:
    """Give what is really signed: the hex of the text's SHA-256."""
    return hashlib.sha256(signed_text(fields).encode()).hexdigest().encode("ascii")


def _parts(text: str) -> list[str]:
    """Split at every `&` that stands outside braces and brackets.

    Raises AnswerFormatError if they do not match.
    """
    parts, start, waiting = [], 0, []
    for place, letter in enumerate(text):
        if letter in _NESTING:
            waiting.append(_NESTING[letter])
        elif waiting and letter == waiting[-1]:
            waiting.pop()
        elif letter == "&" and not waiting:
            parts.append(text[start:place])
            start = place + 1
    if waiting:
        raise AnswerFormatError("a brace is not closed")
    return [*parts, text[start:]]

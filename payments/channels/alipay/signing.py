"""Sign for Alipay and check what Alipay signed: OpenAPI v2, RSA2 only.

RSA2 is SHA256withRSA (PKCS #1 v1.5) in Base64. Which algorithm is used is never read from a
message. What is verified are the bytes that came: nothing is parsed and written again first.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

_BLANKS: Final = " \t\n\r"


class AnswerFormatError(Exception):
    """An answer is not one JSON object as the protocol writes it."""


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer taken apart: what was signed, exactly as it came, and the signature.

    `node` is what the signed text says: fields, or a text if the answer is encrypted. Numbers
    are kept as texts. `cert_sn` names the certificate of the key that signed, in certificate mode.
    """

    name: str
    node: object
    signed_text: str
    sign: str
    cert_sn: str = ""


def request_text(params: Mapping[str, str]) -> str:
    """Give the text that signs a request: all but `sign` and the empty ones, sorted by key.

    Values are raw, as they are before the URL encoding.
    """
    return "&".join(
        f"{key}={params[key]}" for key in sorted(params) if key != "sign" and params[key]
    )


def notification_texts(fields: Mapping[bytes, bytes]) -> tuple[bytes, bytes]:
    """Give the two texts of which one must be what the notification's signature signs.

    Trade notifications leave out `sign` and `sign_type`, messages of other services only
    `sign`; Alipay's own libraries try the one, then the other.
    """
    return (_joined(fields, {b"sign", b"sign_type"}), _joined(fields, {b"sign"}))


def sign(text: str, key: RSAPrivateKey) -> str:
    """Sign a text with our private key, in Base64; the same text gives the same signature."""
    return base64.b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode("ascii")


def is_signed(message: bytes, signature: str, key: RSAPublicKey) -> bool:
    """Tell whether the signature is the channel's for exactly these bytes."""
    try:
        raw = base64.b64decode(signature, validate=True)
        # Base64 has spare bits: other letters could stand for the same bytes. One spelling only.
        if base64.b64encode(raw).decode("ascii") != signature:
            return False
        key.verify(raw, message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def read_answer(text: str) -> SignedAnswer:
    """Take an answer apart: `{"<method>_response": <node>, "sign": "…"}`, in any order.

    The node's text is cut out of the answer at the place where it stands, by a JSON reader that
    reports where each value ends; so braces, quotes and blanks inside it do no harm.

    Raises AnswerFormatError if that is not what the answer is; a missing signature is empty, and
    so is a missing certificate.
    """
    try:
        members = _members(text)
    except (ValueError, RecursionError) as error:
        raise AnswerFormatError(f"not a JSON object: {error}") from error

    names = [name for name in members if name.endswith("_response")]
    if len(names) != 1:
        raise AnswerFormatError("not exactly one response in the answer")
    node, signed_text = members[names[0]]
    signature = members["sign"][0] if "sign" in members else ""
    if not isinstance(signature, str):
        raise AnswerFormatError("the signature is not a text")
    cert_sn = members["alipay_cert_sn"][0] if "alipay_cert_sn" in members else ""
    return SignedAnswer(
        names[0], node, signed_text, signature, cert_sn if isinstance(cert_sn, str) else ""
    )


def _joined(fields: Mapping[bytes, bytes], left_out: set[bytes]) -> bytes:
    """Join fields as they were signed, sorted by key."""
    return b"&".join(key + b"=" + fields[key] for key in sorted(fields) if key not in left_out)


def _no_constant(name: str) -> object:
    """Refuse NaN and Infinity, which Python's reader would take."""
    raise ValueError(f"{name} is not JSON")


_READER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_constant)


def _members(text: str) -> dict[str, tuple[object, str]]:
    """Read one JSON object member by member, with the text of each value as it stands.

    Raises ValueError for anything that is not exactly one object, also for a name given twice.
    """
    members: dict[str, tuple[object, str]] = {}
    at = _past_blanks(text, 0)
    separator = "{"
    while text[at : at + 1] == separator:
        name_at = _past_blanks(text, at + 1)
        name, at = _READER.raw_decode(text, name_at)
        at = _past_blanks(text, at)
        if text[name_at] != '"' or name in members or text[at : at + 1] != ":":
            raise ValueError("a member without a name of its own")
        start = _past_blanks(text, at + 1)
        value, end = _READER.raw_decode(text, start)
        members[name] = (value, text[start:end])
        at = _past_blanks(text, end)
        separator = ","
    if text[at : at + 1] != "}" or _past_blanks(text, at + 1) != len(text):
        raise ValueError("not one whole object")
    return members


def _past_blanks(text: str, at: int) -> int:
    """Give the next place that is not blank."""
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at

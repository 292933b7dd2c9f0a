"""Read the certificates that WeChat Pay hands out, encrypted with the merchant's APIv3 key."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm

from payments.channels import base
from payments.channels.base import Outcome
from payments.channels.wechatpay import replies, signing
from payments.channels.wechatpay.conversation import Conversation
from payments.channels.wechatpay.platform_keys import (
    PlatformKey,
    read_platform_keys,
    serial_text,
)

PATH: Final = "/v3/certificates"


def fetched(conversation: Conversation, *, at: datetime) -> tuple[str, ...] | Outcome:
    """Ask for the certificates that are valid now or later, as PEM texts. `at` is aware UTC.

    An answer may be signed with a certificate that it brings itself: our APIv3 key, which nobody
    else has, has authenticated that one.
    """
    answer = conversation.sent(PATH, at=at)
    if isinstance(answer, Outcome):
        return answer
    found = brought(answer.body, api_key=conversation.api_key())
    reply = conversation.believed(answer, at=at, brought={key.serial: key for _pem, key in found})
    if isinstance(reply, Outcome):
        return reply
    if reply.status_code != 200:
        return replies.asking_error_outcome(reply)
    lasting = tuple(pem for pem, key in found if key.has_not_ended_at(at))
    if not lasting:
        return replies.unknown(base.UNREADABLE_ANSWER, "It brings no certificate.", reply)
    return lasting


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

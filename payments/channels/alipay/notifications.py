"""Read what Alipay sends unasked: forms about trades and refunds, messages about transfers.

The signature is checked over the bytes that came; they are decoded afterwards.
"""

import json
import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from payments.channels.alipay import signing
from payments.channels.alipay.captures import CAPTURE_MARK
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
)

NOTIFICATION_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 200
# The lengths of Alipay's own documentation.
NOTIFY_ID_LENGTH_MAX: Final = 128
NUMBER_LENGTH_MAX: Final = 64
STATUS_LENGTH_MAX: Final = 32
TRANSFER_CHANGED: Final = "alipay.fund.trans.order.changed"
_CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    # GB18030 holds all of GBK and GB2312, and Alipay writes the older names for it.
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}
_CHARSET_OF_TYPE: Final = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


def form_bytes(body: bytes) -> dict[bytes, bytes]:
    """Read a form into bytes, URL-decoded once and not yet as text.

    Raises MalformedNotificationError if it is too long, or a name is missing or given twice.
    """
    if len(body) > NOTIFICATION_BYTES_MAX or body.count(b"&") >= FIELDS_MAX:
        raise MalformedNotificationError("longer than a notification can be")
    pairs: dict[bytes, bytes] = {}
    for part in body.split(b"&"):
        key, equals, value = part.partition(b"=")
        name = unquote_to_bytes(key.replace(b"+", b" "))
        if not equals or not name or name in pairs:
            raise MalformedNotificationError("not a form of distinct names")
        pairs[name] = unquote_to_bytes(value.replace(b"+", b" "))
    return pairs


def require_signed(pairs: Mapping[bytes, bytes], *, keys: Collection[RSAPublicKey]) -> None:
    """Check that one of the keys signed, by the two-step rule.

    Raises ForgedNotificationError.
    """
    if pairs.get(b"sign_type", b"RSA2") != b"RSA2":
        raise ForgedNotificationError("signed in another way than RSA2")
    signature = pairs.get(b"sign", b"").decode("ascii", "replace")
    for text in signing.notification_texts(pairs):
        if any(signing.is_signed(text, signature, key) for key in keys):
            return
    raise ForgedNotificationError("not signed by Alipay")


def decoded(pairs: Mapping[bytes, bytes], *, headers: Mapping[str, str]) -> dict[str, str]:
    """Turn verified bytes into texts, in the charset that they name.

    Raises MalformedNotificationError if they are not texts of that charset.
    """
    charset = _charset(pairs, headers)
    try:
        fields = {key.decode("ascii"): value.decode(charset) for key, value in pairs.items()}
    except UnicodeDecodeError as error:
        raise MalformedNotificationError("not text of its own charset") from error
    if any("\0" in value for value in fields.values()):
        raise MalformedNotificationError("a value has a NUL")
    return fields


def read(fields: Mapping[str, str]) -> Notification:
    """Tell which of our numbers a verified message is about.

    A refund is told by a notification about its trade, which then names the refund's own number
    and what was refunded. What lacks either is about the payment: asking finds what it was.

    Raises MalformedNotificationError if it names no number, or repetitions cannot be told apart.
    """
    if fields.get("msg_method") == TRANSFER_CHANGED:
        about = NotificationAbout.TRANSFER
        name, (number, status) = "out_biz_no", _transfer(fields)
    elif fields.get("notify_type", "").startswith("fund_auth_"):
        about, name, number = _about_frozen(fields)
        status = fields.get("status", "")
    elif fields.get("passback_params") == CAPTURE_MARK and not fields.get("refund_fee"):
        about = NotificationAbout.CAPTURE
        name, number = "out_trade_no", fields.get("out_trade_no", "")
        status = fields.get("trade_status", "")
    elif fields.get("refund_fee") and fields.get("out_biz_no"):
        about = NotificationAbout.REFUND
        name, number, status = "out_biz_no", fields["out_biz_no"], fields.get("trade_status", "")
    else:
        about = NotificationAbout.PAYMENT
        name, number = "out_trade_no", fields.get("out_trade_no", "")
        status = fields.get("trade_status", "")

    notification_id = fields.get("notify_id", "")
    if not 0 < len(notification_id) <= NOTIFY_ID_LENGTH_MAX:
        raise MalformedNotificationError("notify_id is missing or too long")
    if not 0 < len(number) <= NUMBER_LENGTH_MAX:
        raise MalformedNotificationError(f"{name} is missing or too long")
    return Notification(
        notification_id=notification_id,
        channel_no=number,
        status=status[:STATUS_LENGTH_MAX],
        raw_fields=MappingProxyType(dict(fields)),
        about=about,
    )


def _about_frozen(fields: Mapping[str, str]) -> tuple[NotificationAbout, str, str]:
    """Tell whether money was frozen or freed, and under which number."""
    if fields["notify_type"] == "fund_auth_unfreeze":
        return NotificationAbout.VOID, "out_request_no", fields.get("out_request_no", "")
    return NotificationAbout.PAYMENT, "out_order_no", fields.get("out_order_no", "")


def _transfer(fields: Mapping[str, str]) -> tuple[str, str]:
    """Give the number and the status of a message about a transfer.

    Raises MalformedNotificationError if its content is not an object of texts.
    """
    try:
        content = json.loads(fields.get("biz_content", ""))
    except (ValueError, RecursionError) as error:
        raise MalformedNotificationError("biz_content is not JSON") from error
    number, status = (
        (content.get("out_biz_no", ""), content.get("status", ""))
        if isinstance(content, dict)
        else (None, None)
    )
    if not isinstance(number, str) or not isinstance(status, str):
        raise MalformedNotificationError("biz_content is not an object of texts")
    if not (number + status).isprintable():
        # JSON can write what no database keeps: a NUL, halves of characters.
        raise MalformedNotificationError("a value is not plain text")
    return number, status


def _charset(pairs: Mapping[bytes, bytes], headers: Mapping[str, str]) -> str:
    """Give the charset of the values: the signed parameter's, else the content type's.

    Raises MalformedNotificationError for one that Alipay does not use.
    """
    name = pairs.get(b"charset", b"").decode("ascii", "replace")
    if not name:
        types = [value for key, value in headers.items() if key.lower() == "content-type"]
        found = _CHARSET_OF_TYPE.search(types[0]) if types else None
        name = found.group(1) if found else ""
    try:
        return _CHARSETS[name.strip().lower()]
    except KeyError:
        raise MalformedNotificationError("in a charset that Alipay does not use") from None

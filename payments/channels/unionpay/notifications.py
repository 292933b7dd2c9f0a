"""Read what UnionPay sends unasked: a form about one of our orders, signed as an answer is."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from payments.channels import base
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
)
from payments.channels.unionpay import mapping

NOTIFICATION_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 200
STATUS_LENGTH_MAX: Final = 32
_QUERY_ID_LENGTH_MAX: Final = 64
_ABOUT: Final = {
    "01": NotificationAbout.PAYMENT,
    "02": NotificationAbout.PAYMENT,
    "03": NotificationAbout.CAPTURE,
    "04": NotificationAbout.REFUND,
    "32": NotificationAbout.VOID,
}


def form_fields(body: bytes) -> dict[str, str]:
    """Read a form, URL-decoded once.

    Raises MalformedNotificationError if it is too long, not text, or a name is missing or given
    twice.
    """
    if len(body) > NOTIFICATION_BYTES_MAX or body.count(b"&") >= FIELDS_MAX:
        raise MalformedNotificationError("longer than a notification can be")
    fields: dict[str, str] = {}
    try:
        for part in body.split(b"&"):
            key, equals, value = part.partition(b"=")
            name = unquote_to_bytes(key.replace(b"+", b" ")).decode("utf-8")
            if not equals or not name or name in fields:
                raise MalformedNotificationError("not a form of distinct names")
            fields[name] = unquote_to_bytes(value.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedNotificationError("not text in UTF-8") from error
    if any("\0" in value for value in fields.values()):
        raise MalformedNotificationError("a value has a NUL")
    return fields


def read(fields: Mapping[str, str], *, merchant_no: str) -> Notification:
    """Tell which of our numbers a verified message is about; nothing of the card is handed on.

    UnionPay numbers its transactions, not its messages: kind, number and code tell a repetition.

    Raises MalformedNotificationError, or ForgedNotificationError if it is for somebody else.
    """
    if fields.get("merId", "") != merchant_no:
        raise ForgedNotificationError("for another merId")
    txn_type, query_id = fields.get("txnType", ""), fields.get("queryId", "")
    if txn_type not in _ABOUT:
        raise MalformedNotificationError("about what nobody ordered")
    if not 0 < len(query_id) <= _QUERY_ID_LENGTH_MAX or not query_id.isalnum():
        raise MalformedNotificationError("queryId is missing or too long")
    number = fields.get("orderId", "")
    if not mapping.is_about(fields, number):
        raise MalformedNotificationError("orderId and txnTime are none of ours")
    status = base.kept_text(fields.get("respCode", ""), length_max=STATUS_LENGTH_MAX)
    return Notification(
        notification_id=f"{txn_type}.{query_id}.{status}",
        channel_no=number,
        status=status,
        raw_fields=MappingProxyType(_kept(fields)),
        about=_ABOUT[txn_type],
    )


def _kept(fields: Mapping[str, str]) -> dict[str, str]:
    """Keep the fields, of the card's number the end only."""
    told = {name: value for name, value in fields.items() if name not in mapping.CARD_FIELDS}
    return told | {"accNo": mapping.payer_ref(fields)} if "accNo" in fields else told

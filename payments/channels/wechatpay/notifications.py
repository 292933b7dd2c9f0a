"""Verify, open and read WeChat Pay's notifications, in this order."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from payments.channels import base
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
    ProbeNotificationError,
)
from payments.channels.wechatpay import replies, signing
from payments.channels.wechatpay.platform_keys import PlatformKey

BYTES_MAX: Final = 64 * 1024
"""The longest notification that is read."""

_STATUS_LENGTH_MAX: Final = 32
_NOTIFICATION_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")

# What each event is about, and which fields say our number and the state. The field of a refund's
# state is `refund_status` here, and `status` in answers.
_PAYMENT: Final = (NotificationAbout.PAYMENT, "out_trade_no", "trade_state")
_REFUND: Final = (NotificationAbout.REFUND, "out_refund_no", "refund_status")
_TRANSFER: Final = (NotificationAbout.TRANSFER, "out_bill_no", "state")
_ECHO: Final = (NotificationAbout.ECHO, "echo_message", "")
_EVENTS: Final = {
    "TRANSACTION.SUCCESS": _PAYMENT,
    "REFUND.SUCCESS": _REFUND,
    "REFUND.ABNORMAL": _REFUND,
    "REFUND.CLOSED": _REFUND,
    "MCHTRANSFER.BILL.FINISHED": _TRANSFER,
    "SECURITY_ECHO.SUCCESS": _ECHO,
}


def opened(
    headers: Mapping[str, str],
    body: bytes,
    *,
    keys: Mapping[str, PlatformKey],
    api_key: Callable[[], bytes],
    at: datetime,
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Check that a message was signed just now, and open it: what was signed, what was encrypted.

    `at` is the machine's instant, aware UTC. Raises MalformedNotificationError,
    ForgedNotificationError, or of the latter a ProbeNotificationError.
    """
    if len(body) > BYTES_MAX:
        raise MalformedNotificationError("longer than a notification can be")
    lower = {name.lower(): value for name, value in headers.items()}
    doubt = signing.doubt(lower, body, keys=keys, at=at)
    if signing.is_probe(lower):
        raise ProbeNotificationError(doubt)
    if doubt:
        raise ForgedNotificationError(doubt)
    try:
        event = replies.read_object(body)
        text = signing.opened_part(event.get("resource"), key=api_key())
        return event, replies.read_object(text)
    except signing.UnopenableError as error:
        raise ForgedNotificationError("not encrypted for us") from error
    except (ValueError, RecursionError) as error:
        raise MalformedNotificationError("not one JSON object") from error


def notification_of(
    event: Mapping[str, object], resource: Mapping[str, object], *, app_id: str, merchant_no: str
) -> Notification:
    """Read a notification: `event` is what WeChat Pay signed, `resource` what it encrypted in it.

    Raises MalformedNotificationError, or ForgedNotificationError if it is about an account of
    somebody else.
    """
    event_type = _text(event, "event_type")
    if event_type not in _EVENTS:
        raise MalformedNotificationError("an event that nobody asked for")
    about, number, status = _EVENTS[event_type]
    # An echo names nobody: that our APIv3 key opened it says that it is for us.
    if about is not NotificationAbout.ECHO and _merchant_no(resource) != merchant_no:
        raise ForgedNotificationError("for another mchid")
    if about is NotificationAbout.PAYMENT and _text(resource, "appid") != app_id:
        raise ForgedNotificationError("for another appid")

    notification = Notification(
        notification_id=_text(event, "id"),
        channel_no=_text(resource, number),
        status=base.kept_text(_text(resource, status), length_max=_STATUS_LENGTH_MAX),
        raw_fields=MappingProxyType(_plain({**event, **resource})),
        about=about,
    )
    if not _NOTIFICATION_ID.fullmatch(notification.notification_id):
        raise MalformedNotificationError("id is missing or too long")
    if not _NUMBER.fullmatch(notification.channel_no):
        raise MalformedNotificationError(f"{number} is missing or too long")
    return notification


def _merchant_no(resource: Mapping[str, object]) -> str:
    """Give the merchant that it is for; of transfers its name may be spelled in another way."""
    return _text(resource, "mchid") or _text(resource, "mch_id")


def _text(fields: Mapping[str, object], name: str) -> str:
    """Give a field that is a text; any other is empty."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _plain(fields: Mapping[str, object]) -> dict[str, str]:
    """Keep the fields that are texts."""
    return {name: value for name, value in fields.items() if isinstance(value, str)}

"""Read WeChat Pay's notifications, once they are verified and opened."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from payments.channels import base
from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
)

_STATUS_LENGTH_MAX: Final = 32
_NOTIFICATION_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_NUMBER: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")

# What each event is about, and which fields say our number and the state. The field of a refund's
# state is `refund_status` here, and `status` in answers.
_PAYMENT: Final = (NotificationAbout.PAYMENT, "out_trade_no", "trade_state")
_REFUND: Final = (NotificationAbout.REFUND, "out_refund_no", "refund_status")
_EVENTS: Final = {
    "TRANSACTION.SUCCESS": _PAYMENT,
    "REFUND.SUCCESS": _REFUND,
    "REFUND.ABNORMAL": _REFUND,
    "REFUND.CLOSED": _REFUND,
}


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
    if _text(resource, "mchid") != merchant_no:
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


def _text(fields: Mapping[str, object], name: str) -> str:
    """Give a field that is a text; any other is empty."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _plain(fields: Mapping[str, object]) -> dict[str, str]:
    """Keep the fields that are texts."""
    return {name: value for name, value in fields.items() if isinstance(value, str)}

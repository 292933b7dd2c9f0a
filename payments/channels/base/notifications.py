"""What channels tell us unasked."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ForgedNotificationError(Exception):
    """A notification is not from our channel, or not for us. Nothing may be done."""


class ProbeNotificationError(ForgedNotificationError):
    """A channel signed a notification wrongly on purpose, to see whether we look.

    Nothing may be stored or done, as for any forgery; but nobody need be alarmed.
    """


class MalformedNotificationError(Exception):
    """A notification cannot be read. Nothing may be done."""


class NotificationAbout(StrEnum):
    """Which of our orders a notification is about, and so which number it names."""

    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"
    CAPTURE = "capture"
    VOID = "void"
    ECHO = "echo"
    """None of our orders: the text of an echo that we asked for, which proves this door."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A verified message of a channel about one of our numbers: a reason to ask, no more.

    `notification_id` is the channel's own and tells repetitions apart. `channel_no` is our number
    of what it is `about`: the payment's order, the refund or the transfer.
    """

    notification_id: str
    channel_no: str
    status: str
    raw_fields: Mapping[str, str]
    about: NotificationAbout = NotificationAbout.PAYMENT

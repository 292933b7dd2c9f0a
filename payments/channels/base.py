"""Say what every channel can be asked and how its answer reads: the port of all adapters.

Outward craft: pure Python, no database. An adapter speaks one protocol; what an outcome means
for a payment is decided by the engine that called it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

RAW_BYTES_MAX: Final = 8 * 1024
"""How much of an answer is kept as evidence, in bytes of UTF-8."""

WORDS_LENGTH_MAX: Final = 300
"""How much of a channel's message to people is kept, in characters."""

REFERENCE_LENGTH_MAX: Final = 80
"""How much of a channel's code or reference is kept; none of theirs is longer than 64."""

# Codes of our own, where the channel gave none. The channels' codes are kept as they came.
NOT_FOUND: Final = "NOT_FOUND"
"""The channel does not know the number. Never a failure by itself: the order may arrive late."""
NOT_CONNECTED: Final = "NOT_CONNECTED"
"""No connection, so no byte of the request left."""
NO_ANSWER: Final = "NO_ANSWER"
"""The request may have arrived; no whole answer came back."""
HTTP_STATUS: Final = "HTTP_STATUS"
"""The answer had an HTTP status that the protocol does not use."""
BAD_SIGNATURE: Final = "BAD_SIGNATURE"
"""The answer was not signed, or not by the channel."""
UNREADABLE_ANSWER: Final = "UNREADABLE_ANSWER"
"""The answer was the channel's, but lacked or garbled what decides."""
OTHER_NUMBER: Final = "OTHER_NUMBER"
"""The answer was about an order that was not asked for."""
CLOSED_AFTER_PAYMENT: Final = "CLOSED_AFTER_PAYMENT"
"""The order is closed at the channel, but money was paid on it before."""
REFUSED_HERE: Final = "REFUSED_HERE"
"""The request breaks a rule of the channel that we know; nothing was sent."""


class OutcomeKind(StrEnum):
    """What one call to a channel tells us. Three ways not to succeed are kept apart.

    `failed`: the channel will certainly not do it; only codes of a closed list say so.
    `unknown`: it may have been done; only a query, the bill or two people resolve it.
    `not_sent`: not a byte left; the same number may be sent again.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    AWAITING_PAYER = "awaiting_payer"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    CLOSED = "closed"


class ForgedNotificationError(Exception):
    """A notification is not from our channel, or not for us. Nothing may be stored or done."""


class MalformedNotificationError(Exception):
    """A notification cannot be read. Nothing may be stored or done."""


class ChannelConfigurationError(Exception):
    """A channel account cannot work as configured; the text names the setting, never a key."""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """Everything an adapter needs to know about one account at one channel.

    Keys are PEM texts. The private key never shows in a representation; without one the
    adapter can verify what comes in, and refuses to send.
    """

    account_id: str
    channel: str
    gateway_url: str
    app_id: str
    merchant_no: str
    private_key_pem: str = field(repr=False)
    channel_public_key_pem: str = field(repr=False)
    notify_url: str


@dataclass(frozen=True, slots=True)
class PayRequest:
    """One order to collect a payment, under the one number that it will ever have.

    All instants are aware UTC. `at` is the business's own instant, by which the order may have
    expired; `stamped_at` the machine's, which the request carries so that it is fresh.
    """

    channel_no: str
    amount_minor: int
    currency: str
    subject: str
    method: str
    expires_at: datetime
    at: datetime
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel answered to one call, or that it did not.

    `code` is the channel's own code or state, or one of the constants of this module.
    `amount_minor` and `currency` are what the channel says, for the caller to compare.
    `paid_at` is the channel's own instant in UTC. `raw` is the answer's text, cut at 8 KiB.
    """

    kind: OutcomeKind
    code: str = ""
    message: str = ""
    channel_ref: str = ""
    amount_minor: int | None = None
    currency: str = ""
    paid_at: datetime | None = None
    payer_ref: str = ""
    qr_code: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """A verified message of a channel about one of our numbers: a reason to ask, no more.

    `notification_id` is the channel's own and tells repetitions apart.
    """

    notification_id: str
    channel_no: str
    status: str
    raw_fields: Mapping[str, str]


class Channel(Protocol):
    """An account at a channel that can be asked to collect a payment.

    `pay` and `query` never raise for trouble with the channel: trouble is an outcome.
    """

    def pay(self, request: PayRequest) -> Outcome:
        """Place the order; the same request may be repeated under the same number."""

    def query(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of an order; changes nothing at the channel. `at` is aware UTC."""

    def verify_notification(self, *, headers: Mapping[str, str], body: bytes) -> Notification:
        """Check that a message is the channel's and for us, then read it.

        Raises MalformedNotificationError or ForgedNotificationError.
        """

    def acknowledge(self) -> tuple[bytes, str]:
        """Give the body and the content type that tell the channel to stop repeating."""


def kept_answer(body: bytes) -> str:
    """Turn an answer into text worth keeping: whole characters, no NUL, at most 8 KiB."""
    text = (
        body[:RAW_BYTES_MAX].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    )
    return text.encode()[:RAW_BYTES_MAX].decode("utf-8", "ignore")


def kept_text(text: str, *, length_max: int = REFERENCE_LENGTH_MAX) -> str:
    """Turn a channel's words into text that a database takes and a page can show.

    Control characters and halves of characters become spaces; the rest is cut at `length_max`.
    """
    plain = (" " if unicodedata.category(letter) in ("Cc", "Cs") else letter for letter in text)
    return "".join(plain).strip()[:length_max]

"""What one call to a channel tells us, and what a payer's device does next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

# Codes of our own, where the channel gave none. The channels' codes are kept as they came.
NOT_FOUND: Final = "NOT_FOUND"
"""The channel does not know the number. Never a failure by itself: the order may arrive late."""
NOT_CONNECTED: Final = "NOT_CONNECTED"
"""No connection, so no byte of the request left."""
NO_KEYS: Final = "NO_KEYS"
"""The account cannot speak: its keys or its address cannot be used, so nothing left."""
NO_ANSWER: Final = "NO_ANSWER"
"""The request may have arrived; no whole answer came back."""
HTTP_STATUS: Final = "HTTP_STATUS"
"""The answer had an HTTP status that the protocol does not use."""
TURNED_AWAY: Final = "TURNED_AWAY"
"""The caller was refused, not the order, and without a signature: nobody knows by whom."""
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
    Two more are told by queries alone. `abnormal`: a refund that the channel could not deliver;
    it may be sent to another account. `returned`: a transfer that succeeded and came back.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    AWAITING_PAYER = "awaiting_payer"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"
    CLOSED = "closed"
    ABNORMAL = "abnormal"
    RETURNED = "returned"


class PayerActionKind(StrEnum):
    """What a payer's device has to do, where there is no code to scan."""

    REDIRECT = "redirect"
    """Go to `url`."""
    FORM = "form"
    """Post `fields` to `url`, as a form."""
    INVOKE = "invoke"
    """Hand `fields` to the channel's own software: in the page, the mini program or the app."""


@dataclass(frozen=True, slots=True)
class PayerAction:
    """What the payer's device does next. It carries our signature and no secret."""

    kind: PayerActionKind
    url: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a channel answered to one call, or that it did not.

    `code` is the channel's own code or state, or one of the constants of this module.
    `amount_minor` and `currency` are what the channel says, for the caller to compare.
    `paid_at` is the channel's own instant of the success, in UTC: paid, refunded or transferred.
    `fee_minor` is what the channel says that it charged for a transfer, or gave back of its fee
    with a refund. `raw` is the answer's text, cut at 8 KiB. `amount_minor` is always the order's
    own amount; where coupons of the channel made the payer pay less, `payer_minor` is what they
    paid and `settled_minor` what the channel owes us. A device that has no code to scan takes
    `action`. `millis` is how long the exchange took, set by who called; None if nobody was.
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
    fee_minor: int | None = None
    raw: str = ""
    action: PayerAction | None = None
    payer_minor: int | None = None
    settled_minor: int | None = None
    millis: int | None = None

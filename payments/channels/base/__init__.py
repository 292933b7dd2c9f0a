"""Say what every channel can be asked and how its answer reads: the port of all adapters.

Outward craft: pure Python, no database. An adapter speaks one protocol; what an outcome means
for a payment is decided by the engine that called it.
"""

from payments.channels.base.accounts import (
    CaptureMode,
    ChannelConfig,
    ChannelConfigurationError,
    ChannelTraits,
    NumberedOrder,
)
from payments.channels.base.cards import without_card_numbers
from payments.channels.base.notifications import (
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    NotificationAbout,
    ProbeNotificationError,
)
from payments.channels.base.outcomes import (
    BAD_SIGNATURE,
    CLOSED_AFTER_PAYMENT,
    HTTP_STATUS,
    NO_ANSWER,
    NO_KEYS,
    NOT_CONNECTED,
    NOT_FOUND,
    OTHER_NUMBER,
    REFUSED_HERE,
    TURNED_AWAY,
    UNREADABLE_ANSWER,
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
)
from payments.channels.base.ports import (
    AbnormalRefunds,
    AuthorisingChannel,
    BillingChannel,
    CancellableTransfers,
    Channel,
    EchoingChannel,
    TransferChannel,
)
from payments.channels.base.requests import (
    AbnormalRefundRequest,
    AbnormalRefundWay,
    CaptureRequest,
    PayRequest,
    RefundRequest,
    TransferRequest,
    VoidRequest,
)
from payments.channels.base.texts import (
    RAW_BYTES_MAX,
    REFERENCE_LENGTH_MAX,
    WORDS_LENGTH_MAX,
    kept_answer,
    kept_text,
)

__all__ = [
    "BAD_SIGNATURE",
    "CLOSED_AFTER_PAYMENT",
    "HTTP_STATUS",
    "NOT_CONNECTED",
    "NOT_FOUND",
    "NO_ANSWER",
    "NO_KEYS",
    "OTHER_NUMBER",
    "RAW_BYTES_MAX",
    "REFERENCE_LENGTH_MAX",
    "REFUSED_HERE",
    "TURNED_AWAY",
    "UNREADABLE_ANSWER",
    "WORDS_LENGTH_MAX",
    "AbnormalRefundRequest",
    "AbnormalRefundWay",
    "AbnormalRefunds",
    "AuthorisingChannel",
    "BillingChannel",
    "CancellableTransfers",
    "CaptureMode",
    "CaptureRequest",
    "Channel",
    "ChannelConfig",
    "ChannelConfigurationError",
    "ChannelTraits",
    "EchoingChannel",
    "ForgedNotificationError",
    "MalformedNotificationError",
    "Notification",
    "NotificationAbout",
    "NumberedOrder",
    "Outcome",
    "OutcomeKind",
    "PayRequest",
    "PayerAction",
    "PayerActionKind",
    "ProbeNotificationError",
    "RefundRequest",
    "TransferChannel",
    "TransferRequest",
    "VoidRequest",
    "kept_answer",
    "kept_text",
    "without_card_numbers",
]

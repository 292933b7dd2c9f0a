"""Say what every channel can be asked and how its answer reads: the port of all adapters.

Outward craft: pure Python, no database. An adapter speaks one protocol; what an outcome means
for a payment is decided by the engine that called it.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

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

    `channel_public_key_pem` is the channel's public key, or in certificate mode its
    certificates, one after the other. `key_serial` names our own certificate (Alipay:
    app_cert_sn, WeChat Pay: serial_no), `channel_key_id` the channel's key (WeChat Pay:
    `PUB_KEY_ID_…`; empty in certificate mode, where each certificate has its serial),
    `root_cert_serial` Alipay's alipay_root_cert_sn. `api_key` is WeChat Pay's APIv3 key, with
    which it encrypts what it tells us. All of them are empty where a channel has no such thing.
    """

    account_id: str
    channel: str
    gateway_url: str
    app_id: str
    merchant_no: str
    private_key_pem: str = field(repr=False)
    channel_public_key_pem: str = field(repr=False)
    notify_url: str
    key_serial: str = ""
    channel_key_id: str = ""
    root_cert_serial: str = ""
    api_key: str = field(default="", repr=False)


class CaptureMode(StrEnum):
    """How often money that was authorised can be taken."""

    NONE = "none"
    ONCE = "once"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What a channel can do and how it behaves, the same for all accounts there.

    `deduplicates`: the same number moves money once, so that an order may be sent again; where it
    is false nothing is ever sent again by itself (R5). `authorises` are the methods by which money
    can be held first and taken later, as often as `captures` says; `holds_for` says how long.
    `refund_spacing` is how far apart it wants refunds of one payment.
    """

    methods: frozenset[str]
    deduplicates: bool = True
    authorises: frozenset[str] = frozenset()
    captures: CaptureMode = CaptureMode.NONE
    holds_for: timedelta = timedelta(days=7)
    refund_spacing: timedelta = timedelta(0)


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
class PayRequest:
    """One order to collect a payment, under the one number that it will ever have.

    All instants are aware UTC. `at` is the business's own instant, by which the order may have
    expired; `stamped_at` the machine's, which the request carries so that it is fresh.
    `payer_account` is how the channel knows the payer inside its own app, `payer_ip` where they
    are, `return_url` where their browser comes back to, to be shown and nothing more. With
    `is_authorisation` the money is held for us and taken later, or given back.
    """

    channel_no: str
    amount_minor: int
    currency: str
    subject: str
    method: str
    expires_at: datetime
    at: datetime
    stamped_at: datetime
    payer_account: str = field(default="", repr=False)
    payer_ip: str = ""
    return_url: str = ""
    is_authorisation: bool = False


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """One order to take money that was authorised, under the one number that it will ever have.

    `pay_channel_no` and `pay_channel_ref` are our and the channel's number of the authorisation.
    With `is_final` nothing more will be taken, and what is left is the payer's again.
    """

    channel_no: str
    pay_channel_no: str
    pay_channel_ref: str
    amount_minor: int
    authorised_minor: int
    currency: str
    subject: str
    is_final: bool
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """One order to give back what is left of an authorisation; numbers as in `CaptureRequest`."""

    channel_no: str
    pay_channel_no: str
    pay_channel_ref: str
    amount_minor: int
    currency: str
    stamped_at: datetime


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """One order to give a payer money back, under the one number that it will ever have.

    `channel_no` is the refund's own number, `pay_channel_no` that of the paid order and
    `pay_channel_ref` the channel's number of it (of what was captured, if it was authorised).
    `total_minor` is what was paid; `amount_minor` what of it goes back now. `stamped_at` as in
    `PayRequest`.
    """

    channel_no: str
    pay_channel_no: str
    amount_minor: int
    total_minor: int
    currency: str
    reason: str
    stamped_at: datetime
    pay_channel_ref: str = ""


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """One order to send our own money to somebody's account at the channel.

    `account` is how the channel knows them, `account_type` which kind of name that is
    (`logon_id`, `user_id`, `openid`); `holder_name` is compared by the channel with its own
    records. Where a channel wants to know what for, `scene` is its own word for that,
    `scene_reports` what it asks about the scene, as pairs of a question and our answer, and
    `perception` the words that the payee is shown; they are empty where it asks nothing.
    """

    channel_no: str
    amount_minor: int
    currency: str
    account: str = field(repr=False)
    account_type: str
    holder_name: str
    title: str
    remark: str
    stamped_at: datetime
    scene: str = ""
    scene_reports: tuple[tuple[str, str], ...] = ()
    perception: str = ""


class AbnormalRefundWay(StrEnum):
    """Where money goes that the payer's own account did not take back."""

    PAYER_CARD = "payer_card"
    """To a bank card of the payer's, which they told us."""
    OUR_ACCOUNT = "our_account"
    """To our own bank account; we owe it to the payer and see to it ourselves."""


@dataclass(frozen=True, slots=True)
class AbnormalRefundRequest:
    """One order to deliver a refund in another way, since the payer's account did not take it.

    `channel_no` and `channel_ref` are our and the channel's number of that refund,
    `pay_channel_no` our number of the payment. To a card of the payer's it takes the channel's
    word for their bank (`bank`), the card or account number and the holder's name. `stamped_at`
    as in `PayRequest`.
    """

    channel_no: str
    channel_ref: str
    pay_channel_no: str
    way: AbnormalRefundWay
    stamped_at: datetime
    bank: str = ""
    bank_account: str = field(default="", repr=False)
    holder_name: str = field(default="", repr=False)


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
    `action`.
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


class NotificationAbout(StrEnum):
    """Which of our orders a notification is about, and so which number it names."""

    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"
    CAPTURE = "capture"
    VOID = "void"


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


class Channel(Protocol):
    """An account at a channel that can be asked to collect a payment, and to give it back.

    What asks or orders never raises for trouble with the channel: trouble is an outcome.
    """

    def pay(self, request: PayRequest) -> Outcome:
        """Place the order; the same request may be repeated under the same number."""

    def query(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of an order; changes nothing at the channel. `at` is aware UTC."""

    def close(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask that an order may not be paid any more. `at` is aware UTC.

        `closed` when the channel closed it, or had; `unknown` with NOT_FOUND when it knows no
        such order. Anything else leaves it open whether it is closed: a query must tell.
        """

    def refund(self, request: RefundRequest) -> Outcome:
        """Order a refund; the same request may be repeated under the same number.

        `succeeded` when the money is on its way back, `processing` when the channel took the
        order, `failed` by a closed list of codes.
        """

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a refund: `succeeded`, `processing`, `failed`, `abnormal`, `unknown`.

        A refund that the channel does not know is `unknown` with NOT_FOUND.
        """

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check that a message is the channel's and for us, then read it.

        `at` is the machine's instant, aware UTC: channels that stamp their messages may not have
        sent this one long before.

        Raises MalformedNotificationError or ForgedNotificationError.
        """

    def acknowledge(self) -> tuple[bytes, str]:
        """Give the body and the content type that tell the channel to stop repeating."""


@runtime_checkable
class AbnormalRefunds(Protocol):
    """An account whose `abnormal` refunds can be delivered in another way."""

    def apply_abnormal_refund(self, request: AbnormalRefundRequest) -> Outcome:
        """Deliver a refund in another way; the same request may be repeated.

        `processing` when the channel took it, as to ask `query_refund` about; `failed` by a
        closed list of codes: then the refund is `abnormal` as before.
        """


@runtime_checkable
class TransferChannel(Protocol):
    """An account at a channel from which our own money can be sent to others."""

    def transfer(self, request: TransferRequest) -> Outcome:
        """Send money; the same request may be repeated under the same number."""

    def query_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a transfer: as of a refund, and `returned` when it came back.

        A transfer that the channel does not know is `unknown` with NOT_FOUND. `at` is aware UTC.
        """


@runtime_checkable
class CancellableTransfers(Protocol):
    """An account whose transfers wait for their payee, and can be called back until then."""

    def cancel_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask that a transfer be called back; only a question tells whether it was."""


@runtime_checkable
class AuthorisingChannel(Protocol):
    """An account at which money can be held, and taken or given back later."""

    def capture(self, request: CaptureRequest) -> Outcome:
        """Take what was authorised; the same request may be repeated under the same number."""

    def query_capture(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a capture; unknown to the channel is `unknown` with NOT_FOUND."""

    def void(self, request: VoidRequest) -> Outcome:
        """Give back what was authorised and not taken; may be repeated under the same number."""

    def query_void(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of giving an authorisation back; as `query_capture`."""


@runtime_checkable
class BillingChannel(Protocol):
    """An account whose channel writes a bill for each day."""

    def fetch_bill(self, day: date, *, kind: str, at: datetime) -> bytes | Outcome:
        """Get the file of one day as it came, its hash checked where the channel names one.

        `kind` is the channel's own word (`trade`, `ALL`, …). An Outcome says why there is none;
        NOT_FOUND when the channel has none yet.
        """


@runtime_checkable
class EchoingChannel(Protocol):
    """An account that can prove all its keys without touching money."""

    def echo(self, *, at: datetime) -> Outcome:
        """Have the channel read, sign and answer a text; `succeeded` when every key fits."""


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

"""What an adapter knows of an account, and what its channel can do for every account."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


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

    `former_keys` are what stood in `channel_public_key_pem` and `channel_key_id` before, as long
    as answers signed with them still count. Nothing is encrypted for them.
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
    former_keys: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class CaptureMode(StrEnum):
    """How often money that was authorised can be taken."""

    NONE = "none"
    ONCE = "once"
    SEVERAL = "several"


class NumberedOrder(StrEnum):
    """An order that others, which come after it, may have to name by the channel's own number."""

    PAYMENT = "payment"
    """A payment that is refunded."""
    HOLD = "hold"
    """An authorisation of which something is taken, or which is given back."""
    CAPTURE = "capture"
    """What was taken of an authorisation, and is refunded."""


@dataclass(frozen=True, slots=True)
class ChannelTraits:
    """What a channel can do and how it behaves, the same for all accounts there.

    `deduplicates`: the same number moves money once, so that an order may be sent again; where it
    is false nothing is ever sent again by itself (R5). `authorises` are the methods by which money
    can be held first and taken later, as often as `captures` says; `holds_for` says how long we
    keep it, and `lapses_after` how long the channel does, which lets it go by itself only then.
    `refund_spacing` is how far apart it wants refunds of one payment. Where `closes` is false an
    order cannot be closed on demand: it ends by itself at the expiry that it was ordered with.
    An order by a method of `carried` goes there with its payer, so that the channel knows nothing
    of it, and can close nothing, until they have opened it.
    `needs_number_of` are the orders that refunds, captures and voids have to name by the channel's
    own number: who ends one of them without the channel's answer has to know it.
    `refusal` is the body and the content type, beside an HTTP status of refusal, that tell it that
    a notification was refused.
    `account_refusals` are the codes after which an order to pay has certainly failed for what the
    account is or lacks, not for its payer: another account may be tried at once.
    `needs` are the names of the settings of `ChannelConfig` without which it cannot be spoken to,
    besides our number, the gateway and our private key.
    `settle_window` is how long it may take to know an order that moves money;
    CHANNEL_SETTLE_WINDOW_SECONDS is waited anyhow.
    `card_fields` are the fields of its notifications in which it may be set to tell a card's
    number; they are kept without it.
    `gateway_hosts` are the hosts of the channel's own gateway, spare ones as well: outside a
    sandbox an account points at one of them.
    """

    methods: frozenset[str]
    deduplicates: bool = True
    authorises: frozenset[str] = frozenset()
    captures: CaptureMode = CaptureMode.NONE
    holds_for: timedelta = timedelta(days=7)
    lapses_after: timedelta = timedelta(days=7)
    refund_spacing: timedelta = timedelta(0)
    closes: bool = True
    carried: frozenset[str] = frozenset()
    needs_number_of: frozenset[NumberedOrder] = frozenset()
    refusal: tuple[bytes, str] = (b"fail", "text/plain; charset=utf-8")
    settle_window: timedelta = timedelta(0)
    account_refusals: frozenset[str] = frozenset()
    card_fields: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    gateway_hosts: frozenset[str] = frozenset()

"""What can be ordered from a channel, each order under the one number that it will ever have.

Amounts are minor units of the order's currency, above zero; instants are aware UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
class TransferRequest:
    """One order to send our own money to somebody's account at the channel.

    `account` is how the channel knows them, `account_type` which kind of name that is
    (`logon_id`, `user_id`, `open_id`, `openid`); `holder_name` is compared by the channel with
    its own records. Where a channel wants to know what for, `scene` is its own word for that,
    `scene_reports` what it asks about the scene, as pairs of a question and our answer, and
    `perception` the words that the payee is shown; they are empty where it asks nothing.
    """

    channel_no: str
    amount_minor: int
    currency: str
    account: str = field(repr=False)
    account_type: str
    holder_name: str = field(repr=False)
    title: str
    remark: str
    stamped_at: datetime
    scene: str = ""
    scene_reports: tuple[tuple[str, str], ...] = ()
    perception: str = ""

"""What every channel can be asked, and what some can be asked besides."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol, runtime_checkable

from payments.channels.base.notifications import Notification
from payments.channels.base.outcomes import Outcome
from payments.channels.base.requests import (
    AbnormalRefundRequest,
    CaptureRequest,
    PayRequest,
    RefundRequest,
    TransferRequest,
    VoidRequest,
)


class Channel(Protocol):
    """An account at a channel that can be asked to collect a payment, and to give it back.

    What asks or orders never raises for trouble with the channel: trouble is an outcome.
    """

    def pay(self, request: PayRequest) -> Outcome:
        """Place the order; the same request may be repeated under the same number."""

    def query(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask what became of an order; changes nothing at the channel. `at` is aware UTC.

        One of which is known that it is no authorisation is not `may_be_held`: that spares a
        channel that keeps the two apart a second question. It changes no answer.
        """

    def close(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
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

        `day` is the channel's, in Asia/Shanghai at all that we know; asking again is harmless.

        `kind` is the channel's own word (`trade`, `ALL`, …). An Outcome says why there is none;
        NOT_FOUND when the channel has none yet.
        """


@runtime_checkable
class EchoingChannel(Protocol):
    """An account that can prove all its keys without touching money."""

    def echo(self, *, at: datetime) -> Outcome:
        """Have the channel read, sign and answer a text; `succeeded` when every key fits.

        `channel_ref` is the text. A notification about an `ECHO` may repeat it at our door.
        """

"""Speak Alipay OpenAPI v2: trades, refunds, transfers; believe an answer, a notification."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.channels.alipay import (
    bills,
    notifications,
    orders,
    refunds,
    trades,
    transfers,
)
from payments.channels.alipay.gateway import Gateway, order_string, refused_here
from payments.channels.alipay.holding import Holding
from payments.channels.base import (
    NOT_FOUND,
    CaptureRequest,
    ChannelConfig,
    ForgedNotificationError,
    Notification,
    Outcome,
    PayRequest,
    RefundRequest,
    TransferRequest,
    VoidRequest,
)
from payments.channels.transport import Transport


class AlipayChannel:
    """One Alipay app, ours. Holds no state; cheap to make, safe to share between threads.

    An account that names its own certificate is in certificate mode: it names it in what it
    sends, and believes an answer by the certificate that the answer names. Else both sides have
    plain keys, and transfers are not offered.
    """

    def __init__(
        self,
        config: ChannelConfig,
        *,
        transport: Transport,
        private_key: RSAPrivateKey | None,
        channel_keys: Mapping[str, RSAPublicKey],
    ) -> None:
        """Take the account, the way out and the loaded keys, Alipay's by SN or KEY_MODE_SN."""
        self._config = config
        self._transport = transport
        self._channel_keys = channel_keys
        self._gateway = Gateway(
            config, transport=transport, private_key=private_key, channel_keys=channel_keys
        )
        self._holding = Holding(self._gateway, merchant_no=config.merchant_no)

    def pay(self, request: PayRequest) -> Outcome:
        """Open a trade, or sign what the payer's browser or app carries there to open it.

        The payer comes later, or never. An order that breaks a known rule of the channel is
        `failed` with nothing sent. What the payer carries is signed here and sent by nobody: it
        can be paid until the expiry that stands in it.
        """
        reason = orders.refusal(request)
        if reason:
            return refused_here(reason)
        if request.is_authorisation:
            return self._holding.freeze(request)

        method = orders.PAY_METHODS[request.method]
        content = orders.pay_content(request, app_id=self._config.app_id)
        if request.method not in orders.CARRIED_BY_PAYER:
            read = partial(orders.pay_outcome, request=request)
            return self._gateway.ask(
                method, content, at=request.stamped_at, read=read, notifies=True
            )
        params = self._gateway.signed(
            method,
            content,
            at=request.stamped_at,
            notifies=True,
            return_url=orders.return_url(request),
        )
        if request.method == "alipay_app":
            return orders.invocation(order_string(params))
        return orders.redirect(self._gateway.page_url(params))

    def query(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask what became of a trade, or of an authorisation. `at` is aware UTC.

        One that nobody has scanned yet does not exist for Alipay: `unknown`, NOT_FOUND. A number
        that no trade has is asked about as an authorisation's before that is said, unless it
        cannot be one (`may_be_held`).
        """
        read = partial(trades.query_outcome, channel_no=channel_no)
        content = trades.content(channel_no)
        outcome = self._gateway.ask(trades.QUERY_METHOD, content, at=at, read=read)
        if outcome.code != NOT_FOUND or not may_be_held:
            return outcome
        return self._holding.asked(channel_no, at=at, otherwise=outcome)

    def close(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask that a trade may not be paid any more. `at` is aware UTC.

        A trade that nobody has scanned yet cannot be closed: `unknown`, NOT_FOUND. It can still
        be opened until the expiry that it was ordered with. An authorisation is closed while
        nobody has granted it; money that is held stays so, until `void`.
        """
        read = partial(trades.close_outcome, channel_no=channel_no)
        content = trades.content(channel_no)
        outcome = self._gateway.ask(trades.CLOSE_METHOD, content, at=at, read=read)
        if outcome.code != NOT_FOUND or not may_be_held:
            return outcome
        return self._holding.given_up(channel_no, at=at, otherwise=outcome)

    def cancel(self, channel_no: str, *, at: datetime) -> Outcome:
        """Undo a trade of which nobody knows what became: closed if unpaid, refunded if paid.

        `closed` if no money had moved. Alipay means this for a payment at a till whose result
        stays unknown. The engine never calls it by itself: it gives back money that may have been
        paid for good, where `close` leaves a paid trade alone. `at` is aware UTC.
        """
        read = partial(trades.cancel_outcome, channel_no=channel_no)
        return self._gateway.ask(trades.CANCEL_METHOD, trades.content(channel_no), at=at, read=read)

    def refund(self, request: RefundRequest) -> Outcome:
        """Order a refund. The same number with the same amount moves money once.

        One that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = refunds.refusal(request)
        if reason:
            return refused_here(reason)
        return self._gateway.ask(
            refunds.REFUND_METHOD,
            refunds.refund_content(request),
            at=request.stamped_at,
            read=partial(refunds.refund_outcome, request=request),
        )

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a refund. `at` is aware UTC.

        Alipay does not tell "not received" from "failed": both are `unknown`, NOT_FOUND. It asks
        for ten seconds between a refund and the first question.
        """
        read = partial(refunds.query_outcome, channel_no=channel_no, pay_channel_no=pay_channel_no)
        content = refunds.query_content(channel_no, pay_channel_no=pay_channel_no)
        return self._gateway.ask(refunds.QUERY_METHOD, content, at=at, read=read)

    def capture(self, request: CaptureRequest) -> Outcome:
        """Take what is frozen, or a part of it. The same number moves money once."""
        return self._holding.capture(request)

    def query_capture(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a capture, by its own number. `at` is aware UTC."""
        return self._holding.query_capture(channel_no, at=at)

    def void(self, request: VoidRequest) -> Outcome:
        """Free what is still frozen. The same number frees it once."""
        return self._holding.unfreeze(request)

    def query_void(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of freeing it. `at` is aware UTC."""
        return self._holding.query_unfreeze(channel_no, pay_channel_no=pay_channel_no, at=at)

    def transfer(self, request: TransferRequest) -> Outcome:
        """Send our money to an account at Alipay. The same number moves money once.

        Even when it succeeded the outcome is `processing`: only a question tells the fee. In key
        mode, or against a known rule of the channel, it is `failed` with nothing sent.
        """
        if not self._gateway.has_certificates:
            return refused_here("Alipay takes transfers in certificate mode only.")
        reason = transfers.refusal(request)
        if reason:
            return refused_here(reason)
        return self._gateway.ask(
            transfers.TRANSFER_METHOD,
            transfers.transfer_content(request),
            at=request.stamped_at,
            read=partial(transfers.transfer_outcome, channel_no=request.channel_no),
        )

    def query_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a transfer. `at` is aware UTC."""
        read = partial(transfers.query_outcome, channel_no=channel_no)
        return self._gateway.ask(
            transfers.QUERY_METHOD, transfers.query_content(channel_no), at=at, read=read
        )

    def fetch_bill(self, day: date, *, kind: str, at: datetime) -> bytes | Outcome:
        """Get the ZIP of one day's bill, of a Shanghai day. `at` is aware UTC.

        `kind` is one of `bills.KINDS`. There is none before about nine o'clock of the next day:
        NOT_FOUND. Raises ValueError for a kind that Alipay does not have.
        """
        if kind not in bills.KINDS:
            raise ValueError(f"Alipay has no bill of kind {kind!r}")
        content = bills.url_content(day, kind=kind)
        reply = self._gateway.answer(bills.URL_METHOD, content, at=at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        url = bills.file_url(node, gateway_url=self._config.gateway_url, raw=raw)
        if isinstance(url, Outcome):
            return url
        return bills.fetched(url, day=day, transport=self._transport)

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check that a message is Alipay's and for this account, then read it.

        Alipay repeats a message for a day as it was signed at first, so `at` decides nothing.

        Raises MalformedNotificationError or ForgedNotificationError.
        """
        pairs = notifications.form_bytes(body)
        notifications.require_signed(pairs, keys=self._keys_for(pairs))
        fields = notifications.decoded(pairs, headers=headers)
        self._require_ours(fields)
        return notifications.read(fields)

    def acknowledge(self) -> tuple[bytes, str]:
        """Give the seven bytes that Alipay waits for."""
        return b"success", "text/plain"

    def _keys_for(self, pairs: Mapping[bytes, bytes]) -> list[RSAPublicKey]:
        """Give the keys that may have signed: the named certificate's, or any that we trust."""
        if self._gateway.has_certificates and b"alipay_cert_sn" in pairs:
            cert_sn = pairs[b"alipay_cert_sn"].decode("ascii", "replace")
            return [key for sn, key in self._channel_keys.items() if sn == cert_sn]
        return list(self._channel_keys.values())

    def _require_ours(self, fields: Mapping[str, str]) -> None:
        """Check that a genuine message is about our app and our account.

        Raises ForgedNotificationError.
        """
        if fields.get("app_id", "") != self._config.app_id:
            raise ForgedNotificationError("for another app_id")
        seller_id = fields.get("seller_id", "")
        if seller_id and seller_id != self._config.merchant_no:
            raise ForgedNotificationError("for another seller_id")

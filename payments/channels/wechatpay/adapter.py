"""Speak WeChat Pay API v3: collect, refund, transfer, ask, and believe what it signed.

Every request is signed, and every answer is verified before a word of it is read. Orders are JSON;
the bytes that are signed are the bytes that are sent.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payments.channels import base
from payments.channels.base import (
    AbnormalRefundRequest,
    ChannelConfig,
    ChannelConfigurationError,
    Notification,
    Outcome,
    OutcomeKind,
    PayerAction,
    PayRequest,
    RefundRequest,
    TransferRequest,
)
from payments.channels.transport import Transport
from payments.channels.wechatpay import (
    abnormal_refunds,
    bills,
    certificates,
    echoes,
    invocation,
    mapping,
    notifications,
    refunds,
    transfers,
)
from payments.channels.wechatpay.conversation import Conversation, new_nonce
from payments.channels.wechatpay.platform_keys import PlatformKey

API_KEY_BYTES: Final = 32
_ORDER_PATH: Final = "/v3/pay/transactions/out-trade-no"


class WechatPayChannel:
    """One merchant of WeChat Pay, ours. Holds no state; cheap to make, safe between threads."""

    def __init__(
        self,
        config: ChannelConfig,
        *,
        transport: Transport,
        private_key: RSAPrivateKey | None,
        platform_keys: Mapping[str, PlatformKey],
    ) -> None:
        """Take the account, the way out and the loaded keys; WeChat Pay's by their serials.

        Raises ChannelConfigurationError for what can never work.
        """
        if config.api_key and len(config.api_key.encode()) != API_KEY_BYTES:
            raise ChannelConfigurationError(f"api_key is not {API_KEY_BYTES} bytes long.")
        if "?" in config.notify_url or "#" in config.notify_url:
            raise ChannelConfigurationError("notify_url may have no query.")
        self._config = config
        self._platform_keys = platform_keys
        self._conversation = Conversation(
            config, transport=transport, private_key=private_key, platform_keys=platform_keys
        )

    def pay(self, request: PayRequest) -> Outcome:
        """Open an order and get its QR code, or what the payer's device does next.

        An order that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = mapping.refusal(request)
        if reason:
            return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)
        content = mapping.pay_content(
            request,
            app_id=self._config.app_id,
            merchant_no=self._config.merchant_no,
            notify_url=self._config.notify_url,
        )
        path = mapping.PAY_PATHS[request.method]
        reply = self._conversation.ask(path, content, at=request.stamped_at)
        if isinstance(reply, Outcome):
            return reply
        return mapping.pay_outcome(
            reply, request=request, invoke=lambda prepay_id: self._invoked(request, prepay_id)
        )

    def query(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask what became of an order. `at` is aware UTC.

        WeChat Pay knows an order at once, before anybody has scanned it: `awaiting_payer`.
        """
        path = f"{_ORDER_PATH}/{_quoted(channel_no)}?mchid={_quoted(self._config.merchant_no)}"
        reply = self._conversation.ask(path, at=at)
        if isinstance(reply, Outcome):
            return reply
        return mapping.query_outcome(
            reply,
            channel_no=channel_no,
            app_id=self._config.app_id,
            merchant_no=self._config.merchant_no,
        )

    def close(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask that an order may not be paid any more. `at` is aware UTC."""
        content = {"mchid": self._config.merchant_no}
        reply = self._conversation.ask(f"{_ORDER_PATH}/{_quoted(channel_no)}/close", content, at=at)
        return reply if isinstance(reply, Outcome) else mapping.close_outcome(reply)

    def refund(self, request: RefundRequest) -> Outcome:
        """Order a refund; WeChat Pay takes it, and delivers it later.

        An order that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = refunds.refusal(request)
        if reason:
            return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)
        content = refunds.refund_content(request, notify_url=self._config.notify_url)
        reply = self._conversation.ask(refunds.PATH, content, at=request.stamped_at)
        if isinstance(reply, Outcome):
            return reply
        return refunds.refund_outcome(
            reply,
            channel_no=request.channel_no,
            pay_channel_no=request.pay_channel_no,
            failures=refunds.FAILURE_CODES,
        )

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a refund. `at` is aware UTC."""
        reply = self._conversation.ask(f"{refunds.PATH}/{_quoted(channel_no)}", at=at)
        if isinstance(reply, Outcome):
            return reply
        return refunds.refund_outcome(
            reply, channel_no=channel_no, pay_channel_no=pay_channel_no, failures=None
        )

    def apply_abnormal_refund(self, request: AbnormalRefundRequest) -> Outcome:
        """Deliver an `abnormal` refund to a card of the payer's, or to our own account.

        An application that breaks a known rule of the channel is `failed` with nothing sent.
        """
        serial, key = self._conversation.sealing_key(at=request.stamped_at)
        reason = abnormal_refunds.refusal(request, key=key)
        if reason:
            return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)
        path, content = abnormal_refunds.path(request), abnormal_refunds.content(request, key=key)
        reply = self._conversation.ask(path, content, at=request.stamped_at, sealed_for=serial)
        if isinstance(reply, Outcome):
            return reply
        return abnormal_refunds.outcome(reply, request=request)

    def transfer(self, request: TransferRequest) -> Outcome:
        """Send our own money to a user of WeChat, who has to confirm it within a day.

        `awaiting_payer` with what their device hands over. An order that breaks a known rule of
        the channel is `failed` with nothing sent.
        """
        serial, key = self._conversation.sealing_key(at=request.stamped_at)
        reason = transfers.refusal(request, key=key)
        if reason:
            return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)
        content = transfers.content(
            request, app_id=self._config.app_id, notify_url=self._config.notify_url, key=key
        )
        reply = self._conversation.ask(
            transfers.PATH, content, at=request.stamped_at, sealed_for=serial
        )
        if isinstance(reply, Outcome):
            return reply
        return transfers.order_outcome(reply, whose=self._whose(request.channel_no))

    def query_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a transfer. `at` is aware UTC."""
        reply = self._conversation.ask(transfers.path(channel_no), at=at)
        if isinstance(reply, Outcome):
            return reply
        return transfers.query_outcome(reply, whose=self._whose(channel_no))

    def cancel_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Call a transfer back that its payee has not confirmed. `at` is aware UTC."""
        reply = self._conversation.ask(f"{transfers.path(channel_no)}/cancel", {}, at=at)
        if isinstance(reply, Outcome):
            return reply
        return transfers.query_outcome(reply, whose=self._whose(channel_no))

    def fetch_bill(self, day: date, *, kind: str, at: datetime) -> bytes | Outcome:
        """Get the text of one Shanghai day's bill, unpacked, its hash checked. `at` is aware UTC.

        `kind` is the channel's word: of `bills.TRADE_KINDS` or `bills.FUND_KINDS`. Raises
        ValueError for any other.
        """
        return bills.fetched(
            self._conversation, day, kind=kind, gateway_url=self._config.gateway_url, at=at
        )

    def echo(self, *, at: datetime) -> Outcome:
        """Have WeChat Pay open, sign and repeat a text, here and at our door. `at` is aware UTC."""
        text = new_nonce()
        serial, key = self._conversation.sealing_key(at=at)
        content = echoes.content(text, notify_url=self._config.notify_url, key=key)
        reply = self._conversation.ask(echoes.PATH, content, at=at, sealed_for=serial)
        return reply if isinstance(reply, Outcome) else echoes.outcome(reply, text=text)

    def fetch_certificates(self, *, at: datetime) -> tuple[str, ...] | Outcome:
        """Ask for the certificates that WeChat Pay signs with now or soon, as PEM texts.

        For accounts in certificate mode; in public-key mode there are none: `unknown`, NOT_FOUND.
        An answer that names a certificate which we do not have yet is verified with the one that
        it brings: it is encrypted with our APIv3 key, which nobody else has.
        """
        return certificates.fetched(self._conversation, at=at)

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check that a message is WeChat Pay's, sent just now and for this account, and read it.

        The signature is checked over the bytes that came, before anything is decrypted. A message
        that our APIv3 key does not open is for another merchant: certificates sign for all.

        Raises MalformedNotificationError or ForgedNotificationError; of the latter a
        ProbeNotificationError for what WeChat Pay signed wrongly on purpose.
        """
        event, resource = notifications.opened(
            headers, body, keys=self._platform_keys, api_key=self._conversation.api_key, at=at
        )
        return notifications.notification_of(
            event, resource, app_id=self._config.app_id, merchant_no=self._config.merchant_no
        )

    def acknowledge(self) -> tuple[bytes, str]:
        """Give nothing: WeChat Pay waits for the HTTP status 200 alone."""
        return b"", "application/json"

    def _whose(self, channel_no: str) -> transfers.Whose:
        """Say which transfer an answer must be about."""
        return transfers.Whose(channel_no, self._config.app_id, self._config.merchant_no)

    def _invoked(self, request: PayRequest, prepay_id: str) -> PayerAction:
        """Sign what the payer's device hands to WeChat: of a page, or of an app."""
        prepaid = invocation.Prepaid(
            app_id=self._config.app_id,
            timestamp_seconds=int(request.stamped_at.timestamp()),
            nonce=new_nonce(),
            prepay_id=prepay_id,
        )
        key = self._conversation.private_key()
        if request.method == "wechat_app":
            return invocation.app_action(prepaid, merchant_no=self._config.merchant_no, key=key)
        return invocation.page_action(prepaid, key=key)


def _quoted(text: str) -> str:
    """Write a number into an address, with every character that means something there escaped."""
    return quote(text, safe="")

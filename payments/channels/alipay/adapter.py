"""Speak Alipay OpenAPI v2: trades, refunds, transfers; believe an answer, a notification.

The public parameters go in the query string, `biz_content` in the body, both under one
signature. Every answer is verified before a word of it is read.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.channels import base
from payments.channels.alipay import mapping, notifications, refunds, signing, transfers
from payments.channels.base import (
    ChannelConfig,
    ChannelConfigurationError,
    ForgedNotificationError,
    Notification,
    Outcome,
    OutcomeKind,
    PayRequest,
    RefundRequest,
    TransferRequest,
)
from payments.channels.transport import Answer, NotSentError, Transport, UnansweredError

KEY_MODE_SN: Final = ""
"""What stands for the SN of Alipay's certificate where there is none, only its key."""


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
        self._private_key = private_key
        self._channel_keys = channel_keys
        self._has_certificates = bool(config.key_serial)

    def pay(self, request: PayRequest) -> Outcome:
        """Open a trade and get its QR code; the payer's scan comes later, or never.

        An order that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = mapping.refusal(request)
        if reason:
            return _refused_here(reason)

        method = mapping.PAY_METHODS[request.method]
        reply = self._ask(method, mapping.pay_content(request), at=request.stamped_at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return mapping.pay_outcome(node, channel_no=request.channel_no, raw=raw)

    def query(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a trade. `at` is aware UTC.

        A trade that nobody has scanned yet does not exist for Alipay: `unknown`, NOT_FOUND.
        """
        reply = self._ask(mapping.QUERY_METHOD, {"out_trade_no": channel_no}, at=at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return mapping.query_outcome(node, channel_no=channel_no, raw=raw)

    def close(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask that a trade may not be paid any more. `at` is aware UTC.

        A trade that nobody has scanned yet cannot be closed: `unknown`, NOT_FOUND. It can still
        be opened until the expiry that it was ordered with.
        """
        reply = self._ask(mapping.CLOSE_METHOD, {"out_trade_no": channel_no}, at=at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return mapping.close_outcome(node, channel_no=channel_no, raw=raw)

    def refund(self, request: RefundRequest) -> Outcome:
        """Order a refund. The same number with the same amount moves money once.

        One that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = refunds.refusal(request)
        if reason:
            return _refused_here(reason)

        content = refunds.refund_content(request)
        reply = self._ask(refunds.REFUND_METHOD, content, at=request.stamped_at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return refunds.refund_outcome(node, request=request, raw=raw)

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a refund. `at` is aware UTC.

        Alipay does not tell "not received" from "failed": both are `unknown`, NOT_FOUND. It asks
        for ten seconds between a refund and the first question.
        """
        content = refunds.query_content(channel_no, pay_channel_no=pay_channel_no)
        reply = self._ask(refunds.QUERY_METHOD, content, at=at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return refunds.query_outcome(
            node, channel_no=channel_no, pay_channel_no=pay_channel_no, raw=raw
        )

    def transfer(self, request: TransferRequest) -> Outcome:
        """Send our money to an account at Alipay. The same number moves money once.

        Even when it succeeded the outcome is `processing`: only a question tells the fee. In key
        mode, or against a known rule of the channel, it is `failed` with nothing sent.
        """
        if not self._has_certificates:
            return _refused_here("Alipay takes transfers in certificate mode only.")
        reason = transfers.refusal(request)
        if reason:
            return _refused_here(reason)

        content = transfers.transfer_content(request)
        reply = self._ask(transfers.TRANSFER_METHOD, content, at=request.stamped_at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return transfers.transfer_outcome(node, channel_no=request.channel_no, raw=raw)

    def query_transfer(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask what became of a transfer. `at` is aware UTC."""
        reply = self._ask(transfers.QUERY_METHOD, transfers.query_content(channel_no), at=at)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return transfers.query_outcome(node, channel_no=channel_no, raw=raw)

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

    def _ask(
        self, method: str, content: Mapping[str, object], *, at: datetime
    ) -> tuple[Mapping[str, str], str] | Outcome:
        """Send one signed request; give the verified fields and the answer's text, or why not."""
        biz_content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        params = {
            "app_id": self._config.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": mapping.shanghai_text(at),
            "version": "1.0",
        }
        if self._has_certificates:
            params["app_cert_sn"] = self._config.key_serial
            params["alipay_root_cert_sn"] = self._config.root_cert_serial
        # A trade keeps the address for its refunds too; transfers are told at the app's own.
        if self._config.notify_url and method in mapping.PAY_METHODS.values():
            params["notify_url"] = self._config.notify_url
        text = signing.request_text({**params, "biz_content": biz_content})
        if self._private_key is None:
            raise ChannelConfigurationError("private_key_pem is missing: this one only listens.")
        params["sign"] = signing.sign(text, self._private_key)

        try:
            answer = self._transport.post_form(
                self._config.gateway_url, params, {"biz_content": biz_content}
            )
        except NotSentError as error:
            message = base.kept_text(str(error), length_max=base.WORDS_LENGTH_MAX)
            return Outcome(OutcomeKind.NOT_SENT, code=base.NOT_CONNECTED, message=message)
        except UnansweredError as error:
            return _unknown(base.NO_ANSWER, str(error), b"")
        return self._verified(answer, method)

    def _verified(self, answer: Answer, method: str) -> tuple[Mapping[str, str], str] | Outcome:
        """Give the fields of an answer that Alipay signed, or say why it cannot be believed."""
        if answer.status_code != 200:
            return _unknown(base.HTTP_STATUS, f"HTTP {answer.status_code}", answer.body)
        try:
            signed = signing.read_answer(answer.body.decode("utf-8"))
        except (signing.AnswerFormatError, UnicodeDecodeError) as error:
            return _unknown(base.UNREADABLE_ANSWER, str(error), answer.body)
        key = self._channel_keys.get(signed.cert_sn if self._has_certificates else KEY_MODE_SN)
        message = signed.signed_text.encode()
        if key is None or not signing.is_signed(message, signed.sign, key):
            # The gateway does not sign what it refuses for a bad signature of ours; the raw
            # answer, which is kept, tells the operator.
            return _unknown(base.BAD_SIGNATURE, "The answer is not signed by Alipay.", answer.body)
        if signed.name not in (f"{method.replace('.', '_')}_response", "error_response"):
            return _unknown(base.UNREADABLE_ANSWER, "The answer is to another call.", answer.body)
        if not isinstance(signed.node, dict):
            return _unknown(base.UNREADABLE_ANSWER, "The answer is encrypted.", answer.body)
        fields = {key: text for key, text in signed.node.items() if isinstance(text, str)}
        lists = {key: signed.node.get(key) for key in mapping.LIST_FIELDS}
        fields |= {key: json.dumps(items) for key, items in lists.items() if items is not None}
        return fields, base.kept_answer(answer.body)

    def _keys_for(self, pairs: Mapping[bytes, bytes]) -> list[RSAPublicKey]:
        """Give the keys that may have signed: the named certificate's, or any that we trust."""
        if self._has_certificates and b"alipay_cert_sn" in pairs:
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


def _refused_here(reason: str) -> Outcome:
    """Say that nothing was sent, and why."""
    return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)


def _unknown(code: str, message: str, body: bytes) -> Outcome:
    """Say that nobody knows, why, and keep what came as evidence."""
    return Outcome(
        OutcomeKind.UNKNOWN,
        code=code,
        message=base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
        raw=base.kept_answer(body),
    )

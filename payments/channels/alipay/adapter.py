"""Speak Alipay OpenAPI v2: place an order, ask about it, believe a notification.

The public parameters go in the query string, `biz_content` in the body, both under one
signature. Every answer is verified before a word of it is read.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.channels import base
from payments.channels.alipay import mapping, signing
from payments.channels.base import (
    ChannelConfig,
    ChannelConfigurationError,
    ForgedNotificationError,
    MalformedNotificationError,
    Notification,
    Outcome,
    OutcomeKind,
    PayRequest,
)
from payments.channels.transport import Answer, NotSentError, Transport, UnansweredError

NOTIFICATION_BYTES_MAX: Final = 64 * 1024
FIELDS_MAX: Final = 200
# The lengths of Alipay's own documentation.
NOTIFY_ID_LENGTH_MAX: Final = 128
OUT_TRADE_NO_LENGTH_MAX: Final = 64
STATUS_LENGTH_MAX: Final = 32
_CHARSETS: Final = {
    "": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    # GB18030 holds all of GBK and GB2312, and Alipay writes the older names for it.
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}
_CHARSET_OF_TYPE: Final = re.compile(r"""charset\s*=\s*["']?([^\s;"']+)""", re.IGNORECASE)


class AlipayChannel:
    """One Alipay app, ours. Holds no state; cheap to make, safe to share between threads."""

    def __init__(
        self,
        config: ChannelConfig,
        *,
        transport: Transport,
        private_key: RSAPrivateKey | None,
        channel_public_key: RSAPublicKey,
    ) -> None:
        """Take the account, the way out and the loaded keys."""
        self._config = config
        self._transport = transport
        self._private_key = private_key
        self._channel_public_key = channel_public_key

    def pay(self, request: PayRequest) -> Outcome:
        """Open a trade and get its QR code; the payer's scan comes later, or never.

        An order that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = mapping.refusal(request)
        if reason:
            return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)

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

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check that a message is Alipay's and for this account, then read it.

        The signature is checked over the bytes that came; they are decoded afterwards. Alipay
        repeats a message for a day as it was signed at first, so `at` decides nothing.

        Raises MalformedNotificationError or ForgedNotificationError.
        """
        pairs = _form_bytes(body)
        self._require_signed(pairs)
        fields = _decoded(pairs, charset=_charset(pairs, headers))
        self._require_ours(fields)
        notification = Notification(
            notification_id=fields.get("notify_id", ""),
            channel_no=fields.get("out_trade_no", ""),
            status=fields.get("trade_status", "")[:STATUS_LENGTH_MAX],
            raw_fields=MappingProxyType(fields),
        )
        if not 0 < len(notification.notification_id) <= NOTIFY_ID_LENGTH_MAX:
            raise MalformedNotificationError("notify_id is missing or too long")
        if not 0 < len(notification.channel_no) <= OUT_TRADE_NO_LENGTH_MAX:
            raise MalformedNotificationError("out_trade_no is missing or too long")
        return notification

    def acknowledge(self) -> tuple[bytes, str]:
        """Give the seven bytes that Alipay waits for."""
        return b"success", "text/plain"

    def _ask(
        self, method: str, content: Mapping[str, str], *, at: datetime
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
        if self._config.notify_url and method != mapping.QUERY_METHOD:
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
        message = signed.signed_text.encode()
        if not signing.is_signed(message, signed.sign, self._channel_public_key):
            # The gateway does not sign what it refuses for a bad signature of ours; the raw
            # answer, which is kept, tells the operator.
            return _unknown(base.BAD_SIGNATURE, "The answer is not signed by Alipay.", answer.body)
        if signed.name not in (f"{method.replace('.', '_')}_response", "error_response"):
            return _unknown(base.UNREADABLE_ANSWER, "The answer is to another call.", answer.body)
        if not isinstance(signed.node, dict):
            return _unknown(base.UNREADABLE_ANSWER, "The answer is encrypted.", answer.body)
        fields = {key: text for key, text in signed.node.items() if isinstance(text, str)}
        return fields, base.kept_answer(answer.body)

    def _require_signed(self, pairs: Mapping[bytes, bytes]) -> None:
        """Check the signature by the two-step rule.

        Raises ForgedNotificationError.
        """
        if pairs.get(b"sign_type", b"RSA2") != b"RSA2":
            raise ForgedNotificationError("signed in another way than RSA2")
        signature = pairs.get(b"sign", b"").decode("ascii", "replace")
        for text in signing.notification_texts(pairs):
            if signing.is_signed(text, signature, self._channel_public_key):
                return
        raise ForgedNotificationError("not signed by Alipay")

    def _require_ours(self, fields: Mapping[str, str]) -> None:
        """Check that a genuine message is about our app and our account.

        Raises ForgedNotificationError.
        """
        if fields.get("app_id", "") != self._config.app_id:
            raise ForgedNotificationError("for another app_id")
        seller_id = fields.get("seller_id", "")
        if seller_id and seller_id != self._config.merchant_no:
            raise ForgedNotificationError("for another seller_id")


def _form_bytes(body: bytes) -> dict[bytes, bytes]:
    """Read a form into bytes, URL-decoded once and not yet as text.

    Raises MalformedNotificationError if it is too long, or a name is missing or given twice.
    """
    if len(body) > NOTIFICATION_BYTES_MAX or body.count(b"&") >= FIELDS_MAX:
        raise MalformedNotificationError("longer than a notification can be")
    pairs: dict[bytes, bytes] = {}
    for part in body.split(b"&"):
        key, equals, value = part.partition(b"=")
        name = unquote_to_bytes(key.replace(b"+", b" "))
        if not equals or not name or name in pairs:
            raise MalformedNotificationError("not a form of distinct names")
        pairs[name] = unquote_to_bytes(value.replace(b"+", b" "))
    return pairs


def _charset(pairs: Mapping[bytes, bytes], headers: Mapping[str, str]) -> str:
    """Give the charset of the values: the signed parameter's, else the content type's.

    Raises MalformedNotificationError for one that Alipay does not use.
    """
    name = pairs.get(b"charset", b"").decode("ascii", "replace")
    if not name:
        types = [value for key, value in headers.items() if key.lower() == "content-type"]
        found = _CHARSET_OF_TYPE.search(types[0]) if types else None
        name = found.group(1) if found else ""
    try:
        return _CHARSETS[name.strip().lower()]
    except KeyError:
        raise MalformedNotificationError("in a charset that Alipay does not use") from None


def _decoded(pairs: Mapping[bytes, bytes], *, charset: str) -> dict[str, str]:
    """Turn verified bytes into texts.

    Raises MalformedNotificationError if they are not texts of that charset.
    """
    try:
        fields = {key.decode("ascii"): value.decode(charset) for key, value in pairs.items()}
    except UnicodeDecodeError as error:
        raise MalformedNotificationError("not text of its own charset") from error
    if any("\0" in value for value in fields.values()):
        raise MalformedNotificationError("a value has a NUL")
    return fields


def _unknown(code: str, message: str, body: bytes) -> Outcome:
    """Say that nobody knows, why, and keep what came as evidence."""
    return Outcome(
        OutcomeKind.UNKNOWN,
        code=code,
        message=base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
        raw=base.kept_answer(body),
    )

"""Speak with Alipay's gateway: sign what is asked, believe what was signed, and nothing else.

The public parameters go in the query string, `biz_content` in the body, both under one
signature. Every answer is verified before a word of it is read. What a payer's browser or phone
carries to the gateway is signed in the same way, all of it in one text.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from payments.channels import base
from payments.channels.alipay import mapping, signing
from payments.channels.base import (
    ChannelConfig,
    ChannelConfigurationError,
    Outcome,
    OutcomeKind,
)
from payments.channels.transport import Answer, NotSentError, Transport, UnansweredError

KEY_MODE_SN: Final = ""
"""What stands for the SN of Alipay's certificate where there is none, only its key of today."""

Verified = tuple[Mapping[str, str], str]
"""The fields of an answer that Alipay signed, and the answer's text."""


class Gateway:
    """The way to Alipay of one app. Holds no state; cheap to make, safe to share."""

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
        self.has_certificates = bool(config.key_serial)

    def signed(
        self,
        method: str,
        content: Mapping[str, object],
        *,
        at: datetime,
        notifies: bool = False,
        return_url: str = "",
    ) -> dict[str, str]:
        """Give all parameters of one call with their signature. `at` is aware UTC.

        With `notifies` they name where we hear about what begins here.

        Raises ChannelConfigurationError if there is no key to sign with.
        """
        if self._private_key is None:
            raise ChannelConfigurationError("private_key_pem is missing: this one only listens.")
        params = {
            "app_id": self._config.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": mapping.shanghai_text(at),
            "version": "1.0",
        }
        if self.has_certificates:
            params["app_cert_sn"] = self._config.key_serial
            params["alipay_root_cert_sn"] = self._config.root_cert_serial
        if notifies and self._config.notify_url:
            params["notify_url"] = self._config.notify_url
        if return_url:
            params["return_url"] = return_url
        params["biz_content"] = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        params["sign"] = signing.sign(signing.request_text(params), self._private_key)
        return params

    def page_url(self, params: Mapping[str, str]) -> str:
        """Give the address at the gateway to which a payer's browser carries signed parameters."""
        return f"{self._config.gateway_url}?{order_string(params)}"

    def ask(
        self,
        method: str,
        content: Mapping[str, object],
        *,
        at: datetime,
        read: Callable[..., Outcome],
        notifies: bool = False,
    ) -> Outcome:
        """Send one signed call and let `read(fields, raw=…)` say what the answer means."""
        reply = self.answer(method, content, at=at, notifies=notifies)
        if isinstance(reply, Outcome):
            return reply
        node, raw = reply
        return read(node, raw=raw)

    def answer(
        self,
        method: str,
        content: Mapping[str, object],
        *,
        at: datetime,
        notifies: bool = False,
    ) -> Verified | Outcome:
        """Send one signed call; give the verified fields and the answer's text, or why not."""
        params = self.signed(method, content, at=at, notifies=notifies)
        data = {"biz_content": params.pop("biz_content")}
        try:
            answer = self._transport.post_form(self._config.gateway_url, params, data)
        except NotSentError as error:
            return not_sent(str(error))
        except UnansweredError as error:
            return unknown(base.NO_ANSWER, str(error), b"")
        return self._verified(answer, method)

    def _verified(self, answer: Answer, method: str) -> Verified | Outcome:
        """Give the fields of an answer that Alipay signed, or say why it cannot be believed."""
        if answer.status_code != 200:
            return unknown(base.HTTP_STATUS, f"HTTP {answer.status_code}", answer.body)
        try:
            signed = signing.read_answer(answer.body.decode("utf-8"))
        except (signing.AnswerFormatError, UnicodeDecodeError) as error:
            return unknown(base.UNREADABLE_ANSWER, str(error), answer.body)
        message = signed.signed_text.encode()
        if not any(
            signing.is_signed(message, signed.sign, key) for key in self._keys_named(signed.cert_sn)
        ):
            # The gateway does not sign what it refuses for a bad signature of ours; the raw
            # answer, which is kept, tells the operator.
            return unknown(base.BAD_SIGNATURE, "The answer is not signed by Alipay.", answer.body)
        if signed.name not in (f"{method.replace('.', '_')}_response", "error_response"):
            return unknown(base.UNREADABLE_ANSWER, "The answer is to another call.", answer.body)
        if not isinstance(signed.node, dict):
            return unknown(base.UNREADABLE_ANSWER, "The answer is encrypted.", answer.body)
        fields = {key: text for key, text in signed.node.items() if isinstance(text, str)}
        lists = {key: signed.node.get(key) for key in mapping.LIST_FIELDS}
        fields |= {key: json.dumps(items) for key, items in lists.items() if items is not None}
        return fields, base.kept_answer(answer.body)

    def _keys_named(self, cert_sn: str) -> Sequence[RSAPublicKey]:
        """Give the keys that may have signed: the named certificate's, or all without names."""
        if self.has_certificates:
            return [key for sn, key in self._channel_keys.items() if sn == cert_sn]
        return list(self._channel_keys.values())


def order_string(params: Mapping[str, str]) -> str:
    """Write signed parameters as one text for a browser or for Alipay's software in an app."""
    # Blanks as %20: not every reader of such a text takes a plus for one.
    return urlencode(sorted(params.items()), quote_via=quote)


def not_sent(reason: str) -> Outcome:
    """Say that not a byte left, and why."""
    message = base.kept_text(reason, length_max=base.WORDS_LENGTH_MAX)
    return Outcome(OutcomeKind.NOT_SENT, code=base.NOT_CONNECTED, message=message)


def refused_here(reason: str) -> Outcome:
    """Say that nothing was sent, since it breaks a rule that we know."""
    return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)


def unknown(code: str, message: str, body: bytes) -> Outcome:
    """Say that nobody knows, why, and keep what came as evidence."""
    return Outcome(
        OutcomeKind.UNKNOWN,
        code=code,
        message=base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
        raw=base.kept_answer(body),
    )

"""Talk to WeChat Pay: every request signed, every answer verified before a word of it is read.

Orders are JSON; the bytes that are signed are the bytes that are sent.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payments.channels import base
from payments.channels.base import ChannelConfig, ChannelConfigurationError, Outcome, OutcomeKind
from payments.channels.transport import Answer, NotSentError, Transport, UnansweredError
from payments.channels.wechatpay import replies, secrecy, signing
from payments.channels.wechatpay.platform_keys import PlatformKey
from payments.channels.wechatpay.replies import Reply

SERIAL_HEADER: Final = "Wechatpay-Serial"
"""Names the key of WeChat Pay's by which it is to sign its answer, or for which we encrypted."""

TURNED_AWAY_BY: Final = (401, 403)
"""The statuses with which WeChat Pay refuses who calls: our number, our key or our application."""


class Conversation:
    """One merchant's way to WeChat Pay. Holds no state; safe between threads."""

    def __init__(
        self,
        config: ChannelConfig,
        *,
        transport: Transport,
        private_key: RSAPrivateKey | None,
        platform_keys: Mapping[str, PlatformKey],
    ) -> None:
        """Take the account, the way out and the loaded keys; WeChat Pay's by their serials."""
        self._config = config
        self._transport = transport
        self._private_key = private_key
        self._platform_keys = platform_keys

    def ask(
        self,
        path: str,
        content: Mapping[str, object] | None = None,
        *,
        at: datetime,
        sealed_for: str = "",
    ) -> Reply | Outcome:
        """Send one signed request and give the answer if WeChat Pay signed it, or say why not.

        Without content it is a question. `sealed_for` is the serial of the key with which parts
        of the content are encrypted, if any.

        Raises ChannelConfigurationError.
        """
        if not self._platform_keys:
            raise ChannelConfigurationError("channel_public_key_pem is missing.")
        answer = self.sent(path, content, at=at, sealed_for=sealed_for)
        if isinstance(answer, Outcome):
            return answer
        return self.believed(answer, at=at)

    def sent(
        self,
        path: str,
        content: Mapping[str, object] | None = None,
        *,
        at: datetime,
        sealed_for: str = "",
    ) -> Answer | Outcome:
        """Post the content, or get what stands at the path; give the answer as it came.

        Raises ChannelConfigurationError.
        """
        url = self._config.gateway_url.rstrip("/") + path
        body = b""
        if content is not None:
            body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        method = "GET" if content is None else "POST"
        headers = self.signed_headers(method, url, body=body, at=at)
        if sealed_for:
            headers[SERIAL_HEADER] = sealed_for
        try:
            if content is None:
                return self._transport.get(url, headers=headers)
            return self._transport.post_json(url, headers=headers, body=body)
        except NotSentError as error:
            return not_sent(str(error))
        except UnansweredError as error:
            return replies.unknown(base.NO_ANSWER, str(error), Reply(0, {}, ""))

    def fetched(self, url: str, *, bytes_max: int, at: datetime) -> bytes | Outcome:
        """Get a file whose address WeChat Pay signed; it comes without a signature of its own.

        Raises ChannelConfigurationError.
        """
        headers = self.signed_headers("GET", url, body=b"", at=at)
        try:
            answer = self._transport.get_file(url, headers=headers, bytes_max=bytes_max)
        except NotSentError as error:
            return not_sent(str(error))
        except UnansweredError as error:
            return replies.unknown(base.NO_ANSWER, str(error), Reply(0, {}, ""))
        if answer.status_code != 200:
            unread = Reply(answer.status_code, {}, base.kept_answer(answer.body))
            return replies.unknown(base.HTTP_STATUS, f"HTTP {answer.status_code}", unread)
        return answer.body

    def believed(
        self, answer: Answer, *, at: datetime, brought: Mapping[str, PlatformKey] | None = None
    ) -> Reply | Outcome:
        """Give an answer that WeChat Pay signed, or say why it cannot be believed.

        `brought` are keys that the answer itself brings, authenticated in another way.
        """
        keys = {**(brought or {}), **self._platform_keys}
        unread = Reply(answer.status_code, {}, base.kept_answer(answer.body))
        doubt = signing.doubt(answer.headers, answer.body, keys=keys, at=at)
        if doubt:
            # What is between us and WeChat Pay answers without a signature, and with an error.
            is_unsigned_error = "wechatpay-signature" not in answer.headers and (
                answer.status_code >= 400
            )
            code = base.HTTP_STATUS if is_unsigned_error else base.BAD_SIGNATURE
            if is_unsigned_error and answer.status_code in TURNED_AWAY_BY:
                code = base.TURNED_AWAY
            return replies.unknown(code, f"HTTP {answer.status_code}. {doubt}", unread)
        try:
            fields = replies.read_object(answer.body)
        except (ValueError, RecursionError) as error:
            return replies.unknown(base.UNREADABLE_ANSWER, str(error), unread)
        return Reply(unread.status_code, fields, unread.raw)

    def signed_headers(self, method: str, url: str, *, body: bytes, at: datetime) -> dict[str, str]:
        """Sign a request, and name the public key by which its answer can be verified, if any.

        Raises ChannelConfigurationError without our own key, its serial or a gateway.
        """
        if not self._config.key_serial:
            raise ChannelConfigurationError("key_serial is missing.")
        timestamp_seconds = int(at.timestamp())
        nonce = new_nonce()
        try:
            text = signing.request_text(
                method, url, timestamp_seconds=timestamp_seconds, nonce=nonce, body=body
            )
        except ValueError:
            raise ChannelConfigurationError("gateway_url is not an address.") from None
        headers = {
            "Authorization": signing.authorization(
                text,
                merchant_no=self._config.merchant_no,
                key_serial=self._config.key_serial,
                key=self.private_key(),
                timestamp_seconds=timestamp_seconds,
                nonce=nonce,
            )
        }
        if self._config.channel_key_id:
            headers[SERIAL_HEADER] = self._config.channel_key_id
        return headers

    def private_key(self) -> RSAPrivateKey:
        """Give our own key. Raises ChannelConfigurationError if this account only listens."""
        if self._private_key is None:
            raise ChannelConfigurationError("private_key_pem is missing: this one only listens.")
        return self._private_key

    def api_key(self) -> bytes:
        """Give the key that opens what WeChat Pay encrypts. Raises ChannelConfigurationError."""
        if not self._config.api_key:
            raise ChannelConfigurationError("api_key is missing.")
        return self._config.api_key.encode()

    def sealing_key(self, *, at: datetime) -> tuple[str, PlatformKey]:
        """Give the key for which we encrypt at this instant, and the serial that names it.

        The public key if the account has one, else the newest certificate that is valid. Raises
        ChannelConfigurationError if there is none.
        """
        try:
            return secrecy.sealing_key(
                self._platform_keys, key_id=self._config.channel_key_id, at=at
            )
        except LookupError:
            raise ChannelConfigurationError("channel_public_key_pem has no key now.") from None


def new_nonce() -> str:
    """Make a text that no other request carries: 32 hexadecimal digits."""
    return secrets.token_hex(16).upper()


def not_sent(reason: str) -> Outcome:
    """Say that no byte of a request left."""
    message = base.kept_text(reason, length_max=base.WORDS_LENGTH_MAX)
    return Outcome(OutcomeKind.NOT_SENT, code=base.NOT_CONNECTED, message=message)

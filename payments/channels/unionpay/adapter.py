"""Speak UnionPay's online gateway 5.1.0: a form for the payer's browser, and orders of our own.

The payer types the card in at UnionPay, so to pay is no call of ours: the order is a signed form,
and UnionPay hears of it when the browser takes it there. Every answer is verified, certificate and
all, before a word of it is read.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from payments.channels import base
from payments.channels.base import (
    CaptureRequest,
    ChannelConfig,
    ChannelConfigurationError,
    ForgedNotificationError,
    Notification,
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
    PayRequest,
    RefundRequest,
    VoidRequest,
)
from payments.channels.transport import Answer, NotSentError, Transport, UnansweredError
from payments.channels.unionpay import (
    authorisations,
    bills,
    certificates,
    mapping,
    notifications,
    numbers,
    refunds,
    signing,
)

KEY_BITS_MIN: Final = 2048
_Told = tuple[Mapping[str, str], str]
"""The verified fields of an answer, and what is kept of its text."""


class UnionPayChannel:
    """One merchant of UnionPay, ours. Holds no state; cheap to make, safe between threads."""

    def __init__(
        self,
        config: ChannelConfig,
        *,
        transport: Transport,
        private_key: RSAPrivateKey | None,
        authorities: Sequence[x509.Certificate],
    ) -> None:
        """Take the account, the way out, our key and the certificates over UnionPay's."""
        self._config = config
        self._transport = transport
        self._private_key = private_key
        self._authorities = authorities

    def pay(self, request: PayRequest) -> Outcome:
        """Write the form that takes the payer to UnionPay's page. Nothing leaves this machine.

        The same order gives the same form, byte for byte. One that breaks a known rule of the
        channel is `failed`.
        """
        reason = mapping.refusal(request)
        if reason:
            return _refused_here(reason)
        url = self._url(mapping.FRONT_PATH)
        fields = self._signed(mapping.pay_fields(request, config=self._config))
        return Outcome(
            OutcomeKind.AWAITING_PAYER,
            code=mapping.OK_CODE,
            action=PayerAction(PayerActionKind.FORM, url=url, fields=fields),
        )

    def query(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Ask what became of a payment or an authorisation. `at` is the machine's instant.

        One whose page nobody has opened does not exist for UnionPay: `unknown`, NOT_FOUND.
        """
        told = self._asked(channel_no, at=at)
        if isinstance(told, Outcome):
            return told
        return mapping.payment_outcome(told[0], channel_no=channel_no, raw=told[1])

    def close(self, channel_no: str, *, at: datetime, may_be_held: bool = True) -> Outcome:
        """Say whether an order is over: the gateway cannot be told to close one.

        It ends by itself at the `payTimeout` that it was ordered with. So this only asks:
        `closed` once UnionPay says that its time is over, else `unknown` with what it says.
        """
        outcome = self.query(channel_no, at=at)
        if outcome.kind in (OutcomeKind.CLOSED, OutcomeKind.UNKNOWN, OutcomeKind.NOT_SENT):
            return outcome
        return mapping.unknown(outcome.code, "UnionPay's gateway cannot close it.", outcome.raw)

    def refund(self, request: RefundRequest) -> Outcome:
        """Order a refund; UnionPay takes it, and a question tells when it is done.

        One that breaks a known rule of the channel is `failed` with nothing sent.
        """
        reason = refunds.refusal(request)
        if reason:
            return _refused_here(reason)
        fields = refunds.refund_fields(request, config=self._config)
        return self._ordered(fields, request.channel_no, at=request.stamped_at)

    def query_refund(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a refund, by its own number. `at` is the machine's instant."""
        return self._done(channel_no, at=at)

    def capture(self, request: CaptureRequest) -> Outcome:
        """Take what was authorised, or a part of it, once. The same number moves money once."""
        reason = authorisations.capture_refusal(request)
        if reason:
            return _refused_here(reason)
        fields = authorisations.capture_fields(request, config=self._config)
        return self._ordered(fields, request.channel_no, at=request.stamped_at)

    def query_capture(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of a completion, by its own number. `at` is the machine's instant."""
        return self._done(channel_no, at=at)

    def void(self, request: VoidRequest) -> Outcome:
        """Give an authorisation back of which nothing was taken."""
        reason = authorisations.void_refusal(request)
        if reason:
            return _refused_here(reason)
        fields = authorisations.void_fields(request, config=self._config)
        return self._ordered(fields, request.channel_no, at=request.stamped_at)

    def query_void(self, channel_no: str, *, pay_channel_no: str, at: datetime) -> Outcome:
        """Ask what became of giving it back, by its own number. `at` is the machine's instant."""
        return self._done(channel_no, at=at)

    def fetch_bill(self, day: date, *, kind: str, at: datetime) -> bytes | Outcome:
        """Get the ZIP of one day's transactions. `at` is the machine's instant.

        UnionPay names the day without its year, so it only has those of the last months.
        """
        if kind not in bills.KINDS:
            return _refused_here(f"UnionPay has no file of kind {kind!r}.")
        fields = bills.file_fields(day, kind=kind, config=self._config, at=at)
        told = self._told(bills.file_url(self._config.gateway_url), fields, at=at)
        return told if isinstance(told, Outcome) else bills.file_of(told[0], day=day, raw=told[1])

    def verify_notification(
        self, *, headers: Mapping[str, str], body: bytes, at: datetime
    ) -> Notification:
        """Check that a message is UnionPay's and for us, then read it.

        Raises MalformedNotificationError or ForgedNotificationError.
        """
        fields = notifications.form_fields(body)
        if not self._is_theirs(fields, at=at):
            raise ForgedNotificationError("not signed by UnionPay")
        return notifications.read(fields, merchant_no=self._config.merchant_no)

    def acknowledge(self) -> tuple[bytes, str]:
        """Give what tells UnionPay to stop repeating: any 200 does, and `ok` is the custom."""
        return b"ok", "text/plain"

    def _asked(self, channel_no: str, *, at: datetime) -> _Told | Outcome:
        """Ask about one of our orders, of whatever kind."""
        reason = numbers.refusal(channel_no)
        if reason:
            return mapping.unknown(base.REFUSED_HERE, reason, "")
        fields = mapping.query_fields(channel_no, config=self._config)
        return self._told(self._url(mapping.QUERY_PATH), fields, at=at)

    def _ordered(self, fields: Mapping[str, str], channel_no: str, *, at: datetime) -> Outcome:
        """Send an order of our own."""
        told = self._told(self._url(mapping.BACK_PATH), fields, at=at)
        if isinstance(told, Outcome):
            return told
        return mapping.back_outcome(told[0], channel_no=channel_no, raw=told[1])

    def _done(self, channel_no: str, *, at: datetime) -> Outcome:
        """Ask about an order of our own."""
        told = self._asked(channel_no, at=at)
        if isinstance(told, Outcome):
            return told
        return mapping.done_outcome(told[0], channel_no=channel_no, raw=told[1])

    def _told(self, url: str, fields: Mapping[str, str], *, at: datetime) -> _Told | Outcome:
        """Send one signed message; give the verified fields of the answer, or why not."""
        try:
            answer = self._transport.post_form(url, {}, self._signed(fields))
        except NotSentError as error:
            message = base.kept_text(str(error), length_max=base.WORDS_LENGTH_MAX)
            return Outcome(OutcomeKind.NOT_SENT, code=base.NOT_CONNECTED, message=message)
        except UnansweredError as error:
            return _unknown(base.NO_ANSWER, str(error), b"")
        return self._verified(answer, at=at)

    def _verified(self, answer: Answer, *, at: datetime) -> _Told | Outcome:
        """Give the fields of an answer that UnionPay signed for us, or why it is not believed."""
        if answer.status_code != 200:
            return _unknown(base.HTTP_STATUS, f"HTTP {answer.status_code}", answer.body)
        try:
            fields = signing.read_answer(answer.body.decode("utf-8"))
        except (signing.AnswerFormatError, UnicodeDecodeError) as error:
            return _unknown(base.UNREADABLE_ANSWER, str(error), answer.body)
        if not self._is_theirs(fields, at=at):
            # The gateway may not sign what it refuses for a bad signature of ours; the raw
            # answer, which is kept, tells the operator.
            words = "The answer is not signed by UnionPay."
            return _unknown(base.BAD_SIGNATURE, words, answer.body)
        if fields.get("merId") != self._config.merchant_no:
            return _unknown(base.OTHER_NUMBER, "The answer is for another merId.", answer.body)
        return fields, mapping.kept_answer(answer.body)

    def _is_theirs(self, fields: Mapping[str, str], *, at: datetime) -> bool:
        """Tell whether UnionPay signed a message, by the certificate that it carries."""
        if fields.get("signMethod", "01") != "01":
            return False
        try:
            key = certificates.trusted_key(
                fields.get("signPubKeyCert", ""),
                known=self._authorities,
                owner=self._config.channel_key_id or certificates.OWNER,
                bits_min=KEY_BITS_MIN,
                at=at,
            )
        except certificates.UntrustedCertificateError:
            return False
        return signing.is_signed(fields, key)

    def _signed(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """Add our signature. Raises ChannelConfigurationError where there is no key."""
        if self._private_key is None:
            raise ChannelConfigurationError("private_key_pem is missing: this one only listens.")
        return {**fields, signing.SIGNATURE: signing.sign(fields, self._private_key)}

    def _url(self, path: str) -> str:
        return self._config.gateway_url.rstrip("/") + path


def _refused_here(reason: str) -> Outcome:
    """Say that nothing was sent, and why."""
    return Outcome(OutcomeKind.FAILED, code=base.REFUSED_HERE, message=reason)


def _unknown(code: str, message: str, body: bytes) -> Outcome:
    """Say that nobody knows, why, and keep what came as evidence."""
    words = base.kept_text(message, length_max=base.WORDS_LENGTH_MAX)
    return mapping.unknown(code, words, mapping.kept_answer(body))

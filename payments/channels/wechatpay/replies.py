"""Read what WeChat Pay answers: what all its answers have in common.

Amounts are integers in the minor unit (fen); times are RFC 3339 with a zone. Merchants at home
trade in CNY, those abroad in the currency that they agreed on: the channel knows which one that is,
and refuses every other.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ledger import money
from ledger.errors import UnknownCurrencyError
from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind

CURRENCY: Final = "CNY"
"""What an answer means that names no currency."""

_NOT_FOUND_CODES: Final = frozenset({"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS"})
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def currency_refusal(currency: str) -> str:
    """Say that nobody knows a currency, or nothing if an order may name it."""
    try:
        money.exponent(currency)
    except UnknownCurrencyError:
        return "The currency is not known."
    return ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that WeChat Pay signed: its HTTP status, its fields, and its text to keep."""

    status_code: int
    fields: Mapping[str, object]
    raw: str

    def text(self, name: str, inner: str = "") -> str:
        """Give a field that is a text, or one in the object of that name; any other is empty."""
        value = self.fields.get(name)
        if inner:
            value = value.get(inner) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""


def read_object(text: bytes) -> Mapping[str, object]:
    """Read one JSON object; no bytes at all are an empty one. Fractions are kept as texts.

    Raises ValueError or RecursionError for anything else.
    """
    value = json.loads(text.decode("utf-8"), parse_float=str) if text else {}
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def error_outcome(reply: Reply, *, failures: frozenset[str]) -> Outcome:
    """Read an answer that is no success: `failed` by the codes of a closed list, else `unknown`."""
    code = base.kept_text(reply.text("code")) or base.HTTP_STATUS
    if code == base.NOT_FOUND:
        # Said of addresses, never of our numbers: it must not read as our own word for those.
        code = base.HTTP_STATUS
    message = reply.text("message") or f"HTTP {reply.status_code}"
    if code in failures and 400 <= reply.status_code < 500:
        message = base.kept_text(message, length_max=base.WORDS_LENGTH_MAX)
        return Outcome(OutcomeKind.FAILED, code=code, message=message, raw=reply.raw)
    return unknown(code, message, reply)


def asking_error_outcome(reply: Reply) -> Outcome:
    """Read a refusal to tell: always `unknown`, and NOT_FOUND if there is no such thing."""
    outcome = error_outcome(reply, failures=frozenset())
    if outcome.code in _NOT_FOUND_CODES:
        return unknown(base.NOT_FOUND, outcome.message, reply)
    return outcome


def told(
    reply: Reply,
    *,
    kind: OutcomeKind,
    code: str,
    channel_ref: str,
    amount: str,
    message: str = "",
    payer_ref: str = "",
) -> Outcome:
    """Write down what an answer tells, if all that decides is there.

    `amount` names the field of the amount in question. The currency is what the answer says, never
    what we asked for; WeChat Pay may leave it out for CNY.
    """
    amounts = reply.fields.get("amount")
    amount_minor = amounts.get(amount) if isinstance(amounts, dict) else None
    try:
        paid_at = instant(reply.text("success_time"))
    except ValueError:
        return unknown(base.UNREADABLE_ANSWER, "The time is garbled.", reply)
    if amount_minor is not None and (type(amount_minor) is not int or amount_minor < 0):
        return unknown(base.UNREADABLE_ANSWER, "The amount is garbled.", reply)
    if kind is OutcomeKind.SUCCEEDED and (amount_minor is None or paid_at is None):
        return unknown(base.UNREADABLE_ANSWER, "Done, but without an amount or a time.", reply)
    return Outcome(
        kind,
        code=code or base.UNREADABLE_ANSWER,
        message=base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
        channel_ref=base.kept_text(channel_ref),
        amount_minor=amount_minor,
        currency=base.kept_text(reply.text("amount", "currency") or CURRENCY),
        paid_at=paid_at,
        payer_ref=base.kept_text(payer_ref),
        raw=reply.raw,
    )


def instant(text: str) -> datetime | None:
    """Read one of the channel's times as an aware UTC instant; an empty text is none.

    Raises ValueError for anything that is not RFC 3339 with a zone.
    """
    if not text:
        return None
    if not _INSTANT.fullmatch(text):
        raise ValueError("not RFC 3339")
    return datetime.fromisoformat(text).astimezone(UTC)


def cut(text: str, *, bytes_max: int) -> str:
    """Make a text what WeChat Pay takes: it counts bytes of UTF-8, not characters."""
    plain = base.kept_text(text, length_max=bytes_max)
    return plain.encode()[:bytes_max].decode("utf-8", "ignore").strip()


def unknown(code: str, message: str, reply: Reply) -> Outcome:
    """Say that nobody knows, and why."""
    return Outcome(
        OutcomeKind.UNKNOWN,
        code=code,
        message=base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
        raw=reply.raw,
    )

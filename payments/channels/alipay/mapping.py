"""Translate between our words and Alipay's: amounts, times and codes, whatever is asked.

What can be asked stands beside this module, by noun: `orders`, `trades`, `refunds`, `transfers`,
`authorisations`, `bills`. Amounts travel as decimal texts in the major unit; the sandbox carries
other currencies than CNY in `trans_currency` (a rule of ours, see `orders.pay_content`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind

TRADE_NOT_FOUND: Final = frozenset({"ACQ.TRADE_NOT_EXIST"})
"""There is no such trade, or no payer has opened it yet."""

FUNDS_FIELD: Final = "fund_bill_list"
"""Which funds paid a trade, where the answer tells."""

LIST_FIELDS: Final = ("refund_charge_info_list", FUNDS_FIELD)
"""What is read of an answer besides texts, kept as JSON texts."""

OK_CODE: Final = "10000"
"""The request was carried out, which is not yet "paid"."""

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""Alipay's clock: its times carry no zone and mean this one."""

GATEWAY_REFUSALS: Final = frozenset(
    {
        "aop.auth-token-time-out",
        "aop.invalid-app-auth-token",
        "aop.invalid-auth-token",
        "isv.insufficient-isv-permissions",
        "isv.insufficient-user-permissions",
        "isv.invalid-app-id",
        "isv.invalid-format",
        "isv.invalid-method",
        "isv.invalid-parameter",
        "isv.invalid-signature",
        "isv.invalid-signature-type",
        "isv.invalid-timestamp",
        "isv.missing-app-cert-sn",
        "isv.missing-app-id",
        "isv.missing-method",
        "isv.missing-signature",
        "isv.missing-signature-key",
        "isv.missing-signature-type",
        "isv.missing-timestamp",
        "isv.missing-version",
    }
)
"""The gateway turned a request away before any system behind it saw it: whatever was asked for,
it was certainly not done. Codes 20001, 40001, 40002, 40003 and 40006 come with one of these; a
sub-code that is not listed here is not believed, whatever the code above it."""

_AMOUNT_MINOR_MAX: Final = 10_000_000_000  # 100,000,000.00, the channel's limit.
_CHANNEL_NO: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


def number_refusal(channel_no: str) -> str:
    """Say what is wrong with one of our numbers, or nothing."""
    if not _CHANNEL_NO.fullmatch(channel_no):
        return "The number must be 1 to 64 letters, digits or underscores."
    return ""


def amount_refusal(amount_minor: int, currency: str) -> str:
    """Say why the channel would not take an amount, or nothing."""
    if not 0 < amount_minor <= _AMOUNT_MINOR_MAX:
        return "The amount is outside what the channel takes."
    try:
        money.exponent(currency)
    except UnknownCurrencyError:
        return "The currency is not known."
    return ""


def shanghai_text(at: datetime) -> str:
    """Write an instant as the channel does, to the second: Asia/Shanghai, without a zone."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def code_and_message(node: Mapping[str, str]) -> tuple[str, str]:
    """Give the most exact code and the words that come with it."""
    code = node.get("sub_code") or node.get("code", "")
    message = node.get("sub_msg") or node.get("msg", "")
    return (
        base.kept_text(code) or base.UNREADABLE_ANSWER,
        base.kept_text(message, length_max=base.WORDS_LENGTH_MAX),
    )


def amount(node: Mapping[str, str], name: str, *, currency_name: str) -> tuple[str, int | None]:
    """Give the currency and an amount in minor units, or none where none is written.

    The currency is what the answer says, never what we asked for; the channel leaves it out
    for CNY.

    Raises AmountError, UnknownCurrencyError.
    """
    currency = node.get(currency_name) or "CNY"
    text = node.get(name)
    if text is None:
        return currency, None
    return currency, minor(text, currency)


def minor(text: str, currency: str) -> int:
    """Read an amount of the channel's in minor units; none of them is negative.

    Raises AmountError, UnknownCurrencyError.
    """
    amount_minor = money.from_decimal_text(text, currency)
    if amount_minor < 0:
        raise AmountError
    return amount_minor


def instant(text: str) -> datetime | None:
    """Read one of the channel's times as an aware UTC instant; an empty text is none.

    Raises ValueError for anything that is not `yyyy-MM-dd HH:mm:ss`.
    """
    if not text:
        return None
    local = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    try:
        return local.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("before the first year of UTC") from error


def refused(node: Mapping[str, str], *, failures: frozenset[str], raw: str) -> Outcome:
    """Read a refused order: `failed` with a code of a closed list, else nobody knows."""
    code, message = code_and_message(node)
    kind = OutcomeKind.FAILED if code in failures else OutcomeKind.UNKNOWN
    return Outcome(kind, code=code, message=message, raw=raw)


def unanswered(node: Mapping[str, str], *, not_found: frozenset[str], raw: str) -> Outcome:
    """Say that a question was refused, which tells nothing; some codes mean NOT_FOUND."""
    code, message = code_and_message(node)
    return unknown(base.NOT_FOUND if code in not_found else code, message, raw)


def unknown(code: str, message: str, raw: str) -> Outcome:
    """Say that nobody knows, and why."""
    return Outcome(OutcomeKind.UNKNOWN, code=code, message=message, raw=raw)

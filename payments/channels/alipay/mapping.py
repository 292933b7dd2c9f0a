"""Translate between our words and Alipay's: amounts, times, codes, and all about trades.

Alipay's "trade" is our attempt; `refunds` and `transfers` stand beside this module. Amounts travel
as decimal texts in the major unit; the sandbox carries other currencies than CNY in
`trans_currency` (a rule of ours, see `pay_content`).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind, PayRequest

PAY_METHODS: Final = {"alipay_qr": "alipay.trade.precreate"}
"""Our payment methods and the interface that begins each."""

QUERY_METHOD: Final = "alipay.trade.query"

CLOSE_METHOD: Final = "alipay.trade.close"

NOT_FOUND_CODE: Final = "ACQ.TRADE_NOT_EXIST"
"""There is no such trade, or no payer has opened it yet."""

LIST_FIELDS: Final = ("refund_charge_info_list",)
"""What is read of an answer besides texts, kept as JSON texts."""

OK_CODE: Final = "10000"
"""The request was carried out, which is not yet "paid"."""

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
"""Alipay's clock: its times carry no zone and mean this one."""

GATEWAY_REFUSALS: Final = frozenset(
    {
        "isv.insufficient-isv-permissions",
        "isv.insufficient-user-permissions",
        "isv.invalid-app-id",
        "isv.invalid-format",
        "isv.invalid-method",
        "isv.invalid-parameter",
        "isv.invalid-signature",
        "isv.invalid-signature-type",
        "isv.invalid-timestamp",
        "isv.missing-app-id",
        "isv.missing-method",
        "isv.missing-signature",
        "isv.missing-signature-key",
        "isv.missing-signature-type",
        "isv.missing-timestamp",
        "isv.missing-version",
    }
)
"""The gateway turned a request away before any system behind it saw it."""

FAILURE_CODES: Final = GATEWAY_REFUSALS | {
    # The order itself was refused: no trade was opened under this number.
    "ACQ.ACCESS_FORBIDDEN",
    "ACQ.EXIST_FORBIDDEN_WORD",
    "ACQ.INVALID_PARAMETER",
    "ACQ.PARTNER_ERROR",
    "ACQ.SELLER_BEEN_BLOCKED",
    "ACQ.TOTAL_FEE_EXCEED",
}
"""The closed list of codes after which an order to pay has certainly failed.

Left out on purpose: ACQ.SYSTEM_ERROR, and all that speak of a trade which exists already under
the number (ACQ.TRADE_HAS_SUCCESS, ACQ.TRADE_HAS_CLOSE, ACQ.CONTEXT_INCONSISTENT): a query must
tell what became of that one.
"""

_AMOUNT_MINOR_MAX: Final = 10_000_000_000  # 100,000,000.00, the channel's limit.
_CHANNEL_NO: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_SUBJECT_LENGTH_MAX: Final = 256
_SUBJECT_FORBIDDEN: Final = str.maketrans("/=&", "   ")
_KINDS: Final = {
    "WAIT_BUYER_PAY": OutcomeKind.AWAITING_PAYER,
    "TRADE_SUCCESS": OutcomeKind.SUCCEEDED,
    "TRADE_FINISHED": OutcomeKind.SUCCEEDED,
    "TRADE_CLOSED": OutcomeKind.CLOSED,
}


def refusal(request: PayRequest) -> str:
    """Say which rule of the channel an order breaks, or nothing if it may be sent."""
    if request.method not in PAY_METHODS:
        return f"Alipay has no method {request.method!r}."
    if request.expires_at <= request.at:
        return "The order has expired already."
    return number_refusal(request.channel_no) or amount_refusal(
        request.amount_minor, request.currency
    )


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


def pay_content(request: PayRequest) -> dict[str, str]:
    """Give the `biz_content` of an order to pay.

    `time_expire` is absolute and never later than our own expiry, so an order that we closed
    cannot be paid there. CNY is the default of the channel; another currency is named in
    `trans_currency`, of which the sandbox demands that a query repeats it.
    """
    subject = base.kept_text(
        request.subject.translate(_SUBJECT_FORBIDDEN), length_max=_SUBJECT_LENGTH_MAX
    )
    content = {
        "out_trade_no": request.channel_no,
        "total_amount": money.to_decimal_text(request.amount_minor, request.currency),
        "subject": subject or request.channel_no,
        "product_code": "FACE_TO_FACE_PAYMENT",
        "time_expire": shanghai_text(request.expires_at),
    }
    if request.currency != "CNY":
        content["trans_currency"] = request.currency
    return content


def shanghai_text(at: datetime) -> str:
    """Write an instant as the channel does, to the second: Asia/Shanghai, without a zone."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def pay_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order to pay."""
    code, message = code_and_message(node)
    if node.get("code") != OK_CODE:
        kind = OutcomeKind.FAILED if code in FAILURE_CODES else OutcomeKind.UNKNOWN
        return Outcome(kind, code=code, message=message, raw=raw)
    if node.get("out_trade_no") != channel_no:
        return unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    qr_code = base.kept_text(node.get("qr_code", ""), length_max=1024)
    if not qr_code:
        return unknown(base.UNREADABLE_ANSWER, "The answer has no QR code.", raw)
    return Outcome(OutcomeKind.AWAITING_PAYER, code=code, message=message, qr_code=qr_code, raw=raw)


def query_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a query.

    A refusal of the query says nothing about the order: it is `unknown`, never `failed`.

    A trade that was paid and is closed was refunded in full. That stays `unknown`: who asks this
    has not recorded the payment yet, and neither "paid" (no more is there to share out) nor
    "closed" (money has moved) would be true. People compare it with the refunds; a payment that
    we recorded is not asked about again, and its refunds answer for themselves.
    """
    _code, message = code_and_message(node)
    if node.get("code") != OK_CODE:
        return unanswered(node, not_found=NOT_FOUND_CODE, raw=raw)
    if node.get("out_trade_no") != channel_no:
        return unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)

    status = base.kept_text(node.get("trade_status", ""))
    kind = _KINDS.get(status, OutcomeKind.UNKNOWN)
    try:
        currency, amount_minor = amount(node, "total_amount", currency_name="trans_currency")
        paid_at = instant(node.get("send_pay_date", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return unknown(base.UNREADABLE_ANSWER, "The amount or the time is garbled.", raw)
    if kind is OutcomeKind.SUCCEEDED and (amount_minor is None or paid_at is None):
        return unknown(base.UNREADABLE_ANSWER, "Paid, but without an amount or a time.", raw)
    if kind is OutcomeKind.CLOSED and paid_at is not None:
        # The channel says "closed" of unpaid and of fully refunded trades alike; only the
        # latter have a time of payment, and then money has moved.
        kind, status = OutcomeKind.UNKNOWN, base.CLOSED_AFTER_PAYMENT
    return Outcome(
        kind,
        code=status or base.UNREADABLE_ANSWER,
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        amount_minor=amount_minor,
        currency=currency,
        paid_at=paid_at,
        payer_ref=base.kept_text(node.get("buyer_open_id") or node.get("buyer_user_id", "")),
        raw=raw,
    )


def close_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order to close.

    Whatever is not a plain yes is `unknown`: the status that forbids to close a trade may be
    "closed" or "paid", and a trade that does not exist may still be opened by a payer's scan.
    """
    code, message = code_and_message(node)
    if node.get("code") != OK_CODE:
        return unanswered(node, not_found=NOT_FOUND_CODE, raw=raw)
    if node.get("out_trade_no") != channel_no:
        return unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    return Outcome(
        OutcomeKind.CLOSED,
        code=code,
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        raw=raw,
    )


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


def unanswered(node: Mapping[str, str], *, not_found: str, raw: str) -> Outcome:
    """Say that a question was refused, which tells nothing; `not_found` means NOT_FOUND."""
    code, message = code_and_message(node)
    return unknown(base.NOT_FOUND if code == not_found else code, message, raw)


def unknown(code: str, message: str, raw: str) -> Outcome:
    """Say that nobody knows, and why."""
    return Outcome(OutcomeKind.UNKNOWN, code=code, message=message, raw=raw)

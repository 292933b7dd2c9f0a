"""Translate between our words and UnionPay's: orders, amounts, codes, and the payment itself.

UnionPay's "transaction" is each of our orders: the payment or its authorisation, what is taken,
given back or refunded. Amounts travel as digits in fen; there is CNY only.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from ledger.card_numbers import without_card_numbers
from payments.channels import base
from payments.channels.base import ChannelConfig, Outcome, OutcomeKind, PayRequest
from payments.channels.unionpay import numbers

PAY_CHANNEL_TYPES: Final = {"card_page": "07", "card_wap": "08"}
"""Our payment methods, and the kind of device that UnionPay's page is then made for."""

FRONT_PATH: Final = "/frontTransReq.do"
BACK_PATH: Final = "/backTransReq.do"
QUERY_PATH: Final = "/queryTrans.do"

PAY: Final = ("01", "01")
AUTHORISE: Final = ("02", "01")
CAPTURE: Final = ("03", "00")
REFUND: Final = ("04", "00")
VOID: Final = ("32", "00")
QUERY: Final = ("00", "00")
"""txnType and txnSubType of what we send. 31 and 33, which undo a payment or a completion on the
day itself, are not sent: a refund (04) does so on that day and on every later one (ADR 0027)."""

YUAN: Final = "156"
OK_CODE: Final = "00"
NOT_FOUND_CODE: Final = "34"
TIMED_OUT_CODE: Final = "69"
"""The payer let the time of the page pass, `payTimeout`: nothing can be paid any more."""
AT_THE_PAGE_CODE: Final = "70"

SUCCESS_CODES: Final = frozenset({OK_CODE, "A6"})
"""A6 is "success with a defect": UnionPay vouches for the money and settles it, though the bank's
own confirmation is missing. So it is a success, and its code is kept beside it."""

PROCESSING_CODES: Final = frozenset({"03", "04", "05"})

REFUSALS: Final = frozenset({"10", "11", "13", "31", "32", "33", "35", "36", "38"})
"""The closed list of codes by which the gateway turns an order away before it does anything.

Left out on purpose: 12 (the number was used: a query must tell what became of that order), 01, 02,
06, 39, 98 and 99, which do not say whether anything was done, and 34, which is no answer to an
order at all.
"""

DECLINES: Final = frozenset(
    {"60", "61", "62", "63", "64", "65", "66", "67", "68", "71", "72", "73", "77", "78"}
)
"""The closed list of codes by which a bank declined. Left out: 42, 74 and 75 took money."""

CARD_FIELDS: Final = ("accNo", "payCardNo")
"""Where the gateway may name the payer's card, if it is set to. Only the end of it is kept."""

_AMOUNT_MINOR_MAX: Final = 10**12 - 1
_DIGITS: Final = re.compile(r"[0-9]{1,12}")
_SUBJECT_LENGTH_MAX: Final = 32
_SUBJECT_FORBIDDEN: Final = str.maketrans("&={}[]", "      ")
_ACCOUNT: Final = re.compile(r"(?<![A-Za-z])(accNo|payCardNo)=[^&]*")


def common_fields(
    config: ChannelConfig, kind: tuple[str, str], *, channel_no: str, business: str = "000201"
) -> dict[str, str]:
    """Give what every message about one of our orders says; `business` is bizType."""
    txn_type, txn_sub_type = kind
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "certId": config.key_serial,
        "txnType": txn_type,
        "txnSubType": txn_sub_type,
        "bizType": business,
        "accessType": "0",
        "merId": config.merchant_no,
        "orderId": channel_no,
        "txnTime": numbers.txn_time(channel_no),
    }


def refusal(request: PayRequest) -> str:
    """Say which rule of the channel an order breaks, or nothing if it may be sent."""
    if request.method not in PAY_CHANNEL_TYPES:
        return f"UnionPay has no method {request.method!r}."
    if request.expires_at <= request.at:
        return "The order has expired already."
    return numbers.refusal(request.channel_no) or amount_refusal(
        request.amount_minor, request.currency
    )


def amount_refusal(amount_minor: int, currency: str) -> str:
    """Say why the channel would not take an amount, or nothing."""
    if not 0 < amount_minor <= _AMOUNT_MINOR_MAX:
        return "The amount is outside what the channel takes."
    if currency != "CNY":
        return "UnionPay's gateway takes CNY only."
    return ""


def pay_fields(request: PayRequest, *, config: ChannelConfig) -> dict[str, str]:
    """Give the form that the payer's browser takes to UnionPay's page, not signed yet.

    `payTimeout` is never later than our own expiry: the gateway cannot be told to close an order,
    so that is when it ends.
    """
    kind = AUTHORISE if request.is_authorisation else PAY
    fields = common_fields(config, kind, channel_no=request.channel_no) | {
        "channelType": PAY_CHANNEL_TYPES[request.method],
        "txnAmt": str(request.amount_minor),
        "currencyCode": YUAN,
        "payTimeout": numbers.shanghai_text(request.expires_at),
    }
    subject = base.kept_text(
        request.subject.translate(_SUBJECT_FORBIDDEN), length_max=_SUBJECT_LENGTH_MAX
    )
    if subject:
        fields["orderDesc"] = subject
    if request.return_url:
        fields["frontUrl"] = request.return_url
    return with_notify_url(fields, config)


def with_notify_url(fields: dict[str, str], config: ChannelConfig) -> dict[str, str]:
    """Add where UnionPay tells us, if that is anywhere."""
    return fields | {"backUrl": config.notify_url} if config.notify_url else fields


def query_fields(channel_no: str, *, config: ChannelConfig) -> dict[str, str]:
    """Give a question about any of our orders: it is named by the same three as it was sent."""
    return common_fields(config, QUERY, channel_no=channel_no, business="000000")


def payment_outcome(fields: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a question about a payment or an authorisation.

    A bank that declined leaves the page open: until its time is over the payer may try another
    card, so this is still `awaiting_payer`, with the bank's code.
    """
    return told_outcome(fields, channel_no=channel_no, kind_of=_payment_kind, raw=raw)


def back_outcome(fields: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order that we sent ourselves: to take, give back, refund.

    00 only says that the order was taken: a query tells whether it was done.
    """
    code, message = fields.get("respCode", ""), words(fields, "respMsg")
    if not is_about(fields, channel_no):
        # What was refused as unreadable may not repeat our number.
        if code in REFUSALS and not fields.get("orderId"):
            return Outcome(OutcomeKind.FAILED, code=code, message=message, raw=raw)
        return unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    kind = OutcomeKind.UNKNOWN
    if code in SUCCESS_CODES or code in PROCESSING_CODES:
        kind = OutcomeKind.PROCESSING
    elif code in REFUSALS:
        kind = OutcomeKind.FAILED
    return Outcome(
        kind,
        code=base.kept_text(code) or base.UNREADABLE_ANSWER,
        message=message,
        channel_ref=base.kept_text(fields.get("queryId", "")),
        raw=raw,
    )


def done_outcome(fields: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a question about an order that we sent ourselves."""
    return told_outcome(fields, channel_no=channel_no, kind_of=_done_kind, raw=raw)


def told_outcome(
    fields: Mapping[str, str],
    *,
    channel_no: str,
    kind_of: Callable[[str], OutcomeKind],
    raw: str,
) -> Outcome:
    """Read the verified answer to a question; `kind_of` says what origRespCode means for it.

    A refusal of the question says nothing about the order: it is `unknown`, never `failed`.
    """
    asked = fields.get("respCode", "")
    if asked != OK_CODE:
        code = base.NOT_FOUND if asked == NOT_FOUND_CODE else base.kept_text(asked)
        return unknown(code or base.UNREADABLE_ANSWER, words(fields, "respMsg"), raw)
    if not is_about(fields, channel_no):
        return unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    code = base.kept_text(fields.get("origRespCode", ""))
    kind, message = kind_of(code), words(fields, "origRespMsg")
    if kind is not OutcomeKind.SUCCEEDED:
        # Its queryId may be that of a card that was declined: what comes after must not name it.
        return Outcome(kind, code=code or base.UNREADABLE_ANSWER, message=message, raw=raw)
    return _success(fields, channel_no=channel_no, code=code, message=message, raw=raw)


def is_about(fields: Mapping[str, str], channel_no: str) -> bool:
    """Tell whether an answer names the order that was asked for, by all that names it."""
    named = (fields.get("orderId"), fields.get("txnTime"))
    return named == (channel_no, numbers.txn_time(channel_no))


def words(fields: Mapping[str, str], name: str) -> str:
    """Give the gateway's words to people."""
    return base.kept_text(fields.get(name, ""), length_max=base.WORDS_LENGTH_MAX)


def unknown(code: str, message: str, raw: str) -> Outcome:
    """Say that nobody knows, and why."""
    return Outcome(OutcomeKind.UNKNOWN, code=code, message=message, raw=raw)


def kept_answer(body: bytes) -> str:
    """Turn an answer into text worth keeping, without the number of anybody's card."""
    text = _ACCOUNT.sub(lambda found: f"{found[1]}={_tail(found[0])}", base.kept_answer(body))
    return without_card_numbers(text)


def payer_ref(fields: Mapping[str, str]) -> str:
    """Give what may be kept of the payer's card: the last four digits, where they are told."""
    return _tail(fields.get("accNo", ""))


def _payment_kind(code: str) -> OutcomeKind:
    """Say what origRespCode means for a payment."""
    if code in SUCCESS_CODES:
        return OutcomeKind.SUCCEEDED
    if code in PROCESSING_CODES:
        return OutcomeKind.PROCESSING
    if code == AT_THE_PAGE_CODE or code in DECLINES:
        return OutcomeKind.AWAITING_PAYER
    return OutcomeKind.CLOSED if code == TIMED_OUT_CODE else OutcomeKind.UNKNOWN


def _done_kind(code: str) -> OutcomeKind:
    """Say what origRespCode means for an order that we sent ourselves."""
    if code in SUCCESS_CODES:
        return OutcomeKind.SUCCEEDED
    if code in PROCESSING_CODES:
        return OutcomeKind.PROCESSING
    return OutcomeKind.FAILED if code in DECLINES | REFUSALS else OutcomeKind.UNKNOWN


def _success(
    fields: Mapping[str, str], *, channel_no: str, code: str, message: str, raw: str
) -> Outcome:
    """Read an answer that calls an order done: believed with amount, number and time only."""
    query_id = base.kept_text(fields.get("queryId", ""))
    amount_minor = _minor(fields.get("txnAmt", ""))
    settled_minor = _minor(fields.get("settleAmt", ""))
    try:
        done_at = _done_at(fields, query_id=query_id, channel_no=channel_no)
    except ValueError:
        return unknown(base.UNREADABLE_ANSWER, "Done, but the time is garbled.", raw)
    if amount_minor is None or not query_id or fields.get("currencyCode") != YUAN:
        return unknown(base.UNREADABLE_ANSWER, "Done, but not of an amount in CNY.", raw)
    return Outcome(
        OutcomeKind.SUCCEEDED,
        code=code,
        message=message,
        channel_ref=query_id,
        amount_minor=amount_minor,
        currency="CNY",
        paid_at=done_at,
        payer_ref=payer_ref(fields),
        # UnionPay's own coupons are the only reason for another sum.
        settled_minor=None if settled_minor == amount_minor else settled_minor,
        raw=raw,
    )


def _done_at(fields: Mapping[str, str], *, query_id: str, channel_no: str) -> datetime:
    """Give the instant of the success. Raises ValueError."""
    return numbers.traced_at(fields.get("traceTime", ""), query_id=query_id, channel_no=channel_no)


def _minor(text: str) -> int | None:
    """Read an amount in fen, or none."""
    return int(text) if _DIGITS.fullmatch(text) else None


def _tail(account: str) -> str:
    """Give the last four digits of a card number that is told whole or in part."""
    return f"****{account[-4:]}" if re.fullmatch(r".*[0-9*]{4,}[0-9]{4}", account) else ""

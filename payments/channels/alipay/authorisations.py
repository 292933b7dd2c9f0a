"""Translate between our authorisations and Alipay's: money frozen, and given back.

The payer scans a code and freezes the money (`fund.auth`); each capture is a trade of its own,
paid out of what is frozen (`trade.pay` with `auth_no`), so it is asked about, refunded and billed
as a trade. Alipay's `out_order_no` is our number of the authorisation, and `out_request_no` of
its first operation as well: freezing is done once. An unfreeze has its own number.

Alipay names frozen money in no trade, so a number that no trade has may be an authorisation's.
Which words of `pay_timeout`, `passback_params` and `order_status` are used here is our reading of
published libraries; the rest is documented.
"""

from collections.abc import Mapping
from typing import Final

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.alipay import mapping, orders
from payments.channels.base import (
    CaptureRequest,
    Outcome,
    OutcomeKind,
    PayRequest,
    VoidRequest,
)

METHODS: Final = frozenset({"alipay_qr"})
"""Our methods by which money can be frozen."""

FREEZE_METHOD: Final = "alipay.fund.auth.order.voucher.create"
QUERY_METHOD: Final = "alipay.fund.auth.operation.detail.query"
CANCEL_METHOD: Final = "alipay.fund.auth.operation.cancel"
UNFREEZE_METHOD: Final = "alipay.fund.auth.order.unfreeze"

NOT_FOUND_CODES: Final = frozenset({"AUTH_OPERATION_NOT_EXIST", "AUTH_ORDER_NOT_EXIST"})
"""Nothing is frozen under the number, or no payer has opened it yet."""

NOT_OFFERED_CODES: Final = frozenset(
    {"ACCESS_FORBIDDEN", "isv.insufficient-isv-permissions", "isv.insufficient-user-permissions"}
)
"""The account may freeze nothing at all, so the number is no authorisation's."""

FREEZE_FAILURES: Final = mapping.GATEWAY_REFUSALS | {
    # Refused before a code was given out.
    "ACCESS_FORBIDDEN",
    "ILLEGAL_ARGUMENT",
}
"""The closed list of codes after which nothing can have been frozen under the number."""

UNFREEZE_FAILURES: Final = mapping.GATEWAY_REFUSALS | {
    # Refused before anything moved. What is left of a finished order is nobody's business.
    "ACCESS_FORBIDDEN",
    "ILLEGAL_ARGUMENT",
    "ORDER_ALREADY_CLOSED",
    "ORDER_ALREADY_FINISH",
    "REQUEST_AMOUNT_EXCEED",
}
"""The closed list of codes after which an unfreeze has certainly failed.

Left out on purpose: SYSTEM_ERROR, and AUTH_ORDER_NOT_EXIST, which may be too early.
"""

PRODUCT: Final = "PREAUTH_PAY"
"""Alipay's product by which money is frozen, and taken."""

_TITLE_LENGTH_MAX: Final = 100
_SECONDS_OF_MINUTE: Final = 60
_TIMEOUT_MINUTES_MAX: Final = 15 * 24 * 60


def void_refusal(request: VoidRequest) -> str:
    """Say which rule of the channel giving back breaks, or nothing if it may be sent."""
    return numbers_refusal(request)


def freeze_content(request: PayRequest, *, merchant_no: str) -> dict[str, object]:
    """Give the `biz_content` of an order to freeze money by a code.

    It ends after whole minutes, counted by the clock that set our own expiry. Sent late, it may
    outlive that by as much; it is closed then, and what was held meanwhile is given back.
    """
    seconds = (request.expires_at - request.at).total_seconds()
    minutes = min(max(int(seconds // _SECONDS_OF_MINUTE), 1), _TIMEOUT_MINUTES_MAX)
    title = base.kept_text(orders.subject(request.subject), length_max=_TITLE_LENGTH_MAX)
    content: dict[str, object] = {
        "out_order_no": request.channel_no,
        "out_request_no": request.channel_no,
        "order_title": title or request.channel_no,
        "amount": money.to_decimal_text(request.amount_minor, request.currency),
        "payee_user_id": merchant_no,
        "product_code": PRODUCT,
        "pay_timeout": f"{minutes}m",
    }
    return with_currency(content, request.currency)


def query_content(order_no: str, *, request_no: str, operation: str) -> dict[str, object]:
    """Give the `biz_content` of a question about one operation on an authorisation."""
    return {
        "out_order_no": order_no,
        "out_request_no": request_no,
        "operation_type": operation,
    }


def cancel_content(channel_no: str) -> dict[str, object]:
    """Give the `biz_content` of an order to give up freezing; what is frozen is freed."""
    return {"out_order_no": channel_no, "out_request_no": channel_no, "remark": "closed"}


def unfreeze_content(request: VoidRequest) -> dict[str, object]:
    """Give the `biz_content` of an order to free what is still frozen."""
    return {
        "auth_no": request.pay_channel_ref,
        "out_request_no": request.channel_no,
        "amount": money.to_decimal_text(request.amount_minor, request.currency),
        "remark": "void",
    }


def freeze_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order to freeze: a code for the payer to scan."""
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=FREEZE_FAILURES, raw=raw)
    code, message = mapping.code_and_message(node)
    if (node.get("out_order_no"), node.get("out_request_no")) != (channel_no, channel_no):
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    qr_code = base.kept_text(node.get("code_value", ""), length_max=1024)
    if not qr_code:
        return mapping.unknown(base.UNREADABLE_ANSWER, "The answer has no QR code.", raw)
    return Outcome(OutcomeKind.AWAITING_PAYER, code=code, message=message, qr_code=qr_code, raw=raw)


_FREEZE_KINDS: Final = {
    "INIT": OutcomeKind.AWAITING_PAYER,
    "SUCCESS": OutcomeKind.SUCCEEDED,
    "CLOSED": OutcomeKind.CLOSED,
}
_UNFREEZE_KINDS: Final = {
    "INIT": OutcomeKind.PROCESSING,
    "SUCCESS": OutcomeKind.SUCCEEDED,
    "CLOSED": OutcomeKind.FAILED,
}


def freeze_query_outcome(
    node: Mapping[str, str], *, channel_no: str, not_found: frozenset[str], raw: str
) -> Outcome:
    """Read the verified answer to a question about freezing.

    Money that was frozen and is not any more, by an order that is over, is like a trade that was
    paid and refunded: neither "held" nor "closed" would be true, and people compare.
    """
    outcome = _operation(
        node, numbers=(channel_no, channel_no), kinds=_FREEZE_KINDS, not_found=not_found, raw=raw
    )
    is_over = node.get("order_status", "AUTHORIZED") not in ("AUTHORIZED", "INIT")
    if outcome.kind is OutcomeKind.SUCCEEDED and is_over:
        return mapping.unknown(base.CLOSED_AFTER_PAYMENT, "Held, and given back or taken.", raw)
    return outcome


def unfreeze_query_outcome(
    node: Mapping[str, str], *, channel_no: str, pay_channel_no: str, raw: str
) -> Outcome:
    """Read the verified answer to a question about an unfreeze."""
    return _operation(
        node,
        numbers=(pay_channel_no, channel_no),
        kinds=_UNFREEZE_KINDS,
        not_found=NOT_FOUND_CODES,
        raw=raw,
    )


def cancel_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to giving up: `close` or `unfreeze`, nothing is held after it."""
    if node.get("code") != mapping.OK_CODE:
        not_found = NOT_FOUND_CODES | NOT_OFFERED_CODES
        return mapping.unanswered(node, not_found=not_found, raw=raw)
    code, message = mapping.code_and_message(node)
    if node.get("out_order_no") != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    if node.get("action") not in ("close", "unfreeze"):
        return mapping.unknown(base.UNREADABLE_ANSWER, "Given up in an unknown way.", raw)
    return Outcome(
        OutcomeKind.CLOSED,
        code=code,
        message=message,
        channel_ref=base.kept_text(node.get("auth_no", "")),
        raw=raw,
    )


def unfreeze_outcome(node: Mapping[str, str], *, request: VoidRequest, raw: str) -> Outcome:
    """Read the verified answer to an unfreeze."""
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=UNFREEZE_FAILURES, raw=raw)
    numbers = (request.pay_channel_no, request.channel_no)
    outcome = _operation(
        node, numbers=numbers, kinds=_UNFREEZE_KINDS, not_found=frozenset(), raw=raw
    )
    # Only a question tells a failure: this answer is about one moment.
    if outcome.kind is OutcomeKind.FAILED:
        return mapping.unknown(outcome.code, outcome.message, raw)
    if outcome.kind is OutcomeKind.SUCCEEDED and outcome.amount_minor != request.amount_minor:
        return mapping.unknown(base.UNREADABLE_ANSWER, "Another amount was freed.", raw)
    return outcome


def _operation(
    node: Mapping[str, str],
    *,
    numbers: tuple[str, str],
    kinds: Mapping[str, OutcomeKind],
    not_found: frozenset[str],
    raw: str,
) -> Outcome:
    """Read what is said of one operation: believed with its amount and time only."""
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=not_found, raw=raw)
    if (node.get("out_order_no"), node.get("out_request_no")) != numbers:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    status = base.kept_text(node.get("status", ""))
    kind = kinds.get(status, OutcomeKind.UNKNOWN)
    try:
        currency, amount_minor = mapping.amount(node, "amount", currency_name="trans_currency")
        done_at = mapping.instant(node.get("gmt_trans", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return mapping.unknown(base.UNREADABLE_ANSWER, "The amount or the time is garbled.", raw)
    if kind is OutcomeKind.SUCCEEDED and (amount_minor is None or done_at is None):
        return mapping.unknown(base.UNREADABLE_ANSWER, "Done, without an amount or a time.", raw)
    _code, message = mapping.code_and_message(node)
    return Outcome(
        kind,
        code=status or base.UNREADABLE_ANSWER,
        message=message,
        channel_ref=base.kept_text(node.get("auth_no", "")),
        amount_minor=amount_minor,
        currency="" if amount_minor is None else currency,
        paid_at=done_at if kind is OutcomeKind.SUCCEEDED else None,
        payer_ref=base.kept_text(node.get("payer_open_id") or node.get("payer_user_id", "")),
        raw=raw,
    )


def numbers_refusal(request: CaptureRequest | VoidRequest) -> str:
    """Say what is wrong with a number or an amount, or nothing."""
    if not request.pay_channel_ref:
        return "Alipay's number of the authorisation is not known."
    return (
        mapping.number_refusal(request.channel_no)
        or mapping.number_refusal(request.pay_channel_no)
        or mapping.amount_refusal(request.amount_minor, request.currency)
    )


def with_currency(content: dict[str, object], currency: str) -> dict[str, object]:
    """Name another currency than the channel's own, as for trades."""
    return content if currency == "CNY" else {**content, "trans_currency": currency}

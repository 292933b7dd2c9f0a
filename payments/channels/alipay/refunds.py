"""Translate between our refunds and Alipay's.

Alipay's `out_request_no` is the refund's own number, `out_trade_no` that of the paid order. The
sandbox names other currencies than CNY in `refund_currency` (a rule of ours, as for trades).
"""

import json
from collections.abc import Mapping
from typing import Final

from ledger import money
from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.alipay import mapping
from payments.channels.base import Outcome, OutcomeKind, RefundRequest

REFUND_METHOD: Final = "alipay.trade.refund"
QUERY_METHOD: Final = "alipay.trade.fastpay.refund.query"

FAILURE_CODES: Final = mapping.GATEWAY_REFUSALS | {
    "ACQ.NOT_ALLOW_PARTIAL_REFUND",
    "ACQ.REASON_TRADE_BEEN_FREEZEN",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR",
    "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
    "ACQ.TRADE_HAS_FINISHED",
    "ACQ.TRADE_NOT_ALLOW_REFUND",
    "ACQ.TRADE_NOT_EXIST",
    "ACQ.TRADE_STATUS_ERROR",
}
"""The closed list of codes after which a refund has certainly failed.

Left out on purpose: what may have been done (ACQ.SYSTEM_ERROR and the like).
ACQ.SELLER_BALANCE_NOT_ENOUGH: no money moved, but the refund is still owed, and the channel
wants the same number again once our account there is topped up. "Failed" would set free what is
reserved for it and ask for another number. ACQ.DISCORDANT_REPEAT_REQUEST: this request was
refused because a refund of another amount has the number; a query must tell of that one.
"""

_REASON_LENGTH_MAX: Final = 256
_TAKEN_OPTION: Final = "refund_detail_item_list"
"""With it Alipay says what it took of us, `send_back_fee`: less than went back, where a coupon that
we gave ourselves had paid a part."""


def refusal(request: RefundRequest) -> str:
    """Say which rule of the channel a refund breaks, or nothing if it may be sent."""
    if request.amount_minor > request.total_minor:
        return "More would be refunded than was paid."
    return (
        mapping.number_refusal(request.channel_no)
        or mapping.number_refusal(request.pay_channel_no)
        or mapping.amount_refusal(request.amount_minor, request.currency)
    )


def refund_content(request: RefundRequest) -> dict[str, object]:
    """Give the `biz_content` of a refund; another currency than CNY is named, as it is paid."""
    content: dict[str, object] = {
        "out_trade_no": request.pay_channel_no,
        "refund_amount": money.to_decimal_text(request.amount_minor, request.currency),
        "out_request_no": request.channel_no,
        "query_options": [_TAKEN_OPTION],
    }
    if request.pay_channel_ref:
        # It wins where both stand: what was captured is a trade of its own.
        content["trade_no"] = request.pay_channel_ref
    reason = base.kept_text(request.reason, length_max=_REASON_LENGTH_MAX)
    if reason:
        content["refund_reason"] = reason
    if request.currency != "CNY":
        content["refund_currency"] = request.currency
    return content


def query_content(channel_no: str, *, pay_channel_no: str) -> dict[str, object]:
    """Give the `biz_content` of a question; what it asks for here is only told on request."""
    return {
        "out_trade_no": pay_channel_no,
        "out_request_no": channel_no,
        "query_options": ["gmt_refund_pay", "refund_charge_info_list", _TAKEN_OPTION],
    }


def refund_outcome(node: Mapping[str, str], *, request: RefundRequest, raw: str) -> Outcome:
    """Read the verified answer to a refund.

    `fund_change` Y says that this very request moved money. N says only that it did not, as when
    an earlier one had: then, and where the time is missing, asking must tell.

    The answer names the sum of all refunds of the trade, never this one's amount. The channel
    refuses a number with another amount, so what it carried out is what was asked; a sum below
    that is garbled.
    """
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=FAILURE_CODES, raw=raw)
    code, message = mapping.code_and_message(node)
    is_its_trade = node.get("trade_no") == request.pay_channel_ref
    if node.get("out_trade_no") != request.pay_channel_no and not (
        request.pay_channel_ref and is_its_trade
    ):
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)

    try:
        currency, sum_minor = mapping.amount(node, "refund_fee", currency_name="refund_currency")
        fee_minor, taken_minor = _fee_minor(node, currency), _taken_minor(node, currency)
        refunded_at = mapping.instant(node.get("gmt_refund_pay", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return _garbled("The amount or the time is garbled.", raw)
    fund_change = node.get("fund_change")
    if fund_change not in ("Y", "N"):
        return _garbled("The answer does not say whether money moved.", raw)
    channel_ref = base.kept_text(node.get("trade_no", ""))
    if fund_change == "N" or refunded_at is None:
        return Outcome(
            OutcomeKind.PROCESSING, code=code, message=message, channel_ref=channel_ref, raw=raw
        )
    if sum_minor is None or sum_minor < request.amount_minor or currency != request.currency:
        return _garbled("Refunded, but less than was asked or in another currency.", raw)
    return Outcome(
        OutcomeKind.SUCCEEDED,
        code=code,
        message=message,
        channel_ref=channel_ref,
        amount_minor=request.amount_minor,
        currency=currency,
        paid_at=refunded_at,
        fee_minor=fee_minor,
        settled_minor=taken_minor,
        raw=raw,
    )


def query_outcome(
    node: Mapping[str, str], *, channel_no: str, pay_channel_no: str, raw: str
) -> Outcome:
    """Read the verified answer to a question about a refund.

    Without a status the channel did not receive the refund, or it failed: NOT_FOUND, which is
    not "failed", since the refund may still be on its way there.
    """
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=mapping.TRADE_NOT_FOUND, raw=raw)
    _code, message = mapping.code_and_message(node)
    status = base.kept_text(node.get("refund_status", ""))
    numbers = (node.get("out_request_no"), node.get("out_trade_no"))
    if numbers != (channel_no, pay_channel_no) and (status or any(numbers)):
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    if status == "REFUND_SUCCESS":
        return _refunded(node, raw=raw)
    if status == "REFUND_PROCESSING":
        return Outcome(OutcomeKind.PROCESSING, code=status, message=message, raw=raw)
    return mapping.unknown(status or base.NOT_FOUND, message, raw)


def _refunded(node: Mapping[str, str], *, raw: str) -> Outcome:
    """Read an answer that calls a refund done: believed with an amount and a time only."""
    try:
        currency, amount_minor = mapping.amount(
            node, "refund_amount", currency_name="refund_currency"
        )
        _currency, total_minor = mapping.amount(
            node, "total_amount", currency_name="refund_currency"
        )
        fee_minor, taken_minor = _fee_minor(node, currency), _taken_minor(node, currency)
        refunded_at = mapping.instant(node.get("gmt_refund_pay", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return _garbled("An amount or the time is garbled.", raw)
    if amount_minor is None or refunded_at is None:
        return _garbled("Refunded, but without an amount or a time.", raw)
    if total_minor is not None and amount_minor > total_minor:
        return _garbled("Refunded, but more than was paid.", raw)
    _code, message = mapping.code_and_message(node)
    return Outcome(
        OutcomeKind.SUCCEEDED,
        code="REFUND_SUCCESS",
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        amount_minor=amount_minor,
        currency=currency,
        paid_at=refunded_at,
        fee_minor=fee_minor,
        settled_minor=taken_minor,
        raw=raw,
    )


def _taken_minor(node: Mapping[str, str], currency: str) -> int | None:
    """Give what of a refund the channel took of us, or none where it does not say.

    Raises AmountError, UnknownCurrencyError.
    """
    text = node.get("send_back_fee")
    return None if text is None else mapping.minor(text, currency)


def _fee_minor(node: Mapping[str, str], currency: str) -> int | None:
    """Add up what the channel gave back of its fee, or none where it does not say.

    Raises AmountError, UnknownCurrencyError, ValueError.
    """
    text = node.get("refund_charge_info_list")
    if text is None:
        return None
    charges = json.loads(text)
    if not isinstance(charges, list):
        raise ValueError("not a list")
    fee_minor = 0
    for charge in charges:
        fee = charge.get("refund_charge_fee") if isinstance(charge, dict) else None
        if not isinstance(fee, str):
            raise ValueError("a charge without a fee")
        fee_minor += mapping.minor(fee, currency)
    return fee_minor


def _garbled(words: str, raw: str) -> Outcome:
    """Say that the answer is the channel's, but not one to act on."""
    return mapping.unknown(base.UNREADABLE_ANSWER, words, raw)

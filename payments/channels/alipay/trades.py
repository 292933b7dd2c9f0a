"""Translate what Alipay says of its trades: asked about, closed, cancelled.

Alipay's "trade" is our attempt, or what was captured of an authorisation.
"""

from collections.abc import Mapping
from typing import Final

from ledger.errors import AmountError, UnknownCurrencyError
from payments.channels import base
from payments.channels.alipay import mapping
from payments.channels.base import Outcome, OutcomeKind

QUERY_METHOD: Final = "alipay.trade.query"
CLOSE_METHOD: Final = "alipay.trade.close"
CANCEL_METHOD: Final = "alipay.trade.cancel"

_KINDS: Final = {
    "WAIT_BUYER_PAY": OutcomeKind.AWAITING_PAYER,
    "TRADE_SUCCESS": OutcomeKind.SUCCEEDED,
    "TRADE_FINISHED": OutcomeKind.SUCCEEDED,
    "TRADE_CLOSED": OutcomeKind.CLOSED,
}

_NO_FUNDS: Final = "[]"


def content(channel_no: str) -> dict[str, object]:
    """Give the `biz_content` of whatever is asked about one trade."""
    return {"out_trade_no": channel_no}


def query_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to a query.

    A refusal of the query says nothing about the order: it is `unknown`, never `failed`.

    A trade that was paid and is closed was refunded in full. That stays `unknown`: who asks this
    has not recorded the payment yet, and neither "paid" (no more is there to share out) nor
    "closed" (money has moved) would be true. People compare it with the refunds; a payment that
    we recorded is not asked about again, and its refunds answer for themselves.

    `total_amount` is the order's and decides. Coupons of the channel make the payer pay less
    (`buyer_pay_amount`); what comes to us is `receipt_amount`, where either is told. Which funds
    paid what stands in `raw`.
    """
    _code, message = mapping.code_and_message(node)
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=mapping.TRADE_NOT_FOUND, raw=raw)
    if node.get("out_trade_no") != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)

    status = base.kept_text(node.get("trade_status", ""))
    kind = _KINDS.get(status, OutcomeKind.UNKNOWN)
    try:
        currency, amount_minor = mapping.amount(
            node, "total_amount", currency_name="trans_currency"
        )
        payer_minor, settled_minor = paid_and_settled(node, currency)
        paid_at = mapping.instant(node.get("send_pay_date", ""))
    except (AmountError, UnknownCurrencyError, ValueError):
        return mapping.unknown(base.UNREADABLE_ANSWER, "The amount or the time is garbled.", raw)
    if kind is OutcomeKind.SUCCEEDED and (amount_minor is None or paid_at is None):
        return mapping.unknown(base.UNREADABLE_ANSWER, "Paid, without an amount or a time.", raw)
    if kind is OutcomeKind.CLOSED and paid_at is not None:
        # The channel says "closed" of unpaid and of fully refunded trades alike; only the
        # latter have a time of payment, and then money has moved.
        kind, status = OutcomeKind.UNKNOWN, base.CLOSED_AFTER_PAYMENT
    is_paid = kind is OutcomeKind.SUCCEEDED
    return Outcome(
        kind,
        code=status or base.UNREADABLE_ANSWER,
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        amount_minor=amount_minor,
        currency=currency,
        paid_at=paid_at,
        payer_ref=payer_ref(node),
        payer_minor=payer_minor if is_paid else None,
        settled_minor=settled_minor if is_paid else None,
        raw=raw,
    )


def close_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order to close.

    Whatever is not a plain yes is `unknown`: the status that forbids to close a trade may be
    "closed" or "paid", and a trade that does not exist may still be opened by a payer's scan.
    """
    code, message = mapping.code_and_message(node)
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=mapping.TRADE_NOT_FOUND, raw=raw)
    if node.get("out_trade_no") != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    return Outcome(
        OutcomeKind.CLOSED,
        code=code,
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        raw=raw,
    )


def cancel_outcome(node: Mapping[str, str], *, channel_no: str, raw: str) -> Outcome:
    """Read the verified answer to an order to cancel.

    `action` says what was done: `close`, no money had moved; `refund`, it had been paid and goes
    back, so neither "closed" nor "failed" would be true and people compare. Without an action
    there was no trade: NOT_FOUND. With `retry_flag` Y nothing is certain, and the same may be
    asked again.
    """
    code, message = mapping.code_and_message(node)
    if node.get("code") != mapping.OK_CODE:
        return mapping.unanswered(node, not_found=mapping.TRADE_NOT_FOUND, raw=raw)
    if node.get("out_trade_no", channel_no) != channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    action = node.get("action", "")
    if node.get("retry_flag") != "N":
        return mapping.unknown("RETRY", "Alipay asks for the same once more.", raw)
    if action == "refund":
        return mapping.unknown(base.CLOSED_AFTER_PAYMENT, "Paid, and being refunded.", raw)
    if not action:
        return mapping.unknown(base.NOT_FOUND, message, raw)
    if action != "close":
        return mapping.unknown(base.UNREADABLE_ANSWER, "Cancelled in an unknown way.", raw)
    return Outcome(
        OutcomeKind.CLOSED,
        code=code,
        message=message,
        channel_ref=base.kept_text(node.get("trade_no", "")),
        raw=raw,
    )


def paid_and_settled(node: Mapping[str, str], currency: str) -> tuple[int | None, int | None]:
    """Give what the payer paid and what comes to us, or none where it is not told.

    A question about what was paid on a page or in an app is answered with zeros beside no list of
    funds, whoever paid what: only beside the funds is a zero an amount. The notification and the
    bill tell the true sums of such trades.

    Raises AmountError, UnknownCurrencyError.
    """
    texts = (node.get("buyer_pay_amount"), node.get("receipt_amount"))
    paid, settled = (None if text is None else mapping.minor(text, currency) for text in texts)
    if node.get(mapping.FUNDS_FIELD, _NO_FUNDS) == _NO_FUNDS:
        paid, settled = paid or None, settled or None
    return paid, settled


def payer_ref(node: Mapping[str, str]) -> str:
    """Give how Alipay knows the payer."""
    return base.kept_text(node.get("buyer_open_id") or node.get("buyer_user_id", ""))

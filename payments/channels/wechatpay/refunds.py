"""Translate between our refunds and WeChat Pay's."""

import re
from dataclasses import replace
from typing import Final

from payments.channels import base
from payments.channels.base import Outcome, OutcomeKind, RefundRequest
from payments.channels.wechatpay import coupons, mapping, replies
from payments.channels.wechatpay.replies import Reply

PATH: Final = "/v3/refund/domestic/refunds"

FAILURE_CODES: Final = frozenset({"PARAM_ERROR", "USER_ACCOUNT_ABNORMAL"})
"""The closed list of codes after which an order to refund has certainly failed.

It is shorter than that of payments: a refund needs nobody's further help, so an earlier request
under the number may have moved the money, and what is said of a later one does not undo it. These
two are said of facts that do not change from one request to the next: the order as we write it,
and the payer's account. Left out on purpose: what can be put right and is then sent again under
the same number, as WeChat Pay demands (NOT_ENOUGH, NO_AUTH, SIGN_ERROR, MCH_NOT_EXISTS);
RESOURCE_NOT_EXISTS, since we refund only what it told us was paid; INVALID_REQUEST, which is also
said of a number that is used already.
"""

CHANNEL_NO: Final = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
_REASON_BYTES_MAX: Final = 80
_KINDS: Final = {
    "SUCCESS": OutcomeKind.SUCCEEDED,
    "PROCESSING": OutcomeKind.PROCESSING,
    "CLOSED": OutcomeKind.FAILED,
    "ABNORMAL": OutcomeKind.ABNORMAL,
}


def refusal(request: RefundRequest) -> str:
    """Say which rule of the channel an order to refund breaks, or nothing if it may be sent."""
    if not CHANNEL_NO.fullmatch(request.channel_no):
        return "The number must be 1 to 64 letters, digits, or _ - | * @."
    if not mapping.CHANNEL_NO.fullmatch(request.pay_channel_no):
        return "The paid order's number is none of WeChat Pay's."
    if not 0 < request.amount_minor <= request.total_minor:
        return "The amount is not between nothing and what was paid."
    return replies.currency_refusal(request.currency)


def refund_content(request: RefundRequest, *, notify_url: str) -> dict[str, object]:
    """Give the body of an order to refund."""
    reason = replies.cut(request.reason, bytes_max=_REASON_BYTES_MAX)
    return {
        "out_trade_no": request.pay_channel_no,
        "out_refund_no": request.channel_no,
        **({"reason": reason} if reason else {}),
        "notify_url": notify_url,
        "amount": {
            "refund": request.amount_minor,
            "total": request.total_minor,
            "currency": request.currency,
        },
    }


def refund_outcome(
    reply: Reply, *, channel_no: str, pay_channel_no: str, failures: frozenset[str] | None
) -> Outcome:
    """Read the verified answer to an order about a refund, or to a query about it.

    `failures` are the codes after which such an order has certainly failed; None for a query,
    whose refusal says nothing of the refund. The answer to an order says `abnormal` of nothing:
    it was taken, and a query tells.
    """
    if reply.status_code != 200:
        if failures is not None:
            return replies.error_outcome(reply, failures=failures)
        return replies.asking_error_outcome(reply)
    numbers = (reply.text("out_refund_no"), reply.text("out_trade_no"))
    if numbers != (channel_no, pay_channel_no):
        return replies.unknown(base.OTHER_NUMBER, "The answer is about another refund.", reply)

    status = base.kept_text(reply.text("status"))
    kind = _KINDS.get(status, OutcomeKind.UNKNOWN)
    if failures is not None and kind is OutcomeKind.ABNORMAL:
        kind = OutcomeKind.PROCESSING
    outcome = replies.told(
        reply,
        kind=kind,
        code=status,
        channel_ref=reply.text("refund_id"),
        amount="refund",
    )
    return _with_parts(outcome, reply=reply)


def _with_parts(outcome: Outcome, *, reply: Reply) -> Outcome:
    """Add to a success what it was made of: the payer's money, ours, and the fee that we got back.

    `settlement_refund` is what WeChat Pay takes of us: less than went back, where a coupon that we
    gave ourselves had paid a part. Parts in another currency cannot be compared: all are left out.
    """
    amounts = reply.fields.get("amount")
    if outcome.kind is not OutcomeKind.SUCCEEDED or not isinstance(amounts, dict):
        return outcome
    assert outcome.amount_minor is not None
    named = (amounts.get("payer_currency"), amounts.get("settlement_currency"))
    if any(currency not in (None, "", outcome.currency) for currency in named):
        return outcome
    try:
        paid_minor, taken_minor, fee_minor = (
            coupons.back_minor(amounts, name, refund_minor=outcome.amount_minor)
            for name in ("payer_refund", "settlement_refund", "refund_fee")
        )
    except ValueError:
        return replies.unknown(base.UNREADABLE_ANSWER, "What was refunded is garbled.", reply)
    return replace(outcome, payer_minor=paid_minor, settled_minor=taken_minor, fee_minor=fee_minor)

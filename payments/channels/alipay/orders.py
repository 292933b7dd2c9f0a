"""Translate between our orders to pay and Alipay's, one for each scene in which a payer stands.

A QR code and a mini program's trade are ordered from the gateway. The others are not: what we
sign is carried there by the payer's own browser or app, so all that is known afterwards is that
the payer may come. Alipay knows none of them until a payer has opened it, but for the mini
program, whose payer is named.
"""

import re
from collections.abc import Mapping
from typing import Final

from ledger import money
from payments.channels import base
from payments.channels.alipay import mapping
from payments.channels.base import (
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
    PayRequest,
)

PAY_METHODS: Final = {
    "alipay_app": "alipay.trade.app.pay",
    "alipay_mini": "alipay.trade.create",
    "alipay_page": "alipay.trade.page.pay",
    "alipay_qr": "alipay.trade.precreate",
    "alipay_wap": "alipay.trade.wap.pay",
}
"""Our payment methods and the interface that begins each."""

CARRIED_BY_PAYER: Final = frozenset({"alipay_app", "alipay_page", "alipay_wap"})
"""The methods in which we ask the gateway nothing."""

FAILURE_CODES: Final = mapping.GATEWAY_REFUSALS | {
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

ACCOUNT_REFUSALS: Final = frozenset(
    {
        "ACQ.ACCESS_FORBIDDEN",
        "ACQ.PARTNER_ERROR",
        "ACQ.SELLER_BEEN_BLOCKED",
        "aop.invalid-app-auth-token",
        "isv.insufficient-isv-permissions",
        "isv.invalid-app-id",
        "isv.invalid-signature",
        "isv.missing-signature-key",
    }
)
"""Those of them that speak of our account and its contract: another one may be taken."""

_PRODUCTS: Final = {
    "alipay_app": "QUICK_MSECURITY_PAY",
    "alipay_mini": "JSAPI_PAY",
    "alipay_page": "FAST_INSTANT_TRADE_PAY",
    "alipay_qr": "FACE_TO_FACE_PAYMENT",
    "alipay_wap": "QUICK_WAP_WAY",
}
_SUBJECT_LENGTH_MAX: Final = 256
_SUBJECT_FORBIDDEN: Final = str.maketrans("/=&", "   ")
# A buyer's number; whatever else names a buyer is the newer open id.
_BUYER_ID: Final = re.compile(r"2088\d{12}", re.ASCII)
_BUYER_LENGTH_MAX: Final = 128


def refusal(request: PayRequest) -> str:
    """Say which rule of the channel an order breaks, or nothing if it may be sent."""
    if request.method not in PAY_METHODS:
        return f"Alipay has no method {request.method!r}."
    if request.expires_at <= request.at:
        return "The order has expired already."
    if request.is_authorisation and request.method != "alipay_qr":
        return "Alipay holds money by QR code only."
    if request.method == "alipay_mini" and not _is_plain(request.payer_account):
        return "A mini program's order names its payer's account at Alipay."
    return mapping.number_refusal(request.channel_no) or mapping.amount_refusal(
        request.amount_minor, request.currency
    )


def pay_content(request: PayRequest, *, app_id: str) -> dict[str, str]:
    """Give the `biz_content` of an order to pay.

    `time_expire` is absolute and never later than our own expiry, so an order that we closed
    cannot be paid there. CNY is the default of the channel; another currency is named in
    `trans_currency`, of which the sandbox demands that a query repeats it. Who gives up paying in
    a mobile browser comes back to where who paid does.
    """
    content = {
        "out_trade_no": request.channel_no,
        "total_amount": money.to_decimal_text(request.amount_minor, request.currency),
        "subject": subject(request.subject) or request.channel_no,
        "product_code": _PRODUCTS[request.method],
        "time_expire": mapping.shanghai_text(request.expires_at),
    }
    if request.method == "alipay_wap" and request.return_url:
        content["quit_url"] = request.return_url
    if request.method == "alipay_mini":
        is_number = _BUYER_ID.fullmatch(request.payer_account)
        content["buyer_id" if is_number else "buyer_open_id"] = request.payer_account
        content["op_app_id"] = app_id
    if request.currency != "CNY":
        content["trans_currency"] = request.currency
    return content


def subject(text: str) -> str:
    """Write a title as the channel takes it."""
    return base.kept_text(text.translate(_SUBJECT_FORBIDDEN), length_max=_SUBJECT_LENGTH_MAX)


def return_url(request: PayRequest) -> str:
    """Give where the payer's browser comes back to; only browsers do."""
    return request.return_url if request.method in ("alipay_page", "alipay_wap") else ""


def redirect(url: str) -> Outcome:
    """Wait for a payer whose browser is to go to an address at the gateway."""
    return _carried(PayerAction(PayerActionKind.REDIRECT, url=url))


def invocation(order_string: str) -> Outcome:
    """Wait for a payer whose app is to hand this text to Alipay's software."""
    return _carried(PayerAction(PayerActionKind.INVOKE, fields={"order_string": order_string}))


def pay_outcome(node: Mapping[str, str], *, request: PayRequest, raw: str) -> Outcome:
    """Read the verified answer to an order to pay: a code to scan, or a mini program's trade."""
    if node.get("code") != mapping.OK_CODE:
        return mapping.refused(node, failures=FAILURE_CODES, raw=raw)
    code, message = mapping.code_and_message(node)
    if node.get("out_trade_no") != request.channel_no:
        return mapping.unknown(base.OTHER_NUMBER, "The answer is about another number.", raw)
    if request.method == "alipay_mini":
        return _created(node, raw=raw)
    qr_code = base.kept_text(node.get("qr_code", ""), length_max=1024)
    if not qr_code:
        return mapping.unknown(base.UNREADABLE_ANSWER, "The answer has no QR code.", raw)
    return Outcome(OutcomeKind.AWAITING_PAYER, code=code, message=message, qr_code=qr_code, raw=raw)


def _created(node: Mapping[str, str], *, raw: str) -> Outcome:
    """Read the trade that a mini program is to have paid."""
    code, message = mapping.code_and_message(node)
    trade_no = base.kept_text(node.get("trade_no", ""))
    if not trade_no:
        return mapping.unknown(base.UNREADABLE_ANSWER, "The answer has no trade.", raw)
    return Outcome(
        OutcomeKind.AWAITING_PAYER,
        code=code,
        message=message,
        channel_ref=trade_no,
        action=PayerAction(PayerActionKind.INVOKE, fields={"trade_no": trade_no}),
        raw=raw,
    )


def _carried(action: PayerAction) -> Outcome:
    """Wait for a payer who carries the order; nobody has answered anything."""
    return Outcome(OutcomeKind.AWAITING_PAYER, action=action)


def _is_plain(text: str) -> bool:
    """Tell whether an account can be sent exactly as it is."""
    return bool(text) and base.kept_text(text, length_max=_BUYER_LENGTH_MAX) == text

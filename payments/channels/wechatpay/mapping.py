"""Translate between our attempts and WeChat Pay's "transactions".

Amounts are integers in the minor unit (fen); times are RFC 3339 with a zone. Merchants at home
trade in CNY, those abroad in the currency that they agreed on: the channel knows which one that is,
and refuses every other.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from payments.channels import base
from payments.channels.base import (
    Outcome,
    OutcomeKind,
    PayerAction,
    PayerActionKind,
    PayRequest,
)
from payments.channels.wechatpay import coupons, replies
from payments.channels.wechatpay.replies import Reply

PAY_PATHS: Final = {
    "wechat_native": "/v3/pay/transactions/native",
    "wechat_jsapi": "/v3/pay/transactions/jsapi",
    "wechat_h5": "/v3/pay/transactions/h5",
    "wechat_app": "/v3/pay/transactions/app",
}
"""Our payment methods and the address that begins each."""

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")

FAILURE_CODES: Final = frozenset(
    {"APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "NO_AUTH", "PARAM_ERROR", "SIGN_ERROR"}
)
"""The closed list of codes after which an order to pay has certainly failed.

A code describes the request, not the order. After these the request was turned away before any
order was opened; and had an earlier one under the number been taken, its QR code, which is all that
lets a payer pay, never reached us. Left out on purpose: INVALID_REQUEST, OUT_TRADE_NO_USED,
ORDERPAID and ORDER_CLOSED, which may speak of an order that exists already under the number;
SYSTEM_ERROR; and the codes of haste, FREQUENCY_LIMITED and RATELIMIT_EXCEEDED.
"""

ACCOUNT_REFUSALS: Final = frozenset(
    {"APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "NO_AUTH", "SIGN_ERROR"}
)
"""Those of them that speak of our account and its contract: another one may be taken."""

CHANNEL_NO: Final = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
_DESCRIPTION_BYTES_MAX: Final = 127
_OPENID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_PREPAY_ID: Final = re.compile(r"[\x21-\x7e]{1,64}")
_ADDRESS_LENGTH_MAX: Final = 1024
_KINDS: Final = {
    "SUCCESS": OutcomeKind.SUCCEEDED,
    # A refund was asked for, so the order was paid.
    "REFUND": OutcomeKind.SUCCEEDED,
    "NOTPAY": OutcomeKind.AWAITING_PAYER,
    "USERPAYING": OutcomeKind.AWAITING_PAYER,
    "CLOSED": OutcomeKind.CLOSED,
    "REVOKED": OutcomeKind.CLOSED,
    # PAYERROR is said of payment codes that the payer shows, which we do not take: unknown.
}


def refusal(request: PayRequest) -> str:
    """Say which rule of the channel an order breaks, or nothing if it may be sent."""
    if request.method not in PAY_PATHS:
        return f"WeChat Pay has no method {request.method!r}."
    if not CHANNEL_NO.fullmatch(request.channel_no):
        return "The number must be 6 to 32 letters, digits, or _ - | *."
    if request.amount_minor <= 0:
        return "The amount is outside what the channel takes."
    if request.expires_at <= request.at:
        return "The order has expired already."
    if request.method == "wechat_jsapi" and not _OPENID.fullmatch(request.payer_account):
        return "Inside WeChat it takes the payer's openid."
    if request.method == "wechat_h5" and not _is_address(request.payer_ip):
        return "In a mobile browser it takes the payer's IP address."
    return replies.currency_refusal(request.currency)


def _is_address(text: str) -> bool:
    """Tell whether a text is an IP address, of either kind."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def pay_content(
    request: PayRequest, *, app_id: str, merchant_no: str, notify_url: str
) -> dict[str, object]:
    """Give the body of an order to pay.

    `time_expire` is never later than our own expiry, so an order that we closed cannot be paid
    there.
    """
    description = replies.cut(request.subject, bytes_max=_DESCRIPTION_BYTES_MAX)
    return {
        "appid": app_id,
        "mchid": merchant_no,
        "description": description or request.channel_no,
        "out_trade_no": request.channel_no,
        "time_expire": request.expires_at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M:%S+08:00"),
        "notify_url": notify_url,
        "amount": {"total": request.amount_minor, "currency": request.currency},
        **_scene_content(request),
    }


def _scene_content(request: PayRequest) -> dict[str, object]:
    """Give what an order says about who pays, or where, in the scenes that ask for it."""
    match request.method:
        case "wechat_jsapi":
            return {"payer": {"openid": request.payer_account}}
        case "wechat_h5":
            scene = {"payer_client_ip": request.payer_ip, "h5_info": {"type": "Wap"}}
            return {"scene_info": scene}
        case _:
            return {}


def pay_outcome(
    reply: Reply, *, request: PayRequest, invoke: Callable[[str], PayerAction]
) -> Outcome:
    """Read the verified answer to an order to pay, which names no number.

    `invoke` makes of a prepaid order's id what the payer's device hands to WeChat.
    """
    if reply.status_code != 200:
        return replies.error_outcome(reply, failures=FAILURE_CODES)
    waiting = Outcome(OutcomeKind.AWAITING_PAYER, code="OK", raw=reply.raw)
    match request.method:
        case "wechat_native":
            qr_code = base.kept_text(reply.text("code_url"), length_max=_ADDRESS_LENGTH_MAX)
            if qr_code:
                return replace(waiting, qr_code=qr_code)
        case "wechat_h5":
            url = reply.text("h5_url")
            if _is_web_address(url):
                return replace(waiting, action=_redirect(url, return_url=request.return_url))
        case _:
            prepay_id = reply.text("prepay_id")
            if _PREPAY_ID.fullmatch(prepay_id):
                return replace(waiting, action=invoke(prepay_id))
    return replies.unknown(
        base.UNREADABLE_ANSWER, "The answer has nothing by which one could pay.", reply
    )


def _redirect(url: str, *, return_url: str) -> PayerAction:
    """Send the payer's browser to WeChat, which sends it back to an address of ours, if any."""
    if return_url:
        url += ("&" if "?" in url else "?") + f"redirect_url={quote(return_url, safe='')}"
    return PayerAction(PayerActionKind.REDIRECT, url=url)


def _is_web_address(url: str) -> bool:
    """Tell whether a browser may be sent there."""
    is_short = len(url) <= _ADDRESS_LENGTH_MAX
    return is_short and url.isprintable() and url.startswith(("https://", "http://"))


def query_outcome(reply: Reply, *, channel_no: str, app_id: str, merchant_no: str) -> Outcome:
    """Read the verified answer to a query.

    A refusal of the query says nothing about the order: it is `unknown`, never `failed`.
    """
    if reply.status_code != 200:
        return replies.asking_error_outcome(reply)
    if reply.text("out_trade_no") != channel_no:
        return replies.unknown(base.OTHER_NUMBER, "The answer is about another number.", reply)
    if (reply.text("appid"), reply.text("mchid")) != (
        app_id,
        merchant_no,
    ):
        return replies.unknown(base.OTHER_NUMBER, "The answer is about another account.", reply)

    state = base.kept_text(reply.text("trade_state"))
    kind = _KINDS.get(state, OutcomeKind.UNKNOWN)
    if kind is OutcomeKind.CLOSED and reply.text("success_time"):
        kind, state = OutcomeKind.UNKNOWN, base.CLOSED_AFTER_PAYMENT
    outcome = replies.told(
        reply,
        kind=kind,
        code=state,
        message=reply.text("trade_state_desc"),
        channel_ref=reply.text("transaction_id"),
        amount="total",
        payer_ref=reply.text("payer", "openid"),
    )
    return _with_coupons(outcome, reply=reply)


def _with_coupons(outcome: Outcome, *, reply: Reply) -> Outcome:
    """Add to a success what the payer paid and what WeChat Pay owes, where coupons were used.

    An amount for the payer in another currency than the order's cannot be compared: it is left
    out, with what follows from it.
    """
    amounts = reply.fields.get("amount")
    if outcome.kind is not OutcomeKind.SUCCEEDED or not isinstance(amounts, dict):
        return outcome
    assert outcome.amount_minor is not None
    if reply.text("amount", "payer_currency") not in ("", outcome.currency):
        return outcome
    try:
        paid_minor = coupons.payer_minor(amounts)
        settled_minor = coupons.settled_minor(
            outcome.amount_minor,
            paid_minor=paid_minor,
            coupons=reply.fields.get("promotion_detail"),
        )
    except ValueError:
        return replies.unknown(base.UNREADABLE_ANSWER, "The coupons are garbled.", reply)
    return replace(outcome, payer_minor=paid_minor, settled_minor=settled_minor)


def close_outcome(reply: Reply) -> Outcome:
    """Read the verified answer to a close."""
    if reply.status_code == 204:
        return Outcome(OutcomeKind.CLOSED, code="CLOSED", raw=reply.raw)
    outcome = replies.asking_error_outcome(reply)
    if outcome.code == "ORDER_CLOSED":
        return Outcome(
            OutcomeKind.CLOSED, code=outcome.code, message=outcome.message, raw=reply.raw
        )
    return outcome

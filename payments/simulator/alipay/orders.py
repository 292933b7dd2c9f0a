"""Orders to pay at the simulated Alipay, as every scene writes them, and which may come again."""

import hashlib
import json
import re

from payments.simulator.alipay.fields import biz_text, invalid
from payments.simulator.alipay.gateway import Call
from payments.simulator.alipay.refusals import GatewayRefusedError
from payments.simulator.alipay.trade_orders import Order, Scene
from payments.simulator.alipay.trades import Trade, TradeBook, TradeStatus
from payments.simulator.clock import shanghai_ms, shanghai_text
from payments.simulator.money import EXPONENTS, exact_minor

_NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?#][!-~]*)?")
_TIMEOUT = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_MINUTE_MS = 60_000
_TIMEOUT_MINUTES_MAX = 15 * 24 * 60
# A QR code lives for two hours unless the order says otherwise.
_LIFE_MS = 2 * 60 * _MINUTE_MS
_SUBJECT_LENGTH_MAX = 256
# In whole units of the currency: 100,000,000.00 yuan.
_AMOUNT_MAX = 100_000_000
_PRODUCTS = {
    Scene.QR: frozenset({"FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"}),
    Scene.PAGE: frozenset({"FAST_INSTANT_TRADE_PAY"}),
    Scene.WAP: frozenset({"QUICK_WAP_WAY"}),
    Scene.APP: frozenset({"QUICK_MSECURITY_PAY"}),
    Scene.MINI: frozenset({"JSAPI_PAY"}),
}


def order_from(call: Call, *, scene: Scene) -> Order:
    """Read what is ordered in a scene; Raises GatewayRefusedError for a field that is wrong."""
    out_trade_no, subject = biz_text(call, "out_trade_no"), biz_text(call, "subject")
    if not _NUMBER.fullmatch(out_trade_no):
        raise invalid("out_trade_no")
    if not 0 < len(subject) <= _SUBJECT_LENGTH_MAX or set(subject) & set("/=&"):
        raise invalid("subject")
    if biz_text(call, "product_code") not in _PRODUCTS[scene]:
        raise invalid("product_code")
    if (biz_text(call, "trans_currency") or "CNY") != call.app.currency:
        raise invalid("trans_currency")
    canonical = json.dumps(call.biz, sort_keys=True, separators=(",", ":"))
    return Order(
        out_trade_no=out_trade_no,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        total_minor=_total_minor(call),
        subject=subject,
        notify_url=call.notify_url,
        expires_ms=_expires_ms(call),
        scene=scene,
        return_url=_address(call.params.get("return_url", ""), name="return_url"),
        quit_url=_address(biz_text(call, "quit_url"), name="quit_url"),
        buyer_id=_buyer_id(call) if scene == Scene.MINI else "",
    )


def accepted(order: Order, *, call: Call, trades: TradeBook) -> Trade:
    """Take an order, or find the same one again; part of a transaction.

    Raises GatewayRefusedError for another order under a used number, and for a number whose
    trade is paid or closed.
    """
    trade = trades.find(app_id=call.app.app_id, out_trade_no=order.out_trade_no)
    if trade is not None:
        trade = trades.as_of(trade, at_ms=call.at_ms)
        _require_same(trade, order=order)
    if order.expires_ms <= call.at_ms:
        raise invalid("time_expire")
    if trade is None:
        return trades.create(order, app=call.app, at_ms=call.at_ms)
    trades.repeat(trade, order=order, at_ms=call.at_ms)
    return trade


def _address(url: str, *, name: str) -> str:
    """Refuse what no browser should be sent to; Raises GatewayRefusedError."""
    if url and not _ADDRESS.fullmatch(url):
        raise GatewayRefusedError("isv.invalid-parameter", field=name)
    return url


def _buyer_id(call: Call) -> str:
    """Read who is to pay; Raises GatewayRefusedError if nobody is named."""
    names = ("buyer_id", "buyer_open_id", "buyer_logon_id")
    named = next((text for name in names if (text := biz_text(call, name))), "")
    if not named:
        raise invalid("buyer_id")
    return named


def _total_minor(call: Call) -> int:
    currency = call.app.currency
    try:
        total_minor = exact_minor(biz_text(call, "total_amount"), currency=currency)
    except ValueError as error:
        raise invalid("total_amount") from error
    if not 1 <= total_minor <= _AMOUNT_MAX * 10 ** EXPONENTS[currency]:
        raise invalid("total_amount")
    return total_minor


def _expires_ms(call: Call) -> int:
    """Read when the order ends; an absolute time wins over a duration."""
    time_expire, timeout = biz_text(call, "time_expire"), biz_text(call, "timeout_express")
    if time_expire:
        try:
            return shanghai_ms(time_expire)
        except ValueError as error:
            raise invalid("time_expire") from error
    if not timeout:
        return call.at_ms + _LIFE_MS
    if timeout == "1c":
        return _end_of_day_ms(call.at_ms)
    match = _TIMEOUT.fullmatch(timeout)
    minutes = 0 if match is None else int(match.group(1)) * _MINUTES[match.group(2)]
    if not 1 <= minutes <= _TIMEOUT_MINUTES_MAX:
        raise invalid("timeout_express")
    return call.at_ms + minutes * _MINUTE_MS


def _end_of_day_ms(at_ms: int) -> int:
    midnight = shanghai_text(at_ms)[:10] + " 00:00:00"
    return shanghai_ms(midnight) + 24 * 60 * _MINUTE_MS


def _require_same(trade: Trade, *, order: Order) -> None:
    if trade.status == TradeStatus.PAID:
        raise GatewayRefusedError("ACQ.TRADE_HAS_SUCCESS")
    if trade.status == TradeStatus.CLOSED:
        raise GatewayRefusedError("ACQ.TRADE_HAS_CLOSE")
    if trade.digest != order.digest:
        raise GatewayRefusedError("ACQ.CONTEXT_INCONSISTENT")

"""Alipay's `alipay.trade.precreate` and `alipay.trade.query`, with their rules."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.alipay import Call, Method, success
from payments.simulator.alipay_fields import addressed_trade, biz_text, invalid
from payments.simulator.alipay_refusals import GatewayRefusedError, Node
from payments.simulator.clock import shanghai_ms, shanghai_text
from payments.simulator.money import EXPONENTS, amount_text, exact_minor
from payments.simulator.refunds import RefundBook, Refunds
from payments.simulator.trades import Order, Trade, TradeBook, TradeStatus

_NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
_TIMEOUT = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
_MINUTE_MS = 60_000
_TIMEOUT_MINUTES_MAX = 15 * 24 * 60
# A QR code lives for two hours unless the order says otherwise.
_LIFE_MS = 2 * 60 * _MINUTE_MS
_SUBJECT_LENGTH_MAX = 256
# In whole units of the currency: 100,000,000.00 yuan.
_AMOUNT_MAX = 100_000_000
_PRODUCTS = frozenset({"FACE_TO_FACE_PAYMENT", "QR_CODE_OFFLINE"})
_STATUS_WORDS = {
    TradeStatus.WAITING: "WAIT_BUYER_PAY",
    TradeStatus.PAID: "TRADE_SUCCESS",
    TradeStatus.CLOSED: "TRADE_CLOSED",
}


@dataclass(frozen=True)
class TradeMethods:
    """The methods about trades; `page_url` makes the address that a QR code leads to."""

    trades: TradeBook
    refunds: RefundBook
    page_url: Callable[[str], str]

    def by_name(self) -> dict[str, Method]:
        """Name the methods as callers do."""
        return {
            "alipay.trade.precreate": self.precreate,
            "alipay.trade.query": self.query,
        }

    def precreate(self, call: Call) -> Node:
        """Give out a QR code; the same order gets the same code again.

        Raises GatewayRefusedError for bad fields, for another order under a used number, and for a
        number whose trade is paid or closed.
        """
        order = _order(call)
        trade = self.trades.find(app_id=call.app.app_id, out_trade_no=order.out_trade_no)
        if trade is not None:
            trade = self.trades.as_of(trade, at_ms=call.at_ms)
            _require_same(trade, order=order)
        if order.expires_ms <= call.at_ms:
            raise invalid("time_expire")
        if trade is None:
            trade = self.trades.create(order, app=call.app, at_ms=call.at_ms)
        else:
            self.trades.repeat(trade, order=order, at_ms=call.at_ms)
        return success(out_trade_no=trade.out_trade_no, qr_code=self.page_url(trade.token))

    def query(self, call: Call) -> Node:
        """Say where a trade stands; Raises GatewayRefusedError if no payer has scanned it yet."""
        trade = addressed_trade(call, trades=self.trades)
        return success(**_shown(self.refunds.of(trade, at_ms=call.at_ms)))


def _order(call: Call) -> Order:
    out_trade_no, subject = biz_text(call, "out_trade_no"), biz_text(call, "subject")
    if not _NUMBER.fullmatch(out_trade_no):
        raise invalid("out_trade_no")
    if not 0 < len(subject) <= _SUBJECT_LENGTH_MAX or set(subject) & set("/=&"):
        raise invalid("subject")
    if biz_text(call, "product_code") not in _PRODUCTS:
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
    )


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


def _status_word(known: Refunds) -> str:
    if known.is_whole:
        return "TRADE_CLOSED"
    return "TRADE_FINISHED" if known.is_finished else _STATUS_WORDS[known.trade.status]


def _shown(known: Refunds) -> Node:
    trade = known.trade
    paid = trade.status == TradeStatus.PAID
    total = amount_text(trade.total_minor, currency=trade.currency)
    none = amount_text(0, currency=trade.currency)
    fields: Node = {
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_logon_id": trade.buyer_logon_id,
        "buyer_user_id": trade.buyer_id,
        "trade_status": _status_word(known),
        "total_amount": total,
        "trans_currency": trade.currency,
        "buyer_pay_amount": total if paid else none,
        "receipt_amount": total if paid else none,
        "invoice_amount": total if paid else none,
        "point_amount": none,
    }
    if trade.paid_ms is not None:
        fields["send_pay_date"] = shanghai_text(trade.paid_ms)
        fields["fund_bill_list"] = [{"amount": total, "fund_channel": "ALIPAYACCOUNT"}]
    return fields

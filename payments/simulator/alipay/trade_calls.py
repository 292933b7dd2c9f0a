"""Alipay's `trade.precreate`, `trade.create` and `trade.query`, with their rules."""

from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.alipay.fields import (
    addressed_trade,
    amounts_of,
    are_funds_told,
    funds_of,
    vouchers_of,
)
from payments.simulator.alipay.gateway import Call, Method, success
from payments.simulator.alipay.orders import accepted, order_from
from payments.simulator.alipay.refunds import RefundBook, Refunds
from payments.simulator.alipay.refusals import Node
from payments.simulator.alipay.trade_orders import Scene
from payments.simulator.alipay.trades import TradeBook, TradeStatus
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text

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
            "alipay.trade.create": self.create,
            "alipay.trade.query": self.query,
        }

    def precreate(self, call: Call) -> Node:
        """Give out a QR code; the same order gets the same code again.

        Raises GatewayRefusedError for bad fields, for another order under a used number, and for a
        number whose trade is paid or closed.
        """
        order = order_from(call, scene=Scene.QR)
        trade = accepted(order, call=call, trades=self.trades)
        return success(out_trade_no=trade.out_trade_no, qr_code=self.page_url(trade.token))

    def create(self, call: Call) -> Node:
        """Open a trade for the payer who is named, which exists at once; again, the same one.

        Raises GatewayRefusedError as `precreate`.
        """
        trade = accepted(order_from(call, scene=Scene.MINI), call=call, trades=self.trades)
        trade = self.trades.scan(trade, at_ms=call.at_ms)
        return success(out_trade_no=trade.out_trade_no, trade_no=trade.trade_no)

    def query(self, call: Call) -> Node:
        """Say where a trade stands; Raises GatewayRefusedError if no payer has scanned it yet."""
        trade = addressed_trade(call, trades=self.trades)
        return success(**_shown(self.refunds.of(trade, at_ms=call.at_ms)))


def _status_word(known: Refunds) -> str:
    if known.is_whole:
        return "TRADE_CLOSED"
    return "TRADE_FINISHED" if known.is_finished else _STATUS_WORDS[known.trade.status]


def _shown(known: Refunds) -> Node:
    trade = known.trade
    told = are_funds_told(trade)
    total = amount_text(trade.total_minor, currency=trade.currency)
    none = amount_text(0, currency=trade.currency)
    nobody = ("buyer_pay_amount", "receipt_amount", "invoice_amount", "point_amount")
    fields: Node = {
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "buyer_logon_id": trade.buyer_logon_id,
        "buyer_user_id": trade.buyer_id,
        "trade_status": _status_word(known),
        "total_amount": total,
        "trans_currency": trade.currency,
        **(amounts_of(trade) if told else dict.fromkeys(nobody, none)),
    }
    if trade.paid_ms is not None:
        fields["send_pay_date"] = shanghai_text(trade.paid_ms)
    if told:
        fields["fund_bill_list"] = [
            {"amount": amount, "fund_channel": fund} for amount, fund in funds_of(trade)
        ]
        if vouchers := vouchers_of(trade):
            fields["voucher_detail_list"] = vouchers
    return fields

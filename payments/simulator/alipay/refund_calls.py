"""Alipay's `trade.close`, `trade.refund` and `trade.fastpay.refund.query`, with their rules."""

import re
from dataclasses import dataclass

from payments.simulator.alipay.fields import addressed_trade, biz_text
from payments.simulator.alipay.gateway import Call, Method, success
from payments.simulator.alipay.refunds import Refund, RefundBook, Refunds
from payments.simulator.alipay.refusals import GatewayRefusedError, Node
from payments.simulator.alipay.trades import Trade, TradeBook, TradeStatus
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text, exact_minor
from payments.simulator.plans import PlanKind

_NUMBER = re.compile(r"[^\x00-\x20]{1,64}")
# A refund that failed for want of money succeeds under the same number once there is some.
_FIXABLE = "ACQ.SELLER_BALANCE_NOT_ENOUGH"


@dataclass(frozen=True)
class RefundMethods:
    """The methods that end trades or give money back."""

    trades: TradeBook
    refunds: RefundBook

    def by_name(self) -> dict[str, Method]:
        """Name the methods as callers do."""
        return {
            "alipay.trade.close": self.close,
            "alipay.trade.cancel": self.cancel,
            "alipay.trade.refund": self.refund,
            "alipay.trade.fastpay.refund.query": self.query,
        }

    def close(self, call: Call) -> Node:
        """Close a trade that waits for its payer; closing it again is answered alike.

        Raises GatewayRefusedError for one that nobody has scanned, whose code stays good, and for
        one that is paid.
        """
        trade = addressed_trade(call, trades=self.trades)
        if trade.status == TradeStatus.PAID:
            raise GatewayRefusedError("ACQ.TRADE_STATUS_ERROR")
        self.trades.close(trade, reason="asked", at_ms=call.at_ms)
        return success(trade_no=trade.trade_no, out_trade_no=trade.out_trade_no)

    def cancel(self, call: Call) -> Node:
        """Close a trade that is not paid, give back all of one that is, say which was done.

        Of a trade that nobody has scanned there is nothing to say.

        Raises GatewayRefusedError for one that can be refunded no more.
        """
        try:
            trade = addressed_trade(call, trades=self.trades)
        except GatewayRefusedError as refusal:
            if refusal.sub_code != "ACQ.TRADE_NOT_EXIST":
                raise
            return success(out_trade_no=biz_text(call, "out_trade_no"), retry_flag="N")
        action = "close"
        if trade.status == TradeStatus.PAID:
            action = "refund"
            known = self.refunds.of(trade, at_ms=call.at_ms)
            number = f"cancel_{trade.out_trade_no}"[:64]
            if known.find(number) is None:
                _require_refundable(known, amount_minor=known.left_minor)
                self.refunds.accept(
                    known,
                    app=call.app,
                    out_request_no=number,
                    amount_minor=known.left_minor,
                    plan=None,
                    at_ms=call.at_ms,
                )
        else:
            self.trades.close(trade, reason="cancelled", at_ms=call.at_ms)
        return success(
            trade_no=trade.trade_no,
            out_trade_no=trade.out_trade_no,
            retry_flag="N",
            action=action,
        )

    def refund(self, call: Call) -> Node:
        """Give back all of a trade or a part of it; the same number gives nothing twice.

        Raises GatewayRefusedError for what Alipay would not do; then nothing is remembered.
        """
        trade = addressed_trade(call, trades=self.trades)
        if trade.status != TradeStatus.PAID:
            raise GatewayRefusedError("ACQ.TRADE_STATUS_ERROR")
        amount_minor = _amount_minor(call, trade=trade)
        number = _request_number(call, trade=trade, amount_minor=amount_minor)
        known = self.refunds.of(trade, at_ms=call.at_ms)
        earlier = known.find(number)
        if earlier is not None:
            return self._repeated(earlier, known=known, amount_minor=amount_minor, call=call)

        _require_refundable(known, amount_minor=amount_minor)
        plan = self.refunds.planned(trade, out_request_no=number)
        if plan is not None and plan.kind == PlanKind.REFUND_REFUSED:
            raise GatewayRefusedError(plan.error_code or "")
        refund = self.refunds.accept(
            known,
            app=call.app,
            out_request_no=number,
            amount_minor=amount_minor,
            plan=plan,
            at_ms=call.at_ms,
        )
        return self._answer(refund, trade=trade, changed=refund.status == "done", call=call)

    def query(self, call: Call) -> Node:
        """Say what became of a refund; nothing but `10000` where the number is not known.

        So says alipay.trade.fastpay.refund.query. Raises GatewayRefusedError without a number.
        """
        trade = addressed_trade(call, trades=self.trades)
        number = biz_text(call, "out_request_no")
        if not number:
            raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="out_request_no")
        refund = self.refunds.of(trade, at_ms=call.at_ms).find(number)
        # Alipay does not tell a refund that failed from one that it never heard of.
        if refund is None or refund.status == "failed":
            return success()
        node = success(
            trade_no=trade.trade_no,
            out_trade_no=trade.out_trade_no,
            out_request_no=number,
            total_amount=amount_text(trade.total_minor, currency=trade.currency),
            refund_amount=amount_text(refund.amount_minor, currency=trade.currency),
            refund_currency=trade.currency,
        )
        if refund.status == "done":
            node["refund_status"] = "REFUND_SUCCESS"
            node.update(_fee_returned(refund, trade=trade))
            if "gmt_refund_pay" in _options(call):
                node["gmt_refund_pay"] = shanghai_text(refund.ends_ms)
            node.update(_taken(refund, trade=trade, call=call))
        return node

    def _repeated(self, refund: Refund, *, known: Refunds, amount_minor: int, call: Call) -> Node:
        trade = known.trade
        if refund.amount_minor != amount_minor:
            raise GatewayRefusedError("ACQ.DISCORDANT_REPEAT_REQUEST")
        if refund.status == "failed" and refund.error_code != _FIXABLE:
            raise GatewayRefusedError(refund.error_code or "")
        if refund.status == "failed":
            _require_refundable(known, amount_minor=amount_minor)
            done = self.refunds.retry(refund, trade=trade, at_ms=call.at_ms)
            return self._answer(done, trade=trade, changed=True, call=call)
        self.refunds.repeat(refund, trade=trade, at_ms=call.at_ms)
        return self._answer(refund, trade=trade, changed=False, call=call)

    def _answer(self, refund: Refund, *, trade: Trade, changed: bool, call: Call) -> Node:
        known = self.refunds.of(trade, at_ms=call.at_ms)
        node = success(
            trade_no=trade.trade_no,
            out_trade_no=trade.out_trade_no,
            buyer_logon_id=trade.buyer_logon_id,
            buyer_user_id=trade.buyer_id,
            fund_change="Y" if changed else "N",
            refund_fee=amount_text(known.done_minor, currency=trade.currency),
            refund_currency=trade.currency,
        )
        if refund.status == "done":
            node["gmt_refund_pay"] = shanghai_text(refund.ends_ms)
            node.update(_fee_returned(refund, trade=trade))
            node.update(_taken(refund, trade=trade, call=call))
        return node


def _amount_minor(call: Call, *, trade: Trade) -> int:
    try:
        amount_minor = exact_minor(biz_text(call, "refund_amount"), currency=trade.currency)
    except ValueError as error:
        raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="refund_amount") from error
    if amount_minor == 0:
        raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="refund_amount")
    return amount_minor


def _request_number(call: Call, *, trade: Trade, amount_minor: int) -> str:
    """Read the refund's number; a refund of everything may go by that of its trade."""
    number = biz_text(call, "out_request_no")
    if not number and amount_minor == trade.total_minor:
        return trade.out_trade_no
    if not _NUMBER.fullmatch(number):
        raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="out_request_no")
    return number


def _require_refundable(known: Refunds, *, amount_minor: int) -> None:
    if known.is_finished:
        raise GatewayRefusedError("ACQ.TRADE_HAS_FINISHED")
    if known.is_whole:
        raise GatewayRefusedError("ACQ.TRADE_STATUS_ERROR")
    if amount_minor > known.left_minor:
        raise GatewayRefusedError("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")


def _options(call: Call) -> list[object]:
    options = call.biz.get("query_options")
    return options if isinstance(options, list) else []


def _taken(refund: Refund, *, trade: Trade, call: Call) -> Node:
    """Say what the merchant really gave back, where that was asked for."""
    if "refund_detail_item_list" not in _options(call):
        return {}
    return {"send_back_fee": amount_text(refund.taken_minor, currency=trade.currency)}


def _fee_returned(refund: Refund, *, trade: Trade) -> Node:
    if refund.fee_minor == 0:
        return {}
    fee = amount_text(refund.fee_minor, currency=trade.currency)
    return {"refund_charge_info_list": [{"refund_charge_fee": fee, "charge_type": "trade"}]}

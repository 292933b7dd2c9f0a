"""Alipay's `fund.auth.*` and the `trade.pay` that takes frozen money, with their rules."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from payments.simulator.alipay.fields import biz_text
from payments.simulator.alipay.gateway import Call, Method, success
from payments.simulator.alipay.holds import Hold, HoldBook, HoldOrder
from payments.simulator.alipay.refusals import GatewayRefusedError, Node
from payments.simulator.alipay.trade_orders import Order
from payments.simulator.alipay.trades import Trade, TradeBook, TradeStatus
from payments.simulator.clock import shanghai_text
from payments.simulator.money import amount_text, exact_minor

_NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
_TIMEOUT = re.compile(r"([1-9][0-9]{0,4})m")
_MINUTE_MS = 60_000
_PRODUCT = "PREAUTH_PAY"
_STATUS_WORDS = {"waiting": "INIT", "held": "SUCCESS", "closed": "CLOSED"}


@dataclass(frozen=True)
class HoldMethods:
    """The methods about frozen money; `page_url` makes the address that a QR code leads to."""

    holds: HoldBook
    trades: TradeBook
    page_url: Callable[[str], str]

    def by_name(self) -> dict[str, Method]:
        """Name the methods as callers do."""
        return {
            "alipay.fund.auth.order.voucher.create": self.create,
            "alipay.fund.auth.operation.detail.query": self.query,
            "alipay.fund.auth.operation.cancel": self.cancel,
            "alipay.fund.auth.order.unfreeze": self.unfreeze,
            "alipay.trade.pay": self.capture,
        }

    def create(self, call: Call) -> Node:
        """Give out a QR code; the same order gets the same code again.

        Raises GatewayRefusedError for another order under a used number.
        """
        order = _order(call)
        hold = self.holds.find(
            app_id=call.app.app_id, out_order_no=order.out_order_no, at_ms=call.at_ms
        )
        if hold is None:
            hold = self.holds.create(order, app=call.app, at_ms=call.at_ms)
        elif hold.digest != order.digest:
            raise GatewayRefusedError("OUT_ORDER_NO_CONFLICT")
        elif hold.status == "closed":
            raise GatewayRefusedError("ORDER_ALREADY_CLOSED")
        return success(
            out_order_no=hold.out_order_no,
            out_request_no=hold.out_order_no,
            code_type="qrCode",
            code_value=self.page_url(hold.token),
        )

    def query(self, call: Call) -> Node:
        """Say where freezing or one freeing stands; Raises GatewayRefusedError if unknown."""
        hold = self._addressed(call)
        number = biz_text(call, "out_request_no")
        if biz_text(call, "operation_type") == "UNFREEZE" or number != hold.out_order_no:
            return _unfrozen(hold, number)
        node = _state(hold) | {
            "operation_id": hold.operation_id,
            "out_request_no": number,
            "amount": amount_text(hold.amount_minor, currency=hold.currency),
            "operation_type": "FREEZE",
            "status": _STATUS_WORDS[hold.status],
        }
        if hold.held_ms is not None:
            node["gmt_trans"] = shanghai_text(hold.held_ms)
        return node

    def cancel(self, call: Call) -> Node:
        """Close what was not granted, free all of what was; Raises GatewayRefusedError."""
        hold = self._addressed(call)
        action = "close"
        if hold.status == "held":
            if hold.is_over:
                raise GatewayRefusedError("ORDER_ALREADY_FINISH")
            action = "unfreeze"
            number = f"cancel_{hold.out_order_no}"[:64]
            left_minor = hold.left_minor
            self.holds.free(hold, out_request_no=number, amount_minor=left_minor, at_ms=call.at_ms)
        else:
            self.holds.close(hold, reason="cancelled", at_ms=call.at_ms)
        return success(
            auth_no=hold.auth_no,
            out_order_no=hold.out_order_no,
            out_request_no=hold.out_order_no,
            operation_id=hold.operation_id,
            action=action,
        )

    def unfreeze(self, call: Call) -> Node:
        """Free a part of what is frozen; the same number frees it once.

        Raises GatewayRefusedError for more than is left, and once it is over.
        """
        hold, number = self._addressed(call), biz_text(call, "out_request_no")
        amount_minor = _amount_minor(call, "amount", refusal="ILLEGAL_ARGUMENT")
        if not _NUMBER.fullmatch(number):
            raise GatewayRefusedError("ILLEGAL_ARGUMENT", field="out_request_no")
        earlier = hold.unfreeze(number)
        if earlier is not None:
            if earlier.amount_minor != amount_minor:
                raise GatewayRefusedError("ILLEGAL_ARGUMENT", field="amount")
            return _unfrozen(hold, number)
        if hold.status != "held" or hold.is_over:
            raise GatewayRefusedError("ORDER_ALREADY_FINISH")
        if amount_minor > hold.left_minor:
            raise GatewayRefusedError("REQUEST_AMOUNT_EXCEED")
        freed = self.holds.free(
            hold, out_request_no=number, amount_minor=amount_minor, at_ms=call.at_ms
        )
        return _unfrozen(freed, number)

    def capture(self, call: Call) -> Node:
        """Pay a trade out of frozen money; the same order is answered as it was.

        Raises GatewayRefusedError for another order under a used number, for more than is left
        and once it is over.
        """
        order, number = _capture_order(call), biz_text(call, "out_trade_no")
        known = self.trades.find(app_id=call.app.app_id, out_trade_no=number)
        if known is not None:
            if known.digest != order.digest:
                raise GatewayRefusedError("ACQ.CONTEXT_INCONSISTENT")
            self.trades.repeat(known, order=order, at_ms=call.at_ms)
            return _paid(known)
        hold = self.holds.find_by_auth_no(
            app_id=call.app.app_id, auth_no=biz_text(call, "auth_no"), at_ms=call.at_ms
        )
        if hold is None or hold.status != "held" or hold.is_over:
            raise GatewayRefusedError("ACQ.AUTH_NO_ERROR")
        if order.total_minor > hold.left_minor:
            raise GatewayRefusedError("ACQ.BUYER_BALANCE_NOT_ENOUGH")
        is_final = biz_text(call, "auth_confirm_mode") == "COMPLETE"
        is_final = is_final or order.total_minor == hold.left_minor
        trade = self.trades.create(order, app=call.app, at_ms=call.at_ms)
        self.holds.take(
            hold,
            trade_id=trade.id,
            passback_params=biz_text(call, "passback_params"),
            is_final=is_final,
            at_ms=call.at_ms,
        )
        return _paid(self.trades.pay(trade, app=call.app, at_ms=call.at_ms))

    def _addressed(self, call: Call) -> Hold:
        auth_no, number = biz_text(call, "auth_no"), biz_text(call, "out_order_no")
        app_id = call.app.app_id
        hold = (
            self.holds.find_by_auth_no(app_id=app_id, auth_no=auth_no, at_ms=call.at_ms)
            if auth_no
            else self.holds.find(app_id=app_id, out_order_no=number, at_ms=call.at_ms)
        )
        # As with a trade, there is nothing until a payer has opened the code.
        if hold is None or hold.auth_no is None:
            raise GatewayRefusedError("AUTH_ORDER_NOT_EXIST")
        return hold


def _order(call: Call) -> HoldOrder:
    number, title = biz_text(call, "out_order_no"), biz_text(call, "order_title")
    timeout = _TIMEOUT.fullmatch(biz_text(call, "pay_timeout"))
    wrong = {
        "out_order_no": not _NUMBER.fullmatch(number),
        "out_request_no": biz_text(call, "out_request_no") != number,
        "order_title": not title,
        "product_code": biz_text(call, "product_code") != _PRODUCT,
        "pay_timeout": timeout is None,
        "payee_user_id": biz_text(call, "payee_user_id") not in ("", call.app.seller_id),
        "trans_currency": (biz_text(call, "trans_currency") or "CNY") != call.app.currency,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            raise GatewayRefusedError("ILLEGAL_ARGUMENT", field=name)
    assert timeout is not None
    # The time-out counts from each asking, so it is no part of what makes two orders the same.
    same = {name: value for name, value in call.biz.items() if name != "pay_timeout"}
    return HoldOrder(
        out_order_no=number,
        digest=_digest(same),
        amount_minor=_amount_minor(call, "amount", refusal="ILLEGAL_ARGUMENT"),
        title=title,
        notify_url=call.notify_url,
        expires_ms=call.at_ms + int(timeout.group(1)) * _MINUTE_MS,
    )


def _capture_order(call: Call) -> Order:
    number, subject = biz_text(call, "out_trade_no"), biz_text(call, "subject")
    is_named = bool(_NUMBER.fullmatch(number) and subject and biz_text(call, "auth_no"))
    if not is_named or biz_text(call, "product_code") != _PRODUCT:
        raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="out_trade_no, product_code")
    if biz_text(call, "auth_confirm_mode") not in ("", "COMPLETE", "NOT_COMPLETE"):
        raise GatewayRefusedError("ACQ.INVALID_PARAMETER", field="auth_confirm_mode")
    return Order(
        out_trade_no=number,
        digest=_digest(call.biz),
        total_minor=_amount_minor(call, "total_amount", refusal="ACQ.INVALID_PARAMETER"),
        subject=subject,
        notify_url=call.notify_url,
        expires_ms=call.at_ms + _MINUTE_MS,
    )


def _amount_minor(call: Call, name: str, *, refusal: str) -> int:
    try:
        amount_minor = exact_minor(biz_text(call, name), currency=call.app.currency)
    except ValueError as error:
        raise GatewayRefusedError(refusal, field=name) from error
    if amount_minor < 1:
        raise GatewayRefusedError(refusal, field=name)
    return amount_minor


def _digest(fields: dict[str, object]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _state(hold: Hold) -> Node:
    over = {"waiting": "INIT", "held": "FINISH" if hold.is_over else "AUTHORIZED"}
    return success(
        auth_no=hold.auth_no,
        out_order_no=hold.out_order_no,
        order_status=over.get(hold.status, "CLOSED"),
        total_freeze_amount=amount_text(hold.amount_minor, currency=hold.currency),
        rest_amount=amount_text(hold.left_minor, currency=hold.currency),
        total_pay_amount=amount_text(hold.captured_minor, currency=hold.currency),
        order_title=hold.title,
        payer_user_id=hold.payer_id,
        trans_currency=hold.currency,
        gmt_create=shanghai_text(hold.created_ms),
    )


def _unfrozen(hold: Hold, number: str) -> Node:
    freed = hold.unfreeze(number)
    if freed is None:
        raise GatewayRefusedError("AUTH_OPERATION_NOT_EXIST")
    return _state(hold) | {
        "operation_id": f"{hold.auth_no}02",
        "out_request_no": number,
        "amount": amount_text(freed.amount_minor, currency=hold.currency),
        "operation_type": "UNFREEZE",
        "status": "SUCCESS",
        "gmt_trans": shanghai_text(freed.done_ms),
    }


def _paid(trade: Trade) -> Node:
    assert trade.status == TradeStatus.PAID
    assert trade.paid_ms is not None
    total = amount_text(trade.total_minor, currency=trade.currency)
    return success(
        trade_no=trade.trade_no,
        out_trade_no=trade.out_trade_no,
        buyer_user_id=trade.buyer_id,
        total_amount=total,
        buyer_pay_amount=total,
        receipt_amount=total,
        trans_currency=trade.currency,
        gmt_payment=shanghai_text(trade.paid_ms),
    )

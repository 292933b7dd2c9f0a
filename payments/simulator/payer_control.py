"""The control API's payers: who scan and pay, at every channel."""

from dataclasses import dataclass

from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.control import AlipayControl
from payments.simulator.alipay.coupons import Coupons
from payments.simulator.alipay.holds import Hold
from payments.simulator.alipay.trades import Trade, TradeBook
from payments.simulator.clock import VirtualClock, iso_text
from payments.simulator.errors import RefusedError
from payments.simulator.json_fields import JsonFields
from payments.simulator.money import amount_text
from payments.simulator.unionpay.control import UnionPayControl
from payments.simulator.unionpay.transactions import Transaction
from payments.simulator.wechatpay.control import WechatControl
from payments.simulator.wechatpay.trades import Trade as WechatTrade

_AnyTrade = Trade | WechatTrade | Transaction


@dataclass(frozen=True)
class PayerControl:
    """What payers do, whichever channel an order is at. Raises RefusedError where there is none."""

    clock: VirtualClock
    apps: AppBook
    trades: TradeBook
    alipay: AlipayControl
    wechat: WechatControl
    unionpay: UnionPayControl

    def pay(self, fields: JsonFields) -> object:
        """Be the payer of a trade, or let money be frozen; at Alipay with coupons, if given."""
        coupons = Coupons(
            coupon_minor=fields.integer("coupon_minor", default=0),
            gift_minor=fields.integer("gift_minor", default=0),
        )
        trade, at_ms = self._addressed(fields)
        if isinstance(trade, Hold):
            hold = self.alipay.holds.grant(trade, at_ms=at_ms)
            return {"out_trade_no": hold.out_order_no, "status": hold.status}
        if isinstance(trade, WechatTrade):
            return self.wechat.pay(trade, at_ms=at_ms)
        if isinstance(trade, Transaction):
            return self.unionpay.pay(trade, at_ms=at_ms)
        trade = self.trades.pay(trade, app=self._app(trade), at_ms=at_ms, coupons=coupons)
        return _trade_shown(trade)

    def scan(self, fields: JsonFields) -> object:
        """Open what the payer is shown, and do no more."""
        trade, at_ms = self._addressed(fields)
        if isinstance(trade, Hold):
            hold = self.alipay.holds.scan(trade, at_ms=at_ms)
            return {"out_trade_no": hold.out_order_no, "status": hold.status}
        if isinstance(trade, WechatTrade):
            # WeChat Pay knows of an order before anybody scans it.
            return self.wechat.trade_as_of(trade, at_ms=at_ms)
        if isinstance(trade, Transaction):
            # UnionPay knows of an order since its page was opened.
            return self.unionpay.trade_as_of(trade, at_ms=at_ms)
        return _trade_shown(self.trades.scan(trade, at_ms=at_ms))

    def _addressed(self, fields: JsonFields) -> tuple[_AnyTrade | Hold, int]:
        """Read which trade or authorisation is meant, at which channel whatever, and when."""
        app_id, out_trade_no = fields.text("app_id"), fields.text("out_trade_no")
        at_ms = fields.optional_instant_ms("at")
        fields.require_no_more()
        at_ms = self.clock.now_ms() if at_ms is None else at_ms
        other = self._at_another(app_id, out_trade_no=out_trade_no)
        if other is not None:
            return other, at_ms
        hold = self.alipay.holds.find(app_id=app_id, out_order_no=out_trade_no, at_ms=at_ms)
        if hold is not None:
            return hold, at_ms
        return self._trade(app_id, out_trade_no=out_trade_no), at_ms

    def _at_another(self, app_id: str, *, out_trade_no: str) -> WechatTrade | Transaction | None:
        """Look for a trade at the other channels than Alipay."""
        return self.wechat.find(app_id, out_trade_no=out_trade_no) or self.unionpay.find(
            app_id, out_trade_no=out_trade_no
        )

    def trade_as_of_now(self, app_id: str, *, out_trade_no: str) -> object:
        """Describe a trade as it is now, at whatever channel."""
        at_ms = self.clock.now_ms()
        other = self._at_another(app_id, out_trade_no=out_trade_no)
        if isinstance(other, WechatTrade):
            return self.wechat.trade_as_of(other, at_ms=at_ms)
        if other is not None:
            return self.unionpay.trade_as_of(other, at_ms=at_ms)
        trade = self._trade(app_id, out_trade_no=out_trade_no)
        return _trade_shown(self.trades.as_of(trade, at_ms=at_ms))

    def _trade(self, app_id: str, *, out_trade_no: str) -> Trade:
        trade = self.trades.find(app_id=app_id, out_trade_no=out_trade_no)
        if trade is None:
            detail = f"no trade {out_trade_no} of {app_id}"
            raise RefusedError(status=409, code="unknown_trade", detail=detail)
        return trade

    def _app(self, trade: Trade) -> App:
        app = self.apps.find(trade.app_id)
        assert app is not None
        return app


def _trade_shown(trade: Trade) -> dict[str, object]:
    return {
        "app_id": trade.app_id,
        "out_trade_no": trade.out_trade_no,
        "status": trade.status.value,
        "trade_no": trade.trade_no,
        "total_amount": amount_text(trade.total_minor, currency=trade.currency),
        "currency": trade.currency,
        "created_at": iso_text(trade.created_ms),
        "expires_at": iso_text(trade.expires_ms),
        "paid_at": None if trade.paid_ms is None else iso_text(trade.paid_ms),
        "payer_path": f"/payer/{trade.token}",
    }

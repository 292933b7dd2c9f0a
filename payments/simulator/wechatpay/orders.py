"""WeChat Pay's calls about orders: native, the two queries and close, with their rules."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from payments.simulator.wechatpay.coupons import CouponBook
from payments.simulator.wechatpay.fields import BodyFields
from payments.simulator.wechatpay.gateway import Call, Method, Reply
from payments.simulator.wechatpay.merchants import DOMESTIC, Merchant
from payments.simulator.wechatpay.refunds import RefundBook
from payments.simulator.wechatpay.refusals import CallRefusedError, bad_parameter
from payments.simulator.wechatpay.resources import trade_resource
from payments.simulator.wechatpay.trades import Order, Trade, TradeBook, TradeStatus

_NUMBER = r"[0-9A-Za-z_\-|*]{6,32}"
# Whole, public and without a query string; the simulator itself may be on this machine.
_NOTIFY_URL = r"https?://[^/?#\s]+(/[^?#\s]*)?"
PREPAY_PREFIX = "wx"
_LIFE_MS = 7 * 24 * 60 * 60 * 1000
_PASSED_OVER: dict[str, type] = {
    "goods_tag": str,
    "limit_pay": list,
    "support_fapiao": bool,
    "detail": dict,
    "scene_info": dict,
    "settle_info": dict,
}


@dataclass(frozen=True)
class OrderMethods:
    """The calls about orders; `page_url` makes the address that a QR code leads to.

    `h5_url` makes the one to which a mobile browser goes, of the token and the instant.
    """

    trades: TradeBook
    refunds: RefundBook
    page_url: Callable[[str], str]
    h5_url: Callable[[str, int], str]
    coupons: CouponBook

    def by_name(self) -> dict[str, Method]:
        """Name the calls as the log of effects does."""
        return {
            "wechat.native": self.native,
            "wechat.jsapi": self.jsapi,
            "wechat.h5": self.h5,
            "wechat.app": self.app,
            "wechat.query": self.query,
            "wechat.query_by_id": self.query_by_id,
            "wechat.close": self.close,
        }

    def native(self, call: Call) -> Reply:
        """Give out a QR code; the same order gets the same code again."""
        trade = self._opened(call, trade_type="NATIVE")
        return Reply(status=200, content={"code_url": self.page_url(trade.token)})

    def jsapi(self, call: Call) -> Reply:
        """Open an order for a page inside WeChat, by one payer alone."""
        return self._prepaid(call, trade_type="JSAPI")

    def app(self, call: Call) -> Reply:
        """Open an order for an app."""
        return self._prepaid(call, trade_type="APP")

    def h5(self, call: Call) -> Reply:
        """Open an order for a mobile browser; its address is new each time, for five minutes."""
        trade = self._opened(call, trade_type="MWEB")
        return Reply(status=200, content={"h5_url": self.h5_url(trade.token, call.at_ms)})

    def _prepaid(self, call: Call, *, trade_type: str) -> Reply:
        trade = self._opened(call, trade_type=trade_type)
        return Reply(status=200, content={"prepay_id": prepay_id_of(trade)})

    def _opened(self, call: Call, *, trade_type: str) -> Trade:
        """Open an order, or find it open.

        Raises CallRefusedError for bad fields, for another order under a used number, and for a
        number whose trade is paid or closed.
        """
        order = _order(call, trade_type=trade_type)
        trade = self.trades.find(mchid=call.merchant.mchid, out_trade_no=order.out_trade_no)
        if trade is not None:
            trade = self.trades.as_of(trade, at_ms=call.at_ms)
            _require_same(trade, order=order)
        if order.expires_ms <= call.at_ms:
            raise bad_parameter("/body/time_expire", message="订单失效时间早于当前时间")
        if trade is None:
            trade = self.trades.create(order, merchant=call.merchant, at_ms=call.at_ms)
        else:
            self.trades.repeat(trade, at_ms=call.at_ms)
        return trade

    def query(self, call: Call) -> Reply:
        """Say where a trade stands, by the merchant's number."""
        _require_own_mchid(call.query.get("mchid", ""), call=call, field="/query/mchid")
        return self._shown(
            self.trades.find(mchid=call.merchant.mchid, out_trade_no=call.number), call=call
        )

    def query_by_id(self, call: Call) -> Reply:
        """Say where a trade stands, by WeChat Pay's number."""
        _require_own_mchid(call.query.get("mchid", ""), call=call, field="/query/mchid")
        trade = self.trades.find_by_transaction_id(
            mchid=call.merchant.mchid, transaction_id=call.number
        )
        return self._shown(trade, call=call)

    def close(self, call: Call) -> Reply:
        """Close a trade that is not paid; closing it again changes nothing.

        Raises CallRefusedError if it is paid, or if there is none.
        """
        fields = BodyFields.of(call.body)
        mchid = fields.text("mchid", length_max=32)
        fields.require_no_more()
        _require_own_mchid(mchid, call=call, field="/body/mchid")
        trade = self.trades.find(mchid=call.merchant.mchid, out_trade_no=call.number)
        if trade is None:
            raise CallRefusedError("ORDER_NOT_EXIST")
        trade = self.trades.as_of(trade, at_ms=call.at_ms)
        if trade.status == TradeStatus.PAID:
            raise CallRefusedError("ORDERPAID")
        self.trades.close(trade, reason="asked", at_ms=call.at_ms)
        return Reply(status=204, content=None)

    def _shown(self, trade: Trade | None, *, call: Call) -> Reply:
        if trade is None:
            raise CallRefusedError("ORDER_NOT_EXIST")
        trade = self.trades.as_of(trade, at_ms=call.at_ms)
        has_refunds = bool(self.refunds.of_trade(trade))
        coupons = self.coupons.of_trade(trade)
        content = trade_resource(trade, has_refunds=has_refunds, coupons=coupons)
        return Reply(status=200, content=content)


def prepay_id_of(trade: Trade) -> str:
    """Name an order as devices hand it to WeChat: 34 letters and digits that begin with wx."""
    return f"{PREPAY_PREFIX}{trade.token}"


def notify_url(fields: BodyFields, *, is_required: bool) -> str:
    """Take an address for notices: a whole one, and none with a query string."""
    if is_required:
        return fields.text("notify_url", length_max=255, shape=_NOTIFY_URL)
    address = fields.optional_text("notify_url", length_max=255)
    if address and not re.fullmatch(_NOTIFY_URL, address):
        raise bad_parameter(fields.place("notify_url"))
    return address


def require_currency(amount: BodyFields, *, merchant: Merchant) -> None:
    """Refuse every currency but the merchant's: at home CNY, which may be left out."""
    if (amount.optional_text("currency", length_max=16) or DOMESTIC) != merchant.currency:
        message = f"目前只支持商户的币种：{merchant.currency}"
        raise bad_parameter(amount.place("currency"), message=message)


def digest_of(body: bytes) -> str:
    """Sum up what an order asks for, however its fields are arranged."""
    canonical = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _order(call: Call, *, trade_type: str) -> Order:
    fields = BodyFields.of(call.body)
    appid = fields.text("appid", length_max=32)
    mchid = fields.text("mchid", length_max=32)
    _require_own(appid, mchid=mchid, merchant=call.merchant)
    amount = fields.object("amount")
    order = Order(
        out_trade_no=fields.text("out_trade_no", length_max=32, shape=_NUMBER),
        digest=digest_of(call.body),
        total_minor=amount.amount("total"),
        description=fields.text("description", length_max=127),
        attach=fields.optional_text("attach", length_max=128),
        notify_url=notify_url(fields, is_required=True),
        expires_ms=_expires_ms(fields, at_ms=call.at_ms),
        trade_type=trade_type,
        payer_openid=_payer_openid(fields) if trade_type == "JSAPI" else None,
    )
    if trade_type == "MWEB":
        _require_scene(fields)
    require_currency(amount, merchant=call.merchant)
    amount.require_no_more()
    fields.pass_over(_PASSED_OVER)
    fields.require_no_more()
    return order


def _payer_openid(fields: BodyFields) -> str:
    payer = fields.object("payer")
    openid = payer.text("openid", length_max=128)
    payer.require_no_more()
    return openid


def _require_scene(fields: BodyFields) -> None:
    """Refuse an order of a browser that does not say where its payer is."""
    scene = fields.object("scene_info")
    address = scene.text("payer_client_ip", length_max=45)
    try:
        ip_address(address)
    except ValueError as error:
        raise bad_parameter(scene.place("payer_client_ip")) from error
    browser = scene.object("h5_info")
    browser.text("type", length_max=32, shape="iOS|Android|Wap")
    browser.pass_over({"app_name": str, "app_url": str, "bundle_id": str, "package_name": str})
    browser.require_no_more()
    scene.pass_over({"device_id": str, "store_info": dict})
    scene.require_no_more()


def _expires_ms(fields: BodyFields, *, at_ms: int) -> int:
    expires_ms = fields.optional_instant_ms("time_expire")
    return at_ms + _LIFE_MS if expires_ms is None else expires_ms


def _require_own(appid: str, *, mchid: str, merchant: Merchant) -> None:
    if (appid, mchid) != (merchant.appid, merchant.mchid):
        raise CallRefusedError("APPID_MCHID_NOT_MATCH")


def _require_own_mchid(mchid: str, *, call: Call, field: str) -> None:
    if not mchid:
        raise bad_parameter(field)
    if mchid != call.merchant.mchid:
        raise CallRefusedError("NO_AUTH")


def _require_same(trade: Trade, *, order: Order) -> None:
    if trade.status == TradeStatus.PAID:
        raise CallRefusedError("ORDERPAID")
    if trade.status == TradeStatus.CLOSED:
        raise CallRefusedError("ORDER_CLOSED")
    if (trade.digest, trade.trade_type) != (order.digest, order.trade_type):
        raise CallRefusedError("INVALID_REQUEST")

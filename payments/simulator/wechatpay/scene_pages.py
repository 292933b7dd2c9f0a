"""Where payers get to the simulated WeChat from: a page in it, a mobile browser, an app.

`/wechat/jsapi` and `/wechat/app` take the fields that a device hands over, in the query or as a
form, and lead to the payer's page if the merchant signed them; `/wechat/h5/<token>` is the address
that a browser is sent to, and leads back to `redirect_url` when the payer is done.
"""

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from payments.simulator import signing
from payments.simulator.clock import VirtualClock, wall_ms
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet
from payments.simulator.wechatpay.merchants import Merchant, MerchantBook
from payments.simulator.wechatpay.orders import PREPAY_PREFIX
from payments.simulator.wechatpay.payer_page import HEADINGS, PATH
from payments.simulator.wechatpay.trades import Trade, TradeBook, TradeStatus

H5 = "/wechat/h5/"
JSAPI = "/wechat/jsapi"
APP = "/wechat/app"
_H5_LIFE_MS = 5 * 60 * 1000
_PREPAY_LIFE_MS = 2 * 60 * 60 * 1000
_PAGE_NAMES = ("appId", "timeStamp", "nonceStr", "package", "signType", "paySign")
_APP_NAMES = ("appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign")


def h5_target(token: str, *, at_ms: int) -> str:
    """Make the address of a browser's page; it is good for five minutes from `at_ms` on."""
    return f"{H5}{token}?prepay_id={PREPAY_PREFIX}{token}&package={at_ms}"


@dataclass(frozen=True)
class _Handed:
    """What a device handed over: which order, of which scene, and what is signed how."""

    prepay_id: str
    trade_type: str
    app_id: str
    merchant_no: str
    timestamp: str
    text: str
    signature: str


@dataclass(frozen=True)
class ScenePages:
    """The ways to the payer's page that are no QR code."""

    clock: VirtualClock
    merchants: MerchantBook
    trades: TradeBook

    def answer(self, request: Request) -> Answer:
        """Check what a device brought and lead it on, or show a browser its page."""
        if request.method not in ("GET", "POST"):
            return sheet.plain(405, "Only GET and POST.")
        if request.path.startswith(H5):
            return self._browser(request)
        fields = dict(parse_qsl(request.query, keep_blank_values=True))
        if request.method == "POST":
            fields = dict(parse_qsl(request.body.decode("latin-1"), keep_blank_values=True))
        match request.path:
            case "/wechat/jsapi" if set(fields) == set(_PAGE_NAMES):
                return self._led_on(_handed_by_page(fields))
            case "/wechat/app" if set(fields) == set(_APP_NAMES):
                return self._led_on(_handed_by_app(fields))
            case "/wechat/jsapi" | "/wechat/app":
                return sheet.plain(400, "Not the fields that WeChat takes. 缺少参数。")
            case _:
                return sheet.plain(404, "There is no such page. 没有此页面。")

    def _led_on(self, handed: _Handed) -> Answer:
        trade = self.trades.find_by_token(handed.prepay_id.removeprefix(PREPAY_PREFIX))
        if trade is None or trade.trade_type != handed.trade_type:
            return sheet.plain(404, "There is no such payment. 没有这笔付款。")
        merchant = self.merchants.find(trade.mchid)
        assert merchant is not None
        if not _is_merchants(handed, trade=trade, merchant=merchant):
            return sheet.plain(400, "The merchant did not sign this. 支付验证签名失败。")
        if self.clock.now_ms() - trade.created_ms > _PREPAY_LIFE_MS:
            return sheet.plain(410, "This order was opened too long ago. 该订单已过期。")
        return sheet.shown_again(f"{PATH}{trade.token}")

    def _browser(self, request: Request) -> Answer:
        query = dict(parse_qsl(request.query))
        trade = self.trades.find_by_token(request.path.removeprefix(H5))
        issued = query.get("package", "")
        if trade is None or trade.trade_type != "MWEB" or not issued.isdigit():
            return sheet.plain(404, "There is no such payment. 没有这笔付款。")
        at_ms = self.clock.now_ms()
        trade = self.trades.as_of(trade, at_ms=at_ms)
        if trade.status == TradeStatus.NOTPAY and at_ms - int(issued) > _H5_LIFE_MS:
            return sheet.plain(410, "This address is too old. 支付链接已过期。")
        if request.method == "GET":
            return _browser_page(trade, redirect_url=query.get("redirect_url", ""))
        merchant = self.merchants.find(trade.mchid)
        assert merchant is not None
        match dict(parse_qsl(request.body.decode("latin-1"))).get("choice"):
            case "pay":
                with suppress(RefusedError):
                    self.trades.pay(trade, merchant=merchant, at_ms=at_ms)
            case "refuse":
                self.trades.refuse(trade, at_ms=at_ms)
            case _:
                return sheet.plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        return sheet.shown_again(f"{request.path}?{request.query}")


def _browser_page(trade: Trade, *, redirect_url: str) -> Answer:
    back = ""
    if redirect_url.startswith(("https://", "http://")):
        back = f'<p><a href="{escape(redirect_url)}">Back to the shop 返回商家</a></p>'
    foot = sheet.BUTTONS
    if trade.status == TradeStatus.CLOSED:
        foot = sheet.NOTHING_PAID
    elif trade.paid_ms is not None:
        foot = sheet.paid_foot(trade.paid_ms)
    return Sheet(
        heading=HEADINGS[trade.status],
        amount_minor=trade.total_minor - trade.coupons_minor,
        currency=trade.currency,
        payee=trade.mchid,
        subject=trade.description,
        number=trade.out_trade_no,
        foot=foot + back,
    ).answer()


def _handed_by_page(fields: dict[str, str]) -> _Handed:
    lines = (fields["appId"], fields["timeStamp"], fields["nonceStr"], fields["package"])
    is_rsa = fields["signType"] == "RSA"
    return _Handed(
        prepay_id=fields["package"].removeprefix("prepay_id="),
        trade_type="JSAPI",
        app_id=fields["appId"],
        merchant_no="",
        timestamp=fields["timeStamp"],
        text="".join(f"{line}\n" for line in lines),
        signature=fields["paySign"] if is_rsa else "",
    )


def _handed_by_app(fields: dict[str, str]) -> _Handed:
    lines = (fields["appid"], fields["timestamp"], fields["noncestr"], fields["prepayid"])
    is_package = fields["package"] == "Sign=WXPay"
    return _Handed(
        prepay_id=fields["prepayid"],
        trade_type="APP",
        app_id=fields["appid"],
        merchant_no=fields["partnerid"],
        timestamp=fields["timestamp"],
        text="".join(f"{line}\n" for line in lines),
        signature=fields["sign"] if is_package else "",
    )


def _is_merchants(handed: _Handed, *, trade: Trade, merchant: Merchant) -> bool:
    if handed.app_id != trade.appid or handed.merchant_no not in ("", trade.mchid):
        return False
    is_dated = handed.timestamp.isascii() and handed.timestamp.isdigit()
    if not is_dated or int(handed.timestamp) * 1000 > max(wall_ms(), trade.created_ms) + 300_000:
        return False
    return signing.is_signed(
        handed.text.encode(), signature=handed.signature, key=merchant.public_key
    )

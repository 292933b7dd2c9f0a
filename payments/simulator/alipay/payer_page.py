"""The page on which a trade is paid at Alipay, whatever the scene, and the way back to the shop."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from payments.simulator import signing
from payments.simulator.alipay.apps import App, AppBook
from payments.simulator.alipay.coupons import NO_COUPONS, Coupons
from payments.simulator.alipay.trade_orders import Scene
from payments.simulator.alipay.trades import Trade, TradeBook, TradeStatus
from payments.simulator.clock import VirtualClock, shanghai_text
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.money import amount_text
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet

_HEADINGS = {
    TradeStatus.UNSEEN: sheet.WAITING_HEADING,
    TradeStatus.WAITING: sheet.WAITING_HEADING,
    TradeStatus.PAID: sheet.PAID_HEADING,
    TradeStatus.CLOSED: sheet.CLOSED_HEADING,
}
_SCENES = {
    Scene.QR: "",
    Scene.PAGE: " · Computer 电脑网站",
    Scene.WAP: " · Mobile browser 手机网站",
    Scene.APP: " · App 应用",
    Scene.MINI: " · Mini program 小程序",
}
_SIGN_IN = '<form method="post"><button name="choice" value="sign_in">Sign in 登录</button></form>'
_COUPON = (
    '<form method="post">'
    '<button name="choice" value="coupon">Pay with a coupon 使用红包付款</button>'
    '<button name="choice" value="gift">Pay with the shop\'s coupon 使用商家券付款</button>'
    "</form>"
)
# A coupon on the page pays a tenth.
_COUPON_PART = 10


@dataclass(frozen=True)
class PayerPages:
    """The payer's side of the simulated Alipay, at `/payer/<token>`."""

    clock: VirtualClock
    apps: AppBook
    trades: TradeBook

    def answer(self, request: Request) -> Answer:
        """Show the page or take the payer's choice; to look at a QR code is to scan it."""
        trade = self.trades.find_by_token(request.path.removeprefix("/payer/"))
        if trade is None:
            return sheet.plain(404, "There is no such payment. 没有这笔付款。")
        if request.method == "GET":
            at_ms = self.clock.now_ms()
            if trade.scene == Scene.QR:
                return self._page(self.trades.scan(trade, at_ms=at_ms))
            return self._page(self.trades.as_of(trade, at_ms=at_ms))
        if request.method == "POST":
            return self._choose(trade, request=request)
        return sheet.plain(405, "Only GET and POST.")

    def _choose(self, trade: Trade, *, request: Request) -> Answer:
        at_ms = self.clock.now_ms()
        app = self._app(trade)
        match parse_qs(request.body.decode("latin-1")).get("choice"):
            case ["pay" | "coupon" | "gift" as choice]:
                coupons = _coupons(choice, part_minor=trade.total_minor // _COUPON_PART)
                # A closed trade refuses; the page then says that it is closed.
                with suppress(RefusedError):
                    trade = self.trades.pay(trade, app=app, at_ms=at_ms, coupons=coupons)
                    if trade.return_url:
                        return sheet.shown_again(_way_back(trade, app=app, at_ms=at_ms))
            case ["sign_in"]:
                self.trades.scan(trade, at_ms=at_ms)
            case ["refuse"]:
                # Who refuses closes the order in the wallet; merely leaving would let it expire.
                trade = self.trades.scan(trade, at_ms=at_ms)
                self.trades.close(trade, reason="refused", at_ms=at_ms)
            case _:
                return sheet.plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        return sheet.shown_again(request.path)

    def _page(self, trade: Trade) -> Answer:
        app = self._app(trade)
        return Sheet(
            heading=_HEADINGS[trade.status] + _SCENES[trade.scene],
            amount_minor=trade.total_minor,
            currency=trade.currency,
            payee=app.seller_id,
            subject=trade.subject,
            number=trade.out_trade_no,
            foot=_foot(trade, app=app, at_ms=self.clock.now_ms()),
            form_targets=_origins(trade.return_url),
            is_wide=trade.scene == Scene.PAGE,
        ).answer()

    def _app(self, trade: Trade) -> App:
        app = self.apps.find(trade.app_id)
        assert app is not None
        return app


def _foot(trade: Trade, *, app: App, at_ms: int) -> str:
    match trade.status:
        case TradeStatus.UNSEEN:
            return _SIGN_IN + sheet.BUTTONS + _COUPON
        case TradeStatus.WAITING:
            return sheet.BUTTONS + _COUPON
        case TradeStatus.PAID:
            assert trade.paid_ms is not None
            foot = sheet.paid_foot(trade.paid_ms)
            if not trade.return_url:
                return foot
            url = _way_back(trade, app=app, at_ms=at_ms)
            return foot + sheet.link(url, "Back to the shop 返回商家")
        case _:
            leaves = sheet.link(trade.quit_url, "Back to the shop 返回商家")
            return sheet.NOTHING_PAID + (leaves if trade.quit_url else "")


def _way_back(trade: Trade, *, app: App, at_ms: int) -> str:
    """Give the shop's address with what Alipay tells a browser: signed, and only to be shown."""
    assert trade.trade_no is not None
    params = {
        "charset": "utf-8",
        "out_trade_no": trade.out_trade_no,
        "method": f"alipay.trade.{trade.scene}.pay.return",
        "total_amount": amount_text(trade.total_minor, currency=trade.currency),
        "trade_no": trade.trade_no,
        "auth_app_id": app.app_id,
        "version": "1.0",
        "app_id": app.app_id,
        "seller_id": app.seller_id,
        "timestamp": shanghai_text(at_ms),
    }
    text = signing.notification_text(params)
    params |= {"sign_type": "RSA2", "sign": signing.signature_of(text, key=app.alipay_key)}
    joint = "&" if "?" in trade.return_url else "?"
    return f"{trade.return_url}{joint}{urlencode(params)}"


def _origins(url: str) -> tuple[str, ...]:
    """Give the origin of a shop's address: browsers ask for it before a form leads there."""
    parts = urlsplit(url)
    return (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()


def _coupons(choice: str, *, part_minor: int) -> Coupons:
    match choice:
        case "coupon":
            return Coupons(coupon_minor=part_minor)
        case "gift":
            return Coupons(gift_minor=part_minor)
        case _:
            return NO_COUPONS

"""The page behind a WeChat Pay QR code: what is to be paid to whom, and two buttons."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet
from payments.simulator.wechatpay.merchants import MerchantBook
from payments.simulator.wechatpay.trades import Trade, TradeBook, TradeStatus

PATH = "/wechat/payer/"
HEADINGS = {
    TradeStatus.NOTPAY: sheet.WAITING_HEADING,
    TradeStatus.PAID: sheet.PAID_HEADING,
    TradeStatus.CLOSED: sheet.CLOSED_HEADING,
}


@dataclass(frozen=True)
class WechatPayerPages:
    """The payer's side of the simulated WeChat Pay, at `/wechat/payer/<token>`."""

    clock: VirtualClock
    merchants: MerchantBook
    trades: TradeBook

    def answer(self, request: Request) -> Answer:
        """Show the page or take the payer's choice."""
        trade = self.trades.find_by_token(request.path.removeprefix(PATH))
        if trade is None:
            return sheet.plain(404, "There is no such payment. 没有这笔付款。")
        if request.method == "GET":
            return self._page(self.trades.as_of(trade, at_ms=self.clock.now_ms()))
        if request.method == "POST":
            return self._choose(trade, request=request)
        return sheet.plain(405, "Only GET and POST.")

    def _choose(self, trade: Trade, *, request: Request) -> Answer:
        at_ms = self.clock.now_ms()
        merchant = self.merchants.find(trade.mchid)
        assert merchant is not None
        match parse_qs(request.body.decode("latin-1")).get("choice"):
            case ["pay"]:
                # A closed trade refuses; the page then says that it is closed.
                with suppress(RefusedError):
                    self.trades.pay(trade, merchant=merchant, at_ms=at_ms)
            case ["refuse"]:
                # Unlike Alipay's, the order stays: the payer may scan the code once more.
                self.trades.refuse(trade, at_ms=at_ms)
            case _:
                return sheet.plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        return sheet.shown_again(request.path)

    def _page(self, trade: Trade) -> Answer:
        return Sheet(
            heading=HEADINGS[trade.status],
            amount_minor=trade.total_minor - trade.coupons_minor,
            currency=trade.currency,
            payee=trade.mchid,
            subject=trade.description,
            number=trade.out_trade_no,
            foot=_foot(trade),
        ).answer()


def _foot(trade: Trade) -> str:
    match trade.status:
        case TradeStatus.NOTPAY:
            return sheet.BUTTONS
        case TradeStatus.PAID:
            assert trade.paid_ms is not None
            return sheet.paid_foot(trade.paid_ms)
        case _:
            return sheet.NOTHING_PAID

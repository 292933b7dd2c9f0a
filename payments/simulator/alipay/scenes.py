"""What payers carry to the simulated Alipay themselves: from a browser, or into its app.

A browser comes to `gateway.do` with signed parameters and goes on to the payer's page. An app
hands over an order string, a mini program the number of its trade: `/phone` is the phone on which
Alipay's app opens then. Nothing exists for Alipay until the payer has signed in on the page.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from payments.simulator.alipay.apps import AppBook
from payments.simulator.alipay.gateway import params_of, verified_call
from payments.simulator.alipay.orders import accepted, order_from
from payments.simulator.alipay.refusals import GatewayRefusedError
from payments.simulator.alipay.trade_orders import Scene
from payments.simulator.alipay.trades import Trade, TradeBook
from payments.simulator.clock import VirtualClock
from payments.simulator.exchange import Answer, Request
from payments.simulator.pages import sheet
from payments.simulator.store import Store

PHONE_PATH = "/phone"
_BROWSER_METHODS = {
    "alipay.trade.page.pay": Scene.PAGE,
    "alipay.trade.wap.pay": Scene.WAP,
}
_APP_METHODS = {"alipay.trade.app.pay": Scene.APP}


@dataclass(frozen=True)
class SceneDoors:
    """Where payers arrive with an order in their hands."""

    store: Store
    clock: VirtualClock
    apps: AppBook
    trades: TradeBook

    def takes(self, request: Request) -> bool:
        """Say whether what comes to the gateway is a payer's browser, not a merchant's server."""
        return params_of(request).get("method") in _BROWSER_METHODS

    def browser(self, request: Request) -> Answer:
        """Send a browser on to the page on which its order is paid, or say what is wrong."""
        return self._opened(params_of(request), scenes=_BROWSER_METHODS)

    def phone(self, request: Request) -> Answer:
        """Be a phone: take an order string or a trade's number, and open it in Alipay's app."""
        text = request.query if request.method == "GET" else request.body.decode("latin-1")
        fields = dict(parse_qsl(text))
        if fields.get("order_string"):
            return self._opened(dict(parse_qsl(fields["order_string"])), scenes=_APP_METHODS)
        if fields.get("trade_no"):
            trade = self.trades.find_for_phone(fields["trade_no"].strip())
            if trade is None:
                return sheet.plain(404, "ACQ.TRADE_NOT_EXIST 交易不存在")
            return _page_of(trade)
        return sheet.phone()

    def _opened(self, params: dict[str, str], *, scenes: dict[str, Scene]) -> Answer:
        now_ms, code = self.clock.now_ms(), "10000"
        try:
            call = verified_call(
                params,
                app=self.apps.find(params.get("app_id", "")),
                now_ms=now_ms,
                is_carried=True,
            )
            scene = scenes.get(call.params["method"])
            if scene is None:
                raise GatewayRefusedError("isv.invalid-method")
            with self.store.transaction():
                trade = accepted(order_from(call, scene=scene), call=call, trades=self.trades)
            return _page_of(trade)
        except GatewayRefusedError as refusal:
            code = refusal.code
            return sheet.plain(400, f"{refusal.sub_code} {refusal.node()['sub_msg']}")
        finally:
            self.store.record_effect(
                "carried",
                at_ms=now_ms,
                owner=params.get("app_id"),
                method=params.get("method"),
                code=code,
            )


def _page_of(trade: Trade) -> Answer:
    """Send the payer to the page of a trade."""
    return sheet.shown_again(f"/payer/{trade.token}")

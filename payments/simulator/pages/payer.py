"""The page behind a QR code: what is to be paid to whom, and two buttons."""

import base64
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from payments.simulator.apps import AppBook
from payments.simulator.clock import VirtualClock, shanghai_text
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.money import amount_text
from payments.simulator.trades import Trade, TradeBook, TradeStatus

_TEXT = Path(__file__).with_name("payer.html").read_text(encoding="utf-8")
_PAGE = Template(_TEXT)
_STYLE = re.findall(r"<style>(.*?)</style>", _TEXT, flags=re.DOTALL)[0]
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
)
_BUTTONS = (
    '<form method="post">'
    '<button class="pay" name="choice" value="pay">Pay 付款</button>'
    '<button name="choice" value="refuse">Refuse 取消付款</button>'
    "</form>"
)
_HEADINGS = {
    TradeStatus.WAITING: "Payment 付款",
    TradeStatus.PAID: "Paid 已付款",
    TradeStatus.CLOSED: "Closed 交易已关闭",
}


@dataclass(frozen=True)
class PayerPages:
    """The payer's side of the simulated Alipay, at `/payer/<token>`."""

    clock: VirtualClock
    apps: AppBook
    trades: TradeBook

    def answer(self, request: Request) -> Answer:
        """Show the page (which scans the code) or take the payer's choice."""
        trade = self.trades.find_by_token(request.path.removeprefix("/payer/"))
        if trade is None:
            return _plain(404, "There is no such payment. 没有这笔付款。")
        if request.method == "GET":
            return self._page(self.trades.scan(trade, at_ms=self.clock.now_ms()))
        if request.method == "POST":
            return self._choose(trade, request=request)
        return _plain(405, "Only GET and POST.")

    def _choose(self, trade: Trade, *, request: Request) -> Answer:
        at_ms = self.clock.now_ms()
        app = self.apps.find(trade.app_id)
        assert app is not None
        match parse_qs(request.body.decode("latin-1")).get("choice"):
            case ["pay"]:
                # A closed trade refuses; the page then says that it is closed.
                with suppress(RefusedError):
                    self.trades.pay(trade, app=app, at_ms=at_ms)
            case ["refuse"]:
                # Who refuses closes the order in the wallet; merely leaving would let it expire.
                trade = self.trades.scan(trade, at_ms=at_ms)
                self.trades.close(trade, reason="refused", at_ms=at_ms)
            case _:
                return _plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        # Loading the page again must not send the choice again.
        return Answer(status=303, body=b"", headers=(("Location", request.path), *_HEADERS))

    def _page(self, trade: Trade) -> Answer:
        app = self.apps.find(trade.app_id)
        assert app is not None
        text = _PAGE.substitute(
            heading=_HEADINGS[trade.status],
            amount=escape(amount_text(trade.total_minor, currency=trade.currency)),
            currency=escape(trade.currency),
            payee=escape(app.seller_id),
            subject=escape(trade.subject),
            number=escape(trade.out_trade_no),
            foot=_foot(trade),
        )
        return Answer(
            status=200,
            body=text.encode(),
            content_type="text/html; charset=utf-8",
            headers=_HEADERS,
        )


def _foot(trade: Trade) -> str:
    match trade.status:
        case TradeStatus.WAITING:
            return _BUTTONS
        case TradeStatus.PAID:
            assert trade.paid_ms is not None
            when = shanghai_text(trade.paid_ms)
            words = "You may close this page. <span>可以关闭此页面。</span>"
            return f'<p class="state">{words}<br>{when}</p>'
        case _:
            return '<p class="state">Nothing was paid. 未付款。</p>'


def _plain(status: int, text: str) -> Answer:
    return Answer(
        status=status,
        body=text.encode(),
        content_type="text/plain; charset=utf-8",
        headers=_HEADERS,
    )

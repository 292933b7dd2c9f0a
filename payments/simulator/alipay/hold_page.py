"""The page on which a payer lets a merchant freeze money at Alipay."""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qs

from payments.simulator.alipay.apps import AppBook
from payments.simulator.alipay.holds import Hold, HoldBook
from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet

PATH = "/hold/"
_HEADINGS = {
    "waiting": "Freeze 资金授权",
    "held": "Frozen 已授权冻结",
    "closed": sheet.CLOSED_HEADING,
}


@dataclass(frozen=True)
class HoldPages:
    """The payer's side of freezing, at `/hold/<token>`."""

    clock: VirtualClock
    apps: AppBook
    holds: HoldBook

    def answer(self, request: Request) -> Answer:
        """Show the page, which scans the code, or take the payer's choice."""
        at_ms = self.clock.now_ms()
        hold = self.holds.find_by_token(request.path.removeprefix(PATH), at_ms=at_ms)
        if hold is None:
            return sheet.plain(404, "There is no such authorisation. 没有这笔授权。")
        if request.method == "GET":
            return self._page(self.holds.scan(hold, at_ms=at_ms))
        if request.method != "POST":
            return sheet.plain(405, "Only GET and POST.")
        match parse_qs(request.body.decode("latin-1")).get("choice"):
            case ["pay"]:
                # A closed one refuses; the page then says that it is closed.
                with suppress(RefusedError):
                    self.holds.grant(hold, at_ms=at_ms)
            case ["refuse"]:
                hold = self.holds.scan(hold, at_ms=at_ms)
                self.holds.close(hold, reason="refused", at_ms=at_ms)
            case _:
                return sheet.plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        return sheet.shown_again(request.path)

    def _page(self, hold: Hold) -> Answer:
        app = self.apps.find(hold.app_id)
        assert app is not None
        foot = sheet.NOTHING_PAID
        if hold.status == "waiting":
            foot = sheet.BUTTONS
        elif hold.held_ms is not None:
            foot = sheet.paid_foot(hold.held_ms)
        return Sheet(
            heading=_HEADINGS[hold.status],
            amount_minor=hold.amount_minor,
            currency=hold.currency,
            payee=app.seller_id,
            subject=hold.title,
            number=hold.out_order_no,
            foot=foot,
        ).answer()

"""Where the payee of a transfer takes the money: what their device hands over leads there.

`/wechat/confirm?mchId=&appId=&package=` is what a QR code of the merchant's may hold.
"""

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qsl

from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet
from payments.simulator.wechatpay.transfers import Transfer, TransferBook

CONFIRM = "/wechat/confirm"
PATH = "/wechat/payee/"
_BUTTON = (
    '<form method="post">'
    '<button class="pay" name="choice" value="confirm">Take the money 确认收款</button>'
    "</form>"
)
_HEADINGS = {
    "WAIT_USER_CONFIRM": "Transfer to you 待收款",
    "SUCCESS": "Received 已收款",
    "CANCELING": "Being called back 撤销中",
    "CANCELLED": "Called back 已撤销",
    "FAIL": "Failed 转账失败",
}


@dataclass(frozen=True)
class PayeePages:
    """The payee's side of transfers."""

    clock: VirtualClock
    transfers: TransferBook

    def answer(self, request: Request) -> Answer:
        """Lead a device on, show the page, or take the payee's choice."""
        at_ms = self.clock.now_ms()
        if request.path == CONFIRM:
            fields = dict(parse_qsl(request.query))
            token = fields.get("package", "").removesuffix("==")
            transfer = self.transfers.find_by_token(token, at_ms=at_ms)
            if transfer is None or (fields.get("mchId"), fields.get("appId")) != (
                transfer.mchid,
                transfer.appid,
            ):
                return sheet.plain(404, "There is no such transfer. 单号错误。")
            return sheet.shown_again(f"{PATH}{token}")
        transfer = self.transfers.find_by_token(request.path.removeprefix(PATH), at_ms=at_ms)
        if transfer is None:
            return sheet.plain(404, "There is no such transfer. 单号错误。")
        if request.method == "GET":
            return _page(transfer)
        if request.method == "POST" and b"choice=confirm" in request.body:
            # Who comes too late sees on the page what became of it.
            with suppress(RefusedError):
                self.transfers.confirm(transfer, at_ms=at_ms)
            return sheet.shown_again(request.path)
        return sheet.plain(400, "Choose to take it. 请选择确认收款。")


def _page(transfer: Transfer) -> Answer:
    is_open = transfer.state == "WAIT_USER_CONFIRM"
    words = escape(transfer.fail_reason or transfer.state)
    return Sheet(
        heading=_HEADINGS.get(transfer.state, "On its way 处理中"),
        amount_minor=transfer.amount_minor,
        currency="CNY",
        payee=transfer.openid,
        subject=transfer.remark,
        number=transfer.out_bill_no,
        foot=_BUTTON if is_open else f'<p class="state">{words}</p>',
    ).answer()

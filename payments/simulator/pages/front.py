"""The simulator's front page: where everything is, and which payments wait for their payers."""

import sqlite3
from dataclasses import dataclass

from payments.simulator.clock import VirtualClock, iso_text
from payments.simulator.exchange import Answer, Request, error_answer, json_answer
from payments.simulator.money import amount_text
from payments.simulator.pages import board
from payments.simulator.pages.board import Html
from payments.simulator.store import Store

_WAITING_MAX = 20
_WAITING = """
SELECT 'Alipay 支付宝' AS channel, '/payer/' || token AS path, out_trade_no AS number,
       total_minor AS amount_minor, currency, created_ms
FROM trades WHERE status IN ('unseen', 'waiting') AND expires_ms > ?
UNION ALL
SELECT 'Alipay hold 预授权', '/hold/' || token, out_order_no, amount_minor, currency, created_ms
FROM alipay_holds WHERE status IN ('unseen', 'waiting') AND expires_ms > ?
UNION ALL
SELECT 'WeChat Pay 微信支付', '/wechat/payer/' || token, out_trade_no, total_minor, currency,
       created_ms
FROM wechat_trades WHERE status = 'notpay' AND expires_ms > ?
UNION ALL
SELECT 'UnionPay 银联', '/unionpay/cashier/' || token, order_id, amount_minor, 'CNY', created_ms
FROM unionpay_transactions WHERE status = 'open' AND txn_type IN ('01', '02') AND ends_ms > ?
ORDER BY created_ms DESC LIMIT ?
"""
_PLACES = (
    ("/phone", "The payer's phone 手机: open an order string or a trade in Alipay's app"),
    ("/control/page", "Control 控制台: the clock, faults, plans, bills, the log"),
    ("/healthz", "Is it well 状态"),
)
_TRIES = (
    "Computer 电脑: a QR code (its page is in the list below), Alipay's page, a bank card.",
    "Phone 手机: Alipay or WeChat Pay in a mobile browser; a phone's user agent will do.",
    "In an app 应用内: the checkout of a sandbox plays the phone on which an app goes on.",
    "Cards 银行卡: 4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined.",
    "3-D Secure: 4000 0027 6000 3184 asks for a code, any six digits but 123456.",
)


@dataclass(frozen=True)
class FrontPage:
    """Everything that has no other door: the front page, the pulse, and what is not there."""

    store: Store
    clock: VirtualClock

    def answer(self, request: Request) -> Answer:
        """Show the front page; only this machine sees whose payments wait."""
        if request.path == "/healthz":
            return json_answer({"status": "ok", "clock": self.clock.shown()})
        if request.path != "/":
            return error_answer(status=404, code="not_found", detail=request.path)
        places = "".join(f"<li>{board.link(path, words)}</li>" for path, words in _PLACES)
        tries = "".join(f"<li>{words}</li>" for words in _TRIES)
        body = (
            "<h1>The other side: Alipay, WeChat Pay, UnionPay and a bank</h1>"
            + board.section("Where to go 入口", f"<ul>{places}</ul>")
            + board.section("What to try 试一试", f"<ul>{tries}</ul>")
        )
        if request.is_local:
            body += board.section(
                "Payments that wait for their payer 待付款", self._waiting(), is_wide=True
            )
        return board.page(body)

    def _waiting(self) -> str:
        rows = self.store.rows(_WAITING, *[self.clock.now_ms()] * 4, _WAITING_MAX)
        return board.table(
            ("Channel 渠道", "Number 订单号", "Amount 金额", "Since 自"),
            (
                (
                    row["channel"],
                    Html(board.link(row["path"], row["number"])),
                    _amount(row),
                    iso_text(row["created_ms"]),
                )
                for row in rows
            ),
        )


def _amount(row: sqlite3.Row) -> str:
    currency = row["currency"]
    return f"{amount_text(row['amount_minor'], currency=currency)} {currency}"

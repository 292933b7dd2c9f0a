"""UnionPay's own page, where a payer types a card in: the only place that sees its number.

It takes the well-known test numbers, and keeps the last four digits of what was typed.
"""

from contextlib import suppress
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs

from payments.simulator.clock import VirtualClock
from payments.simulator.errors import RefusedError
from payments.simulator.exchange import Answer, Request, Silence
from payments.simulator.pages import sheet
from payments.simulator.pages.sheet import Sheet
from payments.simulator.unionpay.calls import CASHIER
from payments.simulator.unionpay.merchants import CURRENCY, Merchant, MerchantBook
from payments.simulator.unionpay.transactions import OK, Status, Transaction, TransactionBook

CARDS = {
    "4242424242424242": OK,
    "6200000000000005": OK,
    "4000000000000002": "60",
    "4000000000009995": "64",
    "4000000000000069": "73",
    "4000000000000127": "65",
    "4000000000000119": "01",
    "4000002760003184": OK,
    "4000000000003220": OK,
    "4000008400001629": "60",
    "6200000000000047": OK,
    "6200000000000013": "A6",
}
"""What the bank of each test card answers: the numbers of other simulators, and some of ours."""
WITH_CODE = frozenset({"4000002760003184", "4000000000003220", "4000008400001629"})
"""Cards whose bank wants a code that it sent to the payer (3-D Secure, SMS)."""
SILENT = "6200000000000047"
"""A card with which the page never answers after the bank took the money."""
WRONG_CODES = ("123456", "654321")
_UNKNOWN_CARD = "61"
_WRONG_CODE = "71"
_SILENCE_MS = 60_000
_HEADINGS = {
    Status.OPEN: sheet.WAITING_HEADING,
    Status.PROCESSING: sheet.WAITING_HEADING,
    Status.DONE: sheet.PAID_HEADING,
    Status.FAILED: sheet.CLOSED_HEADING,
}
_CARD_FORM = (
    '<form method="post" autocomplete="off">'
    '<p><label>Card number 卡号 <input name="card" inputmode="numeric" maxlength="23"></label></p>'
    '<button class="pay" name="choice" value="pay">Pay 付款</button>'
    '<button name="choice" value="refuse">Refuse 取消付款</button>'
    "</form>"
)
_CODE_FORM = (
    '<form method="post" autocomplete="off">'
    '<p><label>Code from your bank 短信验证码 <input name="code" inputmode="numeric"'
    ' maxlength="6"></label></p>'
    '<button class="pay" name="choice" value="confirm">Confirm 确认</button>'
    '<button name="choice" value="refuse">Refuse 取消付款</button>'
    "</form>"
)


@dataclass(frozen=True)
class CashierPages:
    """The payer's side of the simulated UnionPay, at `/unionpay/cashier/<token>`."""

    clock: VirtualClock
    merchants: MerchantBook
    transactions: TransactionBook

    def answer(self, request: Request) -> Answer | Silence:
        """Show the page or take the payer's choice."""
        found = self.transactions.find_by_token(request.path.removeprefix(CASHIER))
        if found is None:
            return sheet.plain(404, "There is no such payment. 没有这笔付款。")
        merchant = self.merchants.find(found.mer_id)
        assert merchant is not None
        at_ms = self.clock.now_ms()
        if request.method == "GET":
            return _page(self.transactions.as_of(found, merchant=merchant, at_ms=at_ms))
        if request.method == "POST":
            return self._choose(found, merchant=merchant, request=request, at_ms=at_ms)
        return sheet.plain(405, "Only GET and POST.")

    def _choose(
        self, found: Transaction, *, merchant: Merchant, request: Request, at_ms: int
    ) -> Answer | Silence:
        form = parse_qs(request.body.decode("latin-1"))
        card = "".join(filter(str.isdigit, form.get("card", [""])[0]))
        match form.get("choice"):
            case ["pay"] if card in WITH_CODE:
                self.transactions.ask_for_code(found, card_tail=card[-4:], code=CARDS[card])
            case ["pay"]:
                code = CARDS.get(card, _UNKNOWN_CARD)
                self._pay(found, merchant, tail=card[-4:], code=code, at_ms=at_ms)
                if card == SILENT:
                    return Silence(wait_ms=_SILENCE_MS)
            case ["confirm"] if found.waiting_code:
                is_wrong = form.get("code", [""])[0] in ("", *WRONG_CODES)
                code = _WRONG_CODE if is_wrong else found.waiting_code
                self._pay(found, merchant, tail=found.card_tail, code=code, at_ms=at_ms)
            case ["refuse"]:
                # Nothing is told to anybody: the page may be opened again until its time is over.
                self.transactions.record("refused", found, at_ms=at_ms)
            case _:
                return sheet.plain(400, "Choose to pay or to refuse. 请选择付款或取消。")
        return sheet.shown_again(request.path)

    def _pay(
        self, found: Transaction, merchant: Merchant, *, tail: str, code: str, at_ms: int
    ) -> None:
        # One whose time is over refuses; the page then says that it is closed.
        with suppress(RefusedError):
            self.transactions.pay(
                found,
                merchant=merchant,
                card_tail=tail if len(tail) == 4 else "",
                code=code,
                at_ms=at_ms,
            )


def _page(found: Transaction) -> Answer:
    return Sheet(
        heading=_HEADINGS[found.status],
        amount_minor=found.amount_minor,
        currency=CURRENCY,
        payee=found.mer_id,
        subject=found.description,
        number=found.order_id,
        foot=_foot(found) + _way_back(found),
    ).answer()


def _foot(found: Transaction) -> str:
    match found.status:
        case Status.OPEN:
            form = _CODE_FORM if found.waiting_code else _CARD_FORM
            is_declined = found.code not in ("70", OK)
            return (
                f'<p class="state">Declined 交易失败 {found.code}</p>' if is_declined else ""
            ) + form
        case Status.DONE:
            assert found.done_ms is not None
            return sheet.paid_foot(found.done_ms)
        case _:
            return sheet.NOTHING_PAID


def _way_back(found: Transaction) -> str:
    if not found.front_url.startswith(("http://", "https://")):
        return ""
    return f'<p><a href="{escape(found.front_url)}">Back to the shop 返回商户</a></p>'

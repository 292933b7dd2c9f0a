"""The one page that payers see, whatever channel it is of: an amount, its words, two buttons."""

import base64
import hashlib
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from payments.simulator.clock import shanghai_text
from payments.simulator.exchange import Answer
from payments.simulator.money import amount_text

_TEXT = Path(__file__).with_name("payer.html").read_text(encoding="utf-8")
_PAGE = Template(_TEXT)
_STYLE = re.findall(r"<style>(.*?)</style>", _TEXT, flags=re.DOTALL)[0]
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode("ascii")


def headers_for(*form_targets: str) -> tuple[tuple[str, str], ...]:
    """Give the headers of a page whose form may lead here, and on to these origins."""
    targets = " ".join(("'self'", *form_targets))
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}';"
        f" form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    return (
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", policy),
    )


HEADERS = headers_for()
WAITING_HEADING = "Payment 付款"
PAID_HEADING = "Paid 已付款"
CLOSED_HEADING = "Closed 交易已关闭"
BUTTONS = (
    '<form method="post">'
    '<button class="pay" name="choice" value="pay">Pay 付款</button>'
    '<button name="choice" value="refuse">Refuse 取消付款</button>'
    "</form>"
)
PHONE = (
    '<form method="post" action="/phone">'
    "<label>Order string 订单串"
    '<textarea name="order_string" rows="6"></textarea></label>'
    '<label>Trade number 交易号 <input name="trade_no"></label>'
    '<button class="pay">Open in the app 打开应用</button>'
    "</form>"
)
NOTHING_PAID = '<p class="state">Nothing was paid. 未付款。</p>'


@dataclass(frozen=True)
class Sheet:
    """What a page says; `foot` is HTML, everything else is shown as text.

    `form_targets` are the origins to which its form may lead on; a wide page is for a computer.
    """

    heading: str
    amount_minor: int
    currency: str
    payee: str
    subject: str
    number: str
    foot: str
    form_targets: tuple[str, ...] = ()
    is_wide: bool = False

    def answer(self) -> Answer:
        """Write it as a page."""
        text = _PAGE.substitute(
            heading=self.heading,
            amount=escape(amount_text(self.amount_minor, currency=self.currency)),
            currency=escape(self.currency),
            payee=escape(self.payee),
            subject=escape(self.subject) or "–",
            number=escape(self.number),
            foot=self.foot,
            width="wide" if self.is_wide else "narrow",
        )
        return _html(text, headers=headers_for(*self.form_targets))


def paid_foot(paid_ms: int) -> str:
    """Say that it is paid, and since when."""
    words = "You may close this page. <span>可以关闭此页面。</span>"
    return f'<p class="state">{words}<br>{shanghai_text(paid_ms)}</p>'


def plain(status: int, text: str) -> Answer:
    """Say in one line why there is no page."""
    return Answer(
        status=status,
        body=text.encode(),
        content_type="text/plain; charset=utf-8",
        headers=HEADERS,
    )


def shown_again(path: str) -> Answer:
    """Send the payer to a page: loading it again must not send the choice again."""
    return Answer(status=303, body=b"", headers=(("Location", path), *HEADERS))


def link(url: str, words: str) -> str:
    """Write a link; its words are HTML."""
    return f'<p class="state"><a href="{escape(url)}">{words}</a></p>'


def phone() -> Answer:
    """Show the phone on which Alipay's app is opened by another app."""
    head, _, rest = _TEXT.partition("<h1>")
    tail = rest.partition("</dl>")[2]
    text = Template(f"{head}<h1>Phone 手机</h1>{tail}").substitute(foot=PHONE, width="narrow")
    return _html(text, headers=HEADERS)


def _html(text: str, *, headers: tuple[tuple[str, str], ...]) -> Answer:
    return Answer(
        status=200, body=text.encode(), content_type="text/html; charset=utf-8", headers=headers
    )

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
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", _POLICY),
)
WAITING_HEADING = "Payment 付款"
PAID_HEADING = "Paid 已付款"
CLOSED_HEADING = "Closed 交易已关闭"
BUTTONS = (
    '<form method="post">'
    '<button class="pay" name="choice" value="pay">Pay 付款</button>'
    '<button name="choice" value="refuse">Refuse 取消付款</button>'
    "</form>"
)
NOTHING_PAID = '<p class="state">Nothing was paid. 未付款。</p>'


@dataclass(frozen=True)
class Sheet:
    """What a page says; `foot` is HTML, everything else is shown as text."""

    heading: str
    amount_minor: int
    currency: str
    payee: str
    subject: str
    number: str
    foot: str

    def answer(self) -> Answer:
        """Write it as a page."""
        text = _PAGE.substitute(
            heading=self.heading,
            amount=escape(amount_text(self.amount_minor, currency=self.currency)),
            currency=escape(self.currency),
            payee=escape(self.payee),
            subject=escape(self.subject),
            number=escape(self.number),
            foot=self.foot,
        )
        return Answer(
            status=200, body=text.encode(), content_type="text/html; charset=utf-8", headers=HEADERS
        )


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
    """Send the payer back to the page: loading it again must not send the choice again."""
    return Answer(status=303, body=b"", headers=(("Location", path), *HEADERS))

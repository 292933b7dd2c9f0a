"""Our whole house at all channels: accounts, payments, the door for notifications, the engine.

What the suites of adapters hold in their hands alone goes here through `POST /notify/…`, the job
that asks, and the books.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import time_machine
from django.test import Client

from payments.actions import attempts
from payments.channels.transport import Answer, Transport
from payments.models import ChannelAccount, Payment, PaymentAttempt, Refund
from payments.pricing import FeeTerms
from settlements.rehearsal.marketplace import Plan, open_marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.mailbox import Letter, Mailbox
from tests.contracts.pens import Changes, Pen, pen_of
from tests.factories.payments import confirmed_payment, refund_asked
from tests.instants import NOON
from tests.rig.stage import let_machines_wait, run_jobs

PAID_AT = NOON + timedelta(minutes=7)
LATER = NOON + timedelta(minutes=20)
METHODS = {"alipay": "alipay_qr", "wechatpay": "wechat_native", "unionpay": "card_page"}
ACCEPTED = {
    "alipay": (200, b"success", "text/plain"),
    "wechatpay": (200, b"", "application/json"),
    "unionpay": (200, b"ok", "text/plain"),
}
"""The exact answers that tell a channel to stop repeating: status, body, kind."""
REFUSED = {
    "alipay": (400, b"fail", "text/plain; charset=utf-8"),
    "wechatpay": (400, b'{"code":"FAIL","message":"refused"}', "application/json"),
    "unionpay": (400, b"fail", "text/plain; charset=utf-8"),
}
"""The exact answers to what nobody may believe."""

PLAN = Plan(
    name="All channels",
    currency="CNY",
    fee=FeeTerms(bps=200),
    payout_fee_minor=100,
    channel_fee_bps=60,
    app_id="2021500000000001",
    seller_id="2088500000000001",
    bank_account_no="110990005000000000",
    bank_opening_minor=100_000_000,
    wechat=("1500000001", "wx5000000000000001"),
    unionpay="777290500000001",
)

OTHER_PLAN = Plan(
    name="All channels, the other house",
    currency="CNY",
    fee=FeeTerms(bps=200),
    payout_fee_minor=100,
    channel_fee_bps=60,
    app_id="2021500000000002",
    seller_id="2088500000000002",
    bank_account_no="110990005000000001",
    bank_opening_minor=100_000_000,
    wechat=("1500000002", "wx5000000000000002"),
    unionpay="777290500000002",
)

Said = tuple[int, bytes, str]


class Tampering:
    """The way to all channels; what they answer passes through `change`, while there is one."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.change: Callable[[Answer], Answer] | None = None

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        def exchange(*args: Any, **kwargs: Any) -> Answer:
            answer: Answer = getattr(self._transport, name)(*args, **kwargs)
            return answer if self.change is None else self.change(answer)

        return exchange


@dataclass
class Desk:
    """One account of ours at one channel, which knows it by `owner`."""

    account: ChannelAccount
    owner: str
    pen: Pen
    other_side: OtherSide
    mailbox: Mailbox
    way_out: Tampering
    letters: dict[str, Letter] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        return self.account.channel

    def ordered(self, method: str = "") -> PaymentAttempt:
        """Have 100.00 ordered, and the payer before the channel's page.

        What a payer carries there otherwise than as a form, by a `method`, is left to the test.
        """
        attempt = confirmed_payment(method=method or METHODS[self.channel])
        # Of two accounts at one channel the older takes all payments by itself.
        assert attempt.channel_account_id == self.account.pk
        attempts.send_attempt(attempt.pk, at=NOON)
        attempt = self.read(attempt)
        action = attempt.payer_action
        if action and action["kind"] == "form":
            httpx.post(action["url"], data=action["fields"], timeout=30)
        run_jobs()
        return attempt

    def paid(self) -> PaymentAttempt:
        """Have an order paid that nobody here has heard of, but its letter."""
        attempt = self.ordered()
        number = attempt.operation.channel_no
        self.other_side.pay(app_id=self.owner, out_trade_no=number, at=PAID_AT)
        self.letters[attempt.pk] = self.heard_of(number)
        return attempt

    def heard_of(self, number: str) -> Letter:
        """Wait for the channel's next letter about a number; others are put aside."""
        while True:
            letter = self.mailbox.sent_to(f"/notify/{self.account.pk}/")
            if number in self.pen.said(letter).values():
                return letter

    def letter(self, attempt: PaymentAttempt, changes: Changes | None = None) -> Letter:
        """Give the channel's letter about a paid order, or what it would be with changes."""
        letter = self.letters[attempt.pk]
        return letter if changes is None else self.pen.letter(letter, changes)

    def hand_in(self, letter: Letter, *, at: datetime = LATER) -> Said:
        """Be the channel: knock at our door with a letter; `at` is the day of business."""
        with time_machine.travel(at, tick=False):
            return said_at(self.account, letter)

    def ask(self, attempt: PaymentAttempt, *, at: datetime = LATER) -> PaymentAttempt:
        """Be the worker: ask about an order now."""
        let_machines_wait()
        attempts.query_attempt(attempt.pk, at=at, is_notified=True)
        return self.read(attempt)

    @contextmanager
    def answering(self, changes: Changes, *, by: Pen | None = None) -> Iterator[None]:
        """Let the channel write other things into its answers, and sign them."""
        self.way_out.change = lambda answer: self.pen.answer(answer, changes, by=by)
        try:
            yield
        finally:
            self.way_out.change = None

    def refund(self, attempt: PaymentAttempt, amount_minor: int) -> Refund:
        """Have a part of a paid payment refunded, as far as it goes by itself."""
        payment = Payment.objects.get(pk=attempt.payment_id)
        refund = refund_asked(payment, amount_minor=amount_minor, at=LATER)
        run_jobs()
        return refund

    @staticmethod
    def read(attempt: PaymentAttempt) -> PaymentAttempt:
        return PaymentAttempt.objects.select_related("payment", "operation").get(pk=attempt.pk)


def said_at(account: ChannelAccount, letter: Letter) -> Said:
    """Knock at the door of an account, over Django's own handling of requests."""
    names = {name.lower(): text for name, text in letter.headers.items()}
    kind = names.pop("content-type")
    told: Mapping[str, str] = {
        name: text for name, text in names.items() if name.startswith("wechatpay-")
    }
    response = Client(enforce_csrf_checks=True).post(
        f"/notify/{account.pk}/", letter.body, content_type=kind, headers=dict(told)
    )
    return response.status_code, response.content, response["Content-Type"]


def open_desks(
    plan: Plan, *, other_side: OtherSide, mailbox: Mailbox, folder: Path, way_out: Tampering
) -> dict[str, Desk]:
    """Open a marketplace with an account at each channel; return what stands behind each.

    Whoever opens it again, in another test, finds what the channels know of it: making their keys
    is slow.
    """
    market = open_marketplace(plan, other_side=other_side, at=NOON)
    owners = {
        "alipay": (market.alipay, plan.app_id),
        "wechatpay": (market.wechat, plan.wechat[0]),
        "unionpay": (market.unionpay, plan.unionpay),
    }
    return {
        name: Desk(
            account=account,
            owner=owner,
            pen=pen_of(name, owner=owner, folder=folder),
            other_side=other_side,
            mailbox=mailbox,
            way_out=way_out,
        )
        for name, (account, owner) in owners.items()
    }

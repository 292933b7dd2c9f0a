"""One life of each kind of order, with all that can be passed on the way: lost, asked, sent again.

A story is told step by step through a survivor, so that each step may die and is done again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client

from payments.models import ChannelOperation, Event, Merchant, Payment, PaymentAttempt, Refund
from settlements.models import Payout
from settlements.queries import integrity
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.mailbox import Mailbox
from tests.crashes.survival import Survivor
from tests.factories.settlements import (
    alipay_destination_of,
    approved_settlement,
    available_money,
    settled_merchant,
    wallet_at,
)
from tests.instants import NEXT_NOON, NOON
from tests.rig.partner import Partner
from tests.rig.stage import order_fault, story_of

PAID_AT = NOON + timedelta(minutes=5)
AMOUNT_MINOR = 10_000


@dataclass
class Scene:
    """What a story plays on."""

    market: Marketplace
    other_side: OtherSide
    mailbox: Mailbox
    partner: Partner
    merchant: Merchant
    survivor: Survivor


def pay(scene: Scene) -> str:
    """Create and confirm by API; the first order is lost, the payer pays, the channel tells."""
    created = _posted(
        scene,
        "/v1/payments",
        {
            "merchant_order_no": "ORDER-1",
            "amount": AMOUNT_MINOR,
            "currency": "CNY",
            "description": "Tea",
            "allocations": [{"merchant_id": scene.merchant.pk, "amount": AMOUNT_MINOR}],
        },
    )
    _lose(scene, "alipay.trade.precreate")
    _posted(scene, f"/v1/payments/{created['id']}/confirm", {"method": "alipay_qr"})
    scene.survivor.works_until(lambda: _attempt().status == "awaiting_payer")
    number = _attempt().operation.channel_no
    scene.other_side.pay(app_id=scene.market.plan.app_id, out_trade_no=number, at=PAID_AT)
    letter = scene.mailbox.about(number)
    answer = scene.survivor.does(
        lambda: Client().post(
            f"/notify/{scene.market.alipay.pk}/",
            letter.body,
            content_type=letter.headers["Content-Type"],
        )
    )
    assert answer.content == b"success"
    scene.survivor.works_until(lambda: Payment.objects.get().status == "paid")
    return number


def ask_for_refund(scene: Scene) -> None:
    """Ask for a part of the payment by API; its order is lost once. Again: the same refund."""
    _lose(scene, "alipay.trade.refund")
    _posted(
        scene,
        "/v1/refunds",
        {
            "payment_id": Payment.objects.get().pk,
            "merchant_refund_no": "REFUND-1",
            "amount": 4_000,
            "currency": "CNY",
            "reason": "Returned",
            "allocations": [{"merchant_id": scene.merchant.pk, "amount": 4_000}],
        },
    )


def refund(scene: Scene) -> str:
    """Ask for a refund by API; the first order is lost, asked about, and placed again."""
    ask_for_refund(scene)
    scene.survivor.works_until(lambda: Refund.objects.get().status == "succeeded")
    return _number_of("refund")


def payout(scene: Scene) -> str:
    """Pay a settlement out to an Alipay account; the first order is lost, asked about, repeated."""
    scene.other_side.set_clock(NEXT_NOON)
    scene.other_side.alipay.open_payee(
        user_id="2088000000000101", logon_id="seller@example.com", real_name="张三"
    )
    wallet = wallet_at(scene.market, scene.other_side, fee_minor=50)
    merchant = settled_merchant(with_destination=False)
    alipay_destination_of(merchant)
    available_money(merchant, channel=scene.market.alipay)
    approved_settlement(merchant)
    _lose(scene, "alipay.fund.trans.uni.transfer", app_id=wallet.app_id)
    scene.survivor.works_until(lambda: Payout.objects.get().status == "succeeded")
    return _number_of("payout")


@dataclass(frozen=True)
class Story:
    """How a kind of order lives, what it does to money at the channel, and what it ends with.

    `passes` are the families of fault points that it passes, all of them. `before` is what has to
    have happened; nobody dies then.
    """

    tell: Callable[[Scene], str]
    effect: str
    event: str
    passes: frozenset[str]
    before: Callable[[Scene], str] | None = None


_SHARED = frozenset({"exchange", "order", "job"})
STORIES = {
    "pay": Story(pay, "paid", "payment.paid", _SHARED | {"request", "notification"}),
    "refund": Story(refund, "refunded", "refund.succeeded", _SHARED | {"request"}, before=pay),
    "payout": Story(payout, "transfer_ended", "payout.succeeded", _SHARED),
}
"""By kind of order (`OperationKind`)."""


def assert_it_happened_once(scene: Scene, number: str, story: Story) -> None:
    """One number, one effect, one event, one end, and books that are sound."""
    told = story_of(scene.other_side, number)
    assert told.count(story.effect) == 1, told
    operation = ChannelOperation.objects.get(channel_no=number)
    assert operation.status == "succeeded"
    assert ChannelOperation.objects.filter(kind=operation.kind).count() == 1
    assert Event.objects.filter(kind=story.event).count() == 1
    assert resent_blindly(told) == []
    assert integrity.verify().is_sound


def resent_blindly(told: list[str]) -> list[str]:
    """List the orders that came again without a question since the one before."""
    blind, is_open = [], False
    for step in told:
        verb = step.partition(" ")[0]
        if verb in {"query", "refund_query"}:
            is_open = False
        elif verb in {"precreate", "refund", "transfer"}:
            if is_open:
                blind.append(step)
            is_open = True
    return blind


def _posted(scene: Scene, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a request as a partner does: the same key again until there is an answer."""
    key = f"key-of-{path.rpartition('/')[2]}-0001"
    answer = scene.survivor.does(lambda: scene.partner.post(path, body, key=key))
    assert answer.status_code in {200, 201}, answer.content
    found: dict[str, Any] = answer.json()
    return found


def _lose(scene: Scene, method: str, *, app_id: str = "") -> None:
    """Let an order be lost before the channel has read it."""
    app_id = app_id or scene.market.plan.app_id
    order_fault(scene.other_side, "timeout_before", method=method, app_id=app_id)


def _attempt() -> PaymentAttempt:
    return PaymentAttempt.objects.select_related("operation").get()


def _number_of(kind: str) -> str:
    return str(ChannelOperation.objects.get(kind=kind).channel_no)

"""What stories about crashes play on, and what must be true when one is over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from payments.models import ChannelAccount, ChannelOperation, Event, Merchant, PaymentAttempt
from settlements.queries import integrity
from settlements.rehearsal import channel_accounts
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.other_side import OtherSide
from tests.contracts.blind_resends import ORDERS, PREPAYS, blind_resends, effect_log
from tests.contracts.mailbox import Mailbox
from tests.crashes.survival import Survivor
from tests.instants import NOON
from tests.rig.partner import Partner
from tests.rig.stage import order_fault, story_of


@dataclass
class Scene:
    """What a story plays on."""

    market: Marketplace
    other_side: OtherSide
    mailbox: Mailbox
    partner: Partner
    merchant: Merchant
    survivor: Survivor


@dataclass(frozen=True)
class Story:
    """How a kind of order lives, what it does to money at the channel, and what it ends with.

    `passes` are the families of fault points that it passes, all of them. `before` is what has to
    have happened; nobody dies then. `end` is where its order stands then, and `turns` how often
    the channel did it: what people decide was done elsewhere.
    """

    tell: Callable[[Scene], str]
    effect: str
    event: str
    passes: frozenset[str]
    before: Callable[[Scene], str] | None = None
    end: str = "succeeded"
    turns: int = 1


def assert_it_happened_once(scene: Scene, number: str, story: Story) -> None:
    """One number, one effect, one event, one end, no blind resend, and books that are sound."""
    told = story_of(scene.other_side, number)
    assert told.count(story.effect) == story.turns, told
    operation = ChannelOperation.objects.get(channel_no=number)
    assert operation.status == story.end
    assert ChannelOperation.objects.filter(kind=operation.kind).count() == 1
    assert Event.objects.filter(kind=story.event).count() == 1
    about = [effect for effect in effect_log(scene.other_side) if effect["number"] == number]
    assert blind_resends(about, orders={**ORDERS, **PREPAYS}) == []
    assert integrity.verify().is_sound


def unionpay_account(scene: Scene) -> ChannelAccount:
    """Give the marketplace an account at UnionPay; again: find it."""
    plan = scene.market.plan
    terms = channel_accounts.Terms(
        plan.name, plan.currency, plan.channel_fee_bps, plan.bank_account_no
    )
    return channel_accounts.unionpay_account(
        terms,
        mer_id=f"77729{plan.bank_account_no[-10:]}",
        bank=scene.market.bank,
        other_side=scene.other_side,
        at=NOON,
    )


def posted(scene: Scene, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a request as a partner does: the same key again until there is an answer."""
    key = f"key-of-{path.rpartition('/')[2]}-0001"
    answer = scene.survivor.does(lambda: scene.partner.post(path, body, key=key))
    assert answer.status_code in {200, 201}, answer.content
    found: dict[str, Any] = answer.json()
    return found


def lose(scene: Scene, method: str, *, app_id: str = "") -> None:
    """Let an order be lost before the channel has read it."""
    app_id = app_id or scene.market.plan.app_id
    order_fault(scene.other_side, "timeout_before", method=method, app_id=app_id)


def the_attempt() -> PaymentAttempt:
    """Give the only try that there is."""
    return PaymentAttempt.objects.select_related("operation").get()


def number_of(kind: str) -> str:
    """Give the number of the only order of a kind."""
    return str(ChannelOperation.objects.get(kind=kind).channel_no)

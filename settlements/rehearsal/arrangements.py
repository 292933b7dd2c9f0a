"""What the demo's finance has arranged about channels: rules, a closed scene, a hold of payouts."""

from datetime import datetime, time

from payments.actions import holds, routing
from payments.actions.routing import RuleRequest
from payments.models import HoldCover, MethodSwitch, PaymentMethod, RoutingRule, SendingHold
from settlements.rehearsal.marketplace import Marketplace
from settlements.rehearsal.people import Person

NIGHT = time(22), time(6)


def arrange(market: Marketplace, *, maker: Person, checker: Person, at: datetime) -> None:
    """Leave one of each in force and one to decide on, in nobody's way. Again: finds them."""
    if not RoutingRule.objects.exists():
        _rules(market, maker=maker, checker=checker, at=at)
    if not MethodSwitch.objects.exists():
        _scenes(market, maker=maker, at=at)
    if not SendingHold.objects.exists():
        _holds(market, maker=maker, checker=checker, at=at)


def _rules(market: Marketplace, *, maker: Person, checker: Person, at: datetime) -> None:
    """Send large codes to the account that takes them anyhow; ask about the nights."""
    currency, account = market.plan.currency, market.alipay.pk
    large = routing.request_rule(
        RuleRequest(10, currency, account, method=PaymentMethod.ALIPAY_QR, from_minor=50_000),
        actor=maker.actor,
        at=at,
        reason="Agreed with the channel",
    )
    assert large.approval is not None, "a rule has its request"
    routing.approve_rule(
        large.pk, shown_digest=bytes(large.approval.digest), decider=checker.decider, at=at
    )
    routing.request_rule(
        RuleRequest(20, currency, account, starts_at=NIGHT[0], ends_at=NIGHT[1]),
        actor=maker.actor,
        at=at,
        reason="The other account is looked after by day",
    )


def _scenes(market: Marketplace, *, maker: Person, at: datetime) -> None:
    """Close a scene and open it again; keep one closed at an account that takes no payments."""
    update = routing.close_scene(
        PaymentMethod.ALIPAY_MINI, actor=maker.actor, at=at, reason="The mini program is updated"
    )
    routing.open_scene(update.pk, actor=maker.actor, at=at, reason="It is updated")
    if market.wallet is not None:
        routing.close_scene(
            PaymentMethod.ALIPAY_QR,
            channel_account_id=market.wallet.pk,
            actor=maker.actor,
            at=at,
            reason="This account pays out only",
        )


def _holds(market: Marketplace, *, maker: Person, checker: Person, at: datetime) -> None:
    """Hold payouts back twice where none are made; the second release waits for a visitor."""
    if market.wechat is None:
        return
    for is_agreed in (True, False):
        hold = holds.hold_sending(
            HoldCover.PAYOUTS,
            channel_account_id=market.wechat.pk,
            actor=maker.actor,
            at=at,
            reason="The channel announced maintenance",
        )
        asked = holds.request_release(
            hold.pk, actor=maker.actor, at=at, reason="The maintenance is over"
        )
        if is_agreed:
            assert asked.approval is not None, "a release has its request"
            holds.approve_release(
                hold.pk,
                shown_digest=bytes(asked.approval.digest),
                decider=checker.decider,
                at=at,
            )

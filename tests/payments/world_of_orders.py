"""One of everything that holds, captures, voids, remedies, links, routes and keys are, in order."""

from dataclasses import dataclass

from payments.actions import refund_remedies, routing
from payments.actions.remedy_cards import PayerCard
from payments.actions.routing import RuleRequest
from payments.channels.base import Outcome, OutcomeKind
from payments.models import (
    ChannelAccount,
    ChannelCall,
    ChannelExamination,
    ChannelNotification,
    DatabaseClock,
    PaymentMethod,
)
from tests.factories.holds import held_payment, ordered_capture, ordered_void
from tests.factories.parked import late_money
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    answered_refund,
    attempted_payment,
    owed_payment,
    paid_payment,
    payment_link,
    refund_asked,
)
from tests.instants import NOON
from tests.rig.attacks import check_laws
from tests.rig.keys import PUBLIC_KEY_PEM, enter


@dataclass(frozen=True)
class World:
    """The keys of its rows, by name, as SQL takes them: `%(capture)s`."""

    ids: dict[str, object]


def world() -> World:
    """Make it, without any channel."""
    merchant, channel = MerchantFactory(), AlipayAccountFactory()
    taken, given, open_ = (held_payment(merchant, channel=channel) for _ in range(3))
    capture, void = ordered_capture(taken, 4_000), ordered_void(given)
    for order in (capture, void):
        type(order).objects.filter(pk=order.pk).update(status="unknown")
    tried = attempted_payment(owed_payment(merchant, capture_mode="manual"), channel=channel)
    plain = attempted_payment(owed_payment(merchant), channel=channel)
    parked = late_money(merchant)
    refund = refund_asked(paid_payment(merchant, channel=channel), at=NOON)
    for kind in (OutcomeKind.PROCESSING, OutcomeKind.ABNORMAL):
        answered_refund(refund, Outcome(kind), at=NOON)
    remedy = refund_remedies.request_remedy(
        refund.pk,
        card=PayerCard("ICBC_DEBIT", "62170000987654321", "张茶"),
        note="Told by phone.",
        actor="user:1",
        at=NOON,
    )
    rule = routing.request_rule(
        RuleRequest(priority=1, currency="CNY", channel_account_id=channel.pk),
        actor="user:1",
        at=NOON,
        reason="cheaper",
    )
    switch = routing.close_scene(PaymentMethod.ALIPAY_QR, actor="user:1", at=NOON, reason="a fault")
    keys = enter(channel, channel_public_key=PUBLIC_KEY_PEM)
    check_laws()
    return World(
        {
            "capture": capture.pk,
            "share": capture.shares.get().pk,
            "taken": taken.pk,
            "authorisation": capture.authorisation_id,
            "open": open_.authorisations.get().pk,
            "open_payment": open_.pk,
            "given_allocation": given.allocations.get().pk,
            "void": void.pk,
            "tried": tried.pk,
            "tried_payment": tried.payment_id,
            "plain": plain.pk,
            "plain_payment": plain.payment_id,
            "order": plain.operation_id,
            "spare_order": tried.operation_id,
            "parked": parked.pk,
            "refund": refund.pk,
            "remedy": remedy.pk,
            "link": payment_link(merchant).pk,
            "rule": rule.pk,
            "switch": switch.pk,
            "keys": keys.pk,
            "merchant": merchant.pk,
            **_heard(channel),
        }
    )


def _heard(channel: ChannelAccount) -> dict[str, object]:
    """Keep one message of each verdict that matters, an examination and a call."""
    found: dict[str, object] = {}
    for verdict in ("received", "forged", "genuine"):
        message = ChannelNotification.objects.create(
            channel_account=channel, body=b"a=b", received_at=NOON, headers={}
        )
        if verdict != "received":
            ChannelNotification.objects.filter(pk=message.pk).update(
                verdict=verdict, notification_id="n1", channel_no="ATT1"
            )
        found[verdict] = message.pk
    examination = ChannelExamination.objects.create(
        channel_account=channel,
        asked_by="user:1",
        examined_at=NOON,
        errors=0,
        warnings=0,
        findings=[],
    )
    call = ChannelCall.objects.create(
        channel_account=channel, called_at=DatabaseClock(), result="answered", millis=1
    )
    return {**found, "examination": examination.pk, "call": call.pk}

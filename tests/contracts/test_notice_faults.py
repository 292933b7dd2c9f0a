"""Every fault of notifications at every channel, and every channel's notifications at the others.

A notification is a reason to ask and no more: whatever becomes of it, the next question tells the
truth. F14: what it says of money is not read. F15: one of another channel is refused.
"""

from datetime import timedelta

import pytest

from payments.channels.base import (
    ForgedNotificationError,
    MalformedNotificationError,
    NotificationAbout,
    OutcomeKind,
    ProbeNotificationError,
)
from payments.simulator.faults import FaultKind
from tests.contracts.counterparts import CHANNELS, counterpart
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)
LATER = PAID_AT + timedelta(hours=1)
QUIET_SECONDS = 0.2
GENUINE, REFUSED, PROBE, TWICE, NOTHING, LATE = (
    *("genuine", "refused", "probe", "twice", "nothing", "late"),
)
FATES = {
    "notify_drop": NOTHING,
    "notify_duplicate": TWICE,
    "notify_wrong_amount": GENUINE,
    "notify_wrong_app": REFUSED,
    "notify_forged": REFUSED,
    "notify_delay": LATE,
    "notify_escaped": REFUSED,
    "notify_gbk": GENUINE,
    "notify_stale": REFUSED,
    "notify_signtest": PROBE,
}
ONLY = {"notify_gbk": "alipay", "notify_stale": "wechatpay", "notify_signtest": "wechatpay"}
"""What only one channel knows; at the others nothing happens."""
DETAILS = {
    "notify_wrong_amount": {"total_amount": "0.01"},
    "notify_delay": {"seconds": 3_600},
}
CELLS = [
    (name, fault)
    for name, expected in CHANNELS.items()
    for fault in FATES
    if ONLY.get(fault, expected.channel) == expected.channel
]


def verified(channel, letter):
    return channel.verify_notification(
        headers=letter.headers, body=letter.body, at=letter.arrived_at
    )


def paid(other, fault):
    """Have an order paid whose notification goes wrong."""
    order = other.order(subject="青花瓷 cups & plates")
    other.channel.pay(order)
    other.fail_next(fault, out_trade_no=order.channel_no, **DETAILS.get(fault, {}))
    other.pay(order, at=PAID_AT)
    return order


@pytest.mark.parametrize(("name", "fault"), CELLS)
def test_whatever_becomes_of_a_notification_a_question_tells_the_truth(other, mailbox, fault):
    # Given
    url, channel = other.config.notify_url, other.channel
    order = paid(other, fault)

    # Then
    match FATES[fault]:
        case "genuine":
            assert verified(channel, mailbox.sent_to(url)).channel_no == order.channel_no
        case "refused":
            with pytest.raises(ForgedNotificationError) as refused:
                verified(channel, mailbox.sent_to(url))
            assert not isinstance(refused.value, ProbeNotificationError)
        case "probe":
            with pytest.raises(ProbeNotificationError):
                verified(channel, mailbox.sent_to(url))
            # What it stood before comes after it.
            assert verified(channel, mailbox.sent_to(url)).channel_no == order.channel_no
        case "twice":
            twice = {verified(channel, mailbox.sent_to(url)).notification_id for _ in "12"}
            assert len(twice) == 1
        case "late":
            assert not mailbox.has_more_for(url, seconds=QUIET_SECONDS)
            other.other_side.set_clock(LATER)
            assert verified(channel, mailbox.sent_to(url)).channel_no == order.channel_no
        case _:
            assert not mailbox.has_more_for(url, seconds=QUIET_SECONDS)
    told = channel.query(order.channel_no, at=LATER if FATES[fault] == LATE else NOON)
    assert (told.kind, told.amount_minor) == (OutcomeKind.SUCCEEDED, 10_000)


def test_they_come_in_any_order_and_each_names_its_own(other, mailbox):
    # Given a payment whose notification takes an hour
    url, channel = other.config.notify_url, other.channel
    order = paid(other, "notify_delay")

    # When its refund is told first
    refund = other.refund_of(order)
    channel.refund(refund)
    first = verified(channel, mailbox.sent_to(url))
    other.other_side.set_clock(LATER)
    second = verified(channel, mailbox.sent_to(url))

    # Then
    assert (first.about, first.channel_no) == (NotificationAbout.REFUND, refund.channel_no)
    assert (second.about, second.channel_no) == (NotificationAbout.PAYMENT, order.channel_no)
    assert first.notification_id != second.notification_id
    assert channel.query(order.channel_no, at=LATER).kind is OutcomeKind.SUCCEEDED


@pytest.mark.parametrize("door", sorted(CHANNELS))
def test_f15_one_of_a_channel_is_refused_at_the_doors_of_all_other_accounts(
    name, door, build, simulator, transport, mailbox
):
    # Given a genuine letter of one account, and the door of another one
    other = build()
    another = counterpart(
        door,
        simulator,
        transport=transport,
        notify_url="",
        currency="CNY",
        is_another=door == name,
    )
    order = other.order()
    other.channel.pay(order)
    other.pay(order, at=PAID_AT)
    letter = mailbox.sent_to(other.config.notify_url)

    # When, Then
    assert verified(other.channel, letter).channel_no == order.channel_no
    with pytest.raises((ForgedNotificationError, MalformedNotificationError)):
        verified(another.channel, letter)


def test_every_fault_of_notifications_has_its_fate():
    kinds = {kind.value for kind in FaultKind if kind.strikes_notifications}
    assert set(FATES) == kinds
    for expected in CHANNELS.values():
        known = {fault for fault in FATES if ONLY.get(fault, expected.channel) == expected.channel}
        refused = {fault for fault in known if FATES[fault] in (REFUSED, PROBE)}
        assert set(expected.refused_notices) == refused

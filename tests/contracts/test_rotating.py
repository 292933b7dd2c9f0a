"""What every adapter makes of a channel that takes a new key, and signs with both for a while.

A message under a key that we do not know yet is not believed, and never a failure; while keys
overlap, who was given the new one believes both.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.channels import base
from payments.channels.base import ForgedNotificationError, OutcomeKind
from payments.channels.registry import channel_for
from tests.contracts import counterparts
from tests.instants import NOON

PAID_AT = NOON + timedelta(minutes=7)
LATER = NOON + timedelta(hours=3)
OVERLAP = 7_200


@pytest.fixture
def other(build):
    """Meet the channel with an account that no other test knows."""
    known = dict(counterparts._OPENED)
    yield build(is_another=True)
    counterparts._OPENED.clear()
    counterparts._OPENED.update(known)


def rotated(other, *, seconds):
    """Have the channel take a new key; gives our configuration with it."""
    channel = other.expected.channel
    owner = "" if channel == "unionpay" else other.owner
    response = other.other_side.client.post(
        "/control/rotate", json={"channel": channel, "owner": owner, "seconds": seconds}
    )
    told, config = response.json(), other.config
    former = (config.channel_public_key_pem, config.channel_key_id)
    match channel:
        case "alipay":
            pem, key_id = told.get("alipay_cert_pem", told["alipay_public_key_pem"]), ""
        case "wechatpay" if told["platform_key_id"]:
            pem, key_id = told["platform_public_key_pem"], told["platform_key_id"]
        case "wechatpay":
            rows = told["platform_certificates"]
            pem, key_id = "".join(row["certificate_pem"] for row in rows[-1:]), ""
        case _:
            pem, key_id = told["authorities_pem"], ""
    return replace(config, channel_public_key_pem=pem, channel_key_id=key_id, former_keys=(former,))


def kinds(channel, order, *, at):
    """Ask four times: of four answers under two keys in turns, each signs two."""
    return [channel.query(order.channel_no, at=at) for _ in "1234"]


def test_who_has_both_keys_believes_every_answer_while_they_overlap(other):
    # Given
    order = other.paid_order(at=PAID_AT)
    config = rotated(other, seconds=OVERLAP)

    # When
    told = kinds(channel_for(config, other.transport), order, at=NOON)

    # Then
    assert {outcome.kind for outcome in told} == {OutcomeKind.SUCCEEDED}


def test_who_has_the_old_key_alone_takes_no_answer_for_a_failure(other):
    # Given
    order = other.paid_order(at=PAID_AT)
    rotated(other, seconds=0)

    # When
    told = kinds(other.channel, order, at=NOON)

    # Then: UnionPay's authority vouches for the new certificate
    codes = {(outcome.kind, outcome.code) for outcome in told}
    if other.expected.channel == "unionpay":
        assert codes == {(OutcomeKind.SUCCEEDED, "00")}
    else:
        assert codes == {(OutcomeKind.UNKNOWN, base.BAD_SIGNATURE)}


def test_after_the_overlap_the_new_key_alone_signs(other):
    # Given
    order = other.paid_order(at=PAID_AT)
    config = rotated(other, seconds=OVERLAP)
    other.other_side.set_clock(LATER)

    # When
    told = kinds(channel_for(replace(config, former_keys=()), other.transport), order, at=LATER)

    # Then
    assert {outcome.kind for outcome in told} == {OutcomeKind.SUCCEEDED}


def test_notifications_come_under_both_and_each_is_believed_by_who_has_its_key(other, mailbox):
    # Given
    config = rotated(other, seconds=OVERLAP)
    listeners = [other.channel, channel_for(replace(config, former_keys=()), other.transport)]
    ordering = channel_for(config, other.transport)
    believed: list[int] = []

    # When
    for _ in "1234":
        order = other.order()
        if other.expected.is_form:
            other.hand_over(ordering.pay(order))
        else:
            ordering.pay(order)
        other.other_side.pay(app_id=other.payee, out_trade_no=order.channel_no, at=PAID_AT)
        letter = mailbox.sent_to(other.config.notify_url)
        believed.append(0)
        for place, listener in enumerate(listeners):
            try:
                told = listener.verify_notification(
                    headers=letter.headers, body=letter.body, at=letter.arrived_at
                )
            except ForgedNotificationError:
                continue
            assert told.channel_no == order.channel_no
            believed[-1] |= 1 << place

    # Then by the old alone or by the new alone, but for UnionPay, whose authority both know
    expected = {3} if other.expected.channel == "unionpay" else {1, 2}
    assert set(believed) == expected


@pytest.mark.parametrize("name", ["alipay"])
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"channel": "alipay", "owner": "nobody"}, 409),
        ({"channel": "wechatpay", "owner": "nobody"}, 409),
        ({"channel": "unionpay", "owner": "nobody"}, 409),
        ({"channel": "bank"}, 400),
        ({"channel": "unionpay", "seconds": -1}, 400),
    ],
)
def test_a_rotation_of_nobody_s_keys_is_refused(other, fields, status):
    assert other.other_side.client.post("/control/rotate", json=fields).status_code == status

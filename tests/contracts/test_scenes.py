"""Each method of each channel: what a payer's device does next leads to the page, and is paid."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest

from payments.channels.base import OutcomeKind, PayerActionKind
from payments.channels.registry import TRAITS
from tests.contracts.counterparts import CHANNELS
from tests.contracts.suites import SUITES
from tests.instants import NOON

PAYERS = {"alipay": "2088102146225135", "wechatpay": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
DEVICES = {
    "alipay_app": "/phone",
    "alipay_mini": "/phone",
    "wechat_jsapi": "/wechat/jsapi",
    "wechat_app": "/wechat/app",
}
"""Where the simulator plays the device to which fields are handed over."""
GOOD_CARD = "4242 4242 4242 4242"
SCENES = [
    (name, method)
    for name in SUITES["scenes"]
    for method in sorted(TRAITS[CHANNELS[name].channel].methods)
]


def arrived(other, method, outcome):
    """Be the payer's device, up to the page: its address and its text."""
    client, action = other.other_side.client, outcome.action
    if outcome.qr_code:
        answer = client.get(outcome.qr_code)
    elif action.kind is PayerActionKind.REDIRECT:
        answer = client.get(action.url)
    else:
        address = action.url or DEVICES[method]
        answer = client.post(address, data=dict(action.fields))
    if answer.status_code == 303:
        answer = client.get(urljoin(str(answer.url), answer.headers["location"]))
    assert answer.status_code == 200, answer.text
    return str(answer.url), answer.text


@pytest.mark.parametrize(("name", "method"), SCENES)
def test_leads_to_the_page_and_is_paid_there(other, method):
    # Given
    order = other.order(
        method=method,
        payer_account=PAYERS.get(other.expected.channel, ""),
        payer_ip="203.0.113.7",
        return_url="https://shop.example.com/done/",
    )
    outcome = other.channel.pay(order)
    assert outcome.kind is OutcomeKind.AWAITING_PAYER
    assert bool(outcome.qr_code) is (outcome.action is None)

    # When
    address, page = arrived(other, method, outcome)
    assert order.channel_no in page
    paying = {"choice": "pay", "card": GOOD_CARD} if other.expected.is_form else {"choice": "pay"}
    other.other_side.client.post(address, data=paying)

    # Then
    told = other.channel.query(order.channel_no, at=NOON)
    assert (told.kind, told.amount_minor) == (OutcomeKind.SUCCEEDED, 10_000)
    # Nobody had a coupon: the channel says so, or says nothing, never that we gave it all away.
    assert {told.payer_minor, told.settled_minor} <= {10_000, None}
    assert told.paid_at == NOON
    assert other.effects(order).count("paid") == 1


@pytest.mark.parametrize(("name", "method"), SCENES)
def test_takes_no_order_whose_time_is_over(other, method):
    # Given
    order = other.order(method=method, expires_at=NOON - timedelta(seconds=1))

    # When
    outcome = other.channel.pay(order)

    # Then
    assert outcome.kind is OutcomeKind.FAILED
    assert other.effects(order) == []

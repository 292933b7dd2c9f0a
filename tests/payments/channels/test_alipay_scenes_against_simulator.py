"""Each scene from our signature to the paid trade, against the simulated Alipay over real HTTP."""

from datetime import timedelta

import httpx
import pytest

from payments.channels.base import Outcome, PayRequest
from tests.contracts.counterparts import Counterpart, counterpart
from tests.instants import NOON

SHOP = "https://shop.example.com/paid?order=1"
PAYER = "2088102146225135"
PAID_AT = NOON + timedelta(minutes=7)
SCENES = ("alipay_page", "alipay_wap", "alipay_app", "alipay_mini")


@pytest.fixture(params=["alipay", "alipay_certificates"])
def other(request, simulator, transport) -> Counterpart:
    simulator.set_clock(NOON, is_start=True)
    return counterpart(request.param, simulator, transport=transport, notify_url="", currency="CNY")


def ordered(other: Counterpart, method: str, **changes: object) -> tuple[PayRequest, Outcome]:
    order = other.order(method=method, return_url=SHOP, payer_account=PAYER, **changes)
    return order, other.channel.pay(order)


def carried(other: Counterpart, outcome: Outcome) -> httpx.Response:
    """Be the payer's browser or phone, up to the page on which the order is paid."""
    client, action = other.other_side.client, outcome.action
    assert action is not None
    if action.url:
        return client.get(action.url)
    return client.post("/phone", data=dict(action.fields))


@pytest.mark.parametrize("method", SCENES)
def test_what_we_sign_is_opened_paid_and_found(other, method):
    # Given
    order, outcome = ordered(other, method)
    assert outcome.kind == "awaiting_payer"

    # When
    arrived = carried(other, outcome)

    # Then
    assert arrived.status_code == 303, arrived.text
    page = other.other_side.client.get(arrived.headers["location"])
    assert order.channel_no in page.text
    asked = other.channel.query(order.channel_no, at=NOON)
    if method == "alipay_mini":
        assert (asked.kind, asked.payer_ref) == ("awaiting_payer", PAYER)
    else:
        assert (asked.kind, asked.code) == ("unknown", "NOT_FOUND")
    other.pay(order, at=PAID_AT)
    paid = other.channel.query(order.channel_no, at=NOON)
    assert (paid.kind, paid.amount_minor, paid.paid_at) == ("succeeded", 10_000, PAID_AT)
    told_minor = 10_000 if method == "alipay_mini" else None
    assert (paid.payer_minor, paid.settled_minor) == (told_minor, told_minor)


def test_the_payer_s_coupon_leaves_the_order_s_amount_alone(other):
    # Given
    order, _outcome = ordered(other, "alipay_qr")

    # When
    fields = {"app_id": other.config.app_id, "out_trade_no": order.channel_no}
    other.other_side.client.post("/control/pay", json={**fields, "coupon_minor": 1_500})

    # Then
    paid = other.channel.query(order.channel_no, at=NOON)
    assert (paid.amount_minor, paid.payer_minor, paid.settled_minor) == (10_000, 8_500, 10_000)


def test_our_own_coupon_is_neither_settled_nor_taken_back(other):
    # Given 100.00, of which our own coupon pays 20.00
    order, _outcome = ordered(other, "alipay_qr")
    fields = {"app_id": other.config.app_id, "out_trade_no": order.channel_no}
    other.other_side.client.post("/control/pay", json={**fields, "gift_minor": 2_000})

    # When
    paid = other.channel.query(order.channel_no, at=NOON)
    first = other.channel.refund(other.refund_of(order, amount_minor=6_000))
    rest = other.refund_of(order, amount_minor=4_000)
    second = other.channel.refund(rest)
    told = other.channel.query_refund(rest.channel_no, pay_channel_no=order.channel_no, at=NOON)

    # Then
    assert (paid.amount_minor, paid.payer_minor, paid.settled_minor) == (10_000, 8_000, 8_000)
    assert (first.amount_minor, first.settled_minor) == (6_000, 6_000)
    assert (second.amount_minor, second.settled_minor) == (4_000, 2_000)
    assert (told.amount_minor, told.settled_minor) == (4_000, 2_000)


@pytest.mark.parametrize("method", ["alipay_page", "alipay_wap", "alipay_app"])
def test_what_was_changed_on_the_way_is_not_opened(other, method):
    # Given
    order, outcome = ordered(other, method)
    client = other.other_side.client
    text = outcome.action.url or outcome.action.fields["order_string"]
    changed = text.replace("100.00", "001.00")
    assert changed != text

    # When
    if method == "alipay_app":
        arrived = client.post("/phone", data={"order_string": changed})
    else:
        arrived = client.get(changed)

    # Then
    assert arrived.status_code == 400
    assert arrived.text.startswith("isv.invalid-signature")
    assert other.effects(order) == []


def test_what_is_cancelled_is_closed_or_given_back(other):
    # Given
    unseen, _outcome = ordered(other, "alipay_qr")
    waiting, _outcome = ordered(other, "alipay_qr")
    other.open_code(waiting)
    paid = other.paid_order(at=PAID_AT)

    # Then
    said = [other.channel.cancel(order.channel_no, at=NOON) for order in (unseen, waiting, paid)]
    assert [(outcome.kind.value, outcome.code) for outcome in said] == [
        ("unknown", "NOT_FOUND"),
        ("closed", "10000"),
        ("unknown", "CLOSED_AFTER_PAYMENT"),
    ]
    asked = other.channel.query(paid.channel_no, at=NOON)
    assert (asked.kind, asked.code) == ("unknown", "CLOSED_AFTER_PAYMENT")

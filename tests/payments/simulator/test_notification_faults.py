"""What goes wrong with notifications, on purpose."""

from html import unescape

import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import Shop, StartSimulator


def own_form(receiver: Receiver) -> dict[str, str]:
    """Give the next notification without what the receiver noted about it."""
    return {name: value for name, value in receiver.next().items() if name[0] != "_"}


def test_dropped_is_sent_again_later(
    start_simulator: StartSimulator, receiver: Receiver, number: str
) -> None:
    # Given
    simulator = start_simulator("--ladder-scale", "0.0001")
    shop = Shop(simulator, app_id="2021000000000001", notify_url=receiver.url)
    shop.register()
    shop.order_fault(number, "notify_drop", count=2)

    # When
    shop.sell(number)

    # Then
    assert receiver.next()["out_trade_no"] == number
    simulator.wait_for(number, "notified", times=3)
    assert receiver.has_none(seconds=0.3)
    answers = [
        (effect["answer"], effect["fault"])
        for effect in simulator.effect_rows()
        if effect["kind"] == "notified"
    ]
    assert answers == [
        ("dropped", "notify_drop"),
        ("dropped", "notify_drop"),
        ("success", None),
    ]


def test_duplicate_comes_twice_word_for_word(shop: Shop, receiver: Receiver, number: str) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_duplicate")

    # When
    shop.sell(number)

    # Then
    assert receiver.next() == receiver.next()


@pytest.mark.parametrize(("more", "amount"), [({}, "88.81"), ({"total_amount": "0.01"}, "0.01")])
def test_wrong_amount_is_truly_signed(
    shop: Shop, receiver: Receiver, number: str, more: dict[str, object], amount: str
) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_wrong_amount", **more)

    # When
    shop.sell(number)

    # Then
    form = own_form(receiver)
    assert form["total_amount"] == amount
    assert shop.is_from_alipay(form)
    assert shop.query(number).node["total_amount"] == "88.80"


def test_wrong_app_is_truly_signed(shop: Shop, receiver: Receiver, number: str) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_wrong_app", other_app_id="2021777777777777")

    # When
    shop.sell(number)

    # Then
    form = own_form(receiver)
    assert form["app_id"] == "2021777777777777"
    assert shop.is_from_alipay(form)


def test_forged_is_right_but_for_its_signature(shop: Shop, receiver: Receiver, number: str) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_forged")

    # When
    shop.sell(number)

    # Then
    form = own_form(receiver)
    assert form["total_amount"] == "88.80"
    assert not shop.is_from_alipay(form)


def test_escaped_is_not_what_was_signed(shop: Shop, receiver: Receiver, number: str) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_escaped")

    # When
    shop.sell(number)

    # Then
    form = own_form(receiver)
    assert form["fund_bill_list"].startswith("[{&quot;amount&quot;:&quot;88.80&quot;")
    assert not shop.is_from_alipay(form)
    assert shop.is_from_alipay({name: unescape(value) for name, value in form.items()})


def test_delay_passes_on_the_simulators_clock(
    start_simulator: StartSimulator, receiver: Receiver, number: str
) -> None:
    # Given
    simulator = start_simulator()
    simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
    shop = Shop(simulator, app_id="2021000000000001", notify_url=receiver.url)
    shop.register()
    shop.order_fault(number, "notify_delay", seconds=3600)
    shop.sell(number)
    assert receiver.has_none(seconds=0.5)

    # When
    simulator.post("/control/clock", now="2030-01-05T11:00:00+08:00")

    # Then
    assert receiver.next()["notify_time"] == "2030-01-05 11:00:00"

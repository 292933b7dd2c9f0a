"""Notifications that come in another charset, or that something on the way made safe for a page."""

import json
from html import unescape

import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wechatpay.test_transfers import opened_shop, transfer
from tests.payments.simulator.wechatpay.wire import NoticeReceiver, WechatShop
from tests.payments.simulator.wire import Shop, StartSimulator


def test_gbk_is_written_named_and_signed_in_gbk(
    shop: Shop, receiver: Receiver, number: str
) -> None:
    # Given
    shop.notify_url = receiver.url
    shop.order_fault(number, "notify_gbk")

    # When
    shop.sell(number)

    # Then
    form = receiver.next()
    assert form["_type"] == "application/x-www-form-urlencoded; charset=GBK"
    params = {name: value for name, value in form.items() if name[0] != "_"}
    assert (params["charset"], params["subject"]) == ("GBK", "青花瓷茶杯")
    assert shop.is_from_alipay(params, encoding="gbk")
    assert not shop.is_from_alipay(params, encoding="utf-8")


@pytest.mark.parametrize("about", ["trade", "refund"])
def test_escaped_at_wechat_is_not_what_was_signed(
    wechat_shop: WechatShop, notices: NoticeReceiver, number: str, about: str
) -> None:
    # Given
    shop = wechat_shop
    if about == "trade":
        shop.notify_url = notices.url
        shop.order_fault(number, "notify_escaped")
    else:
        shop.order_fault(f"{number}R", "notify_escaped")

    # When
    shop.sell(number)
    if about == "refund":
        shop.refund(number, f"{number}R", notify_url=notices.url)

    # Then
    notice = notices.next()
    assert notice.body.startswith(b"{&quot;id&quot;:&quot;")
    assert not shop.is_from_wechat(notice.headers, notice.body)
    assert shop.is_from_wechat(notice.headers, unescape(notice.body.decode()).encode())


def test_escaped_at_wechat_about_a_transfer(
    start_simulator: StartSimulator, notices: NoticeReceiver
) -> None:
    # Given
    shop = opened_shop(start_simulator)
    shop.notify_url = notices.url
    shop.order_fault("PYO1", "notify_escaped")
    transfer(shop, "PYO1")

    # When
    shop.simulator.post(
        "/control/wechat/transfers/confirm", mchid=shop.mchid, out_bill_no="PYO1"
    ).raise_for_status()

    # Then
    notice = notices.next()
    assert not shop.is_from_wechat(notice.headers, notice.body)
    assert json.loads(unescape(notice.body.decode()))["event_type"] == "MCHTRANSFER.BILL.FINISHED"

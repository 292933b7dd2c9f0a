"""The payer's page of WeChat Pay: it says what it is, takes one choice, and keeps to it."""

import re

import httpx
import pytest

from tests.payments.simulator.wechatpay.wire import NoticeReceiver, WechatShop
from tests.payments.simulator.wire import StartSimulator


def page_of(shop: WechatShop, number: str, **changes: object) -> str:
    """Order, and give the path of the page that the QR code leads to."""
    code_url = str(shop.native(number, **changes).json()["code_url"])
    return code_url.removeprefix(shop.simulator.url)


def choose(shop: WechatShop, path: str, choice: str) -> httpx.Response:
    return shop.simulator.send("POST", path, data={"choice": choice})


class TestPage:
    def test_shows_what_is_paid_to_whom_and_that_it_is_a_simulator(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # When
        path = page_of(wechat_shop, number, amount={"total": 123450, "currency": "CNY"})
        response = wechat_shop.simulator.get(path)

        # Then
        text = re.sub(r"<[^>]+>", "", response.text)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        for words in (
            "Simulator 模拟器",
            "1234.50 CNY",
            wechat_shop.mchid,
            "青花瓷茶杯",
            number,
            "Pay 付款",
            "Refuse 取消付款",
        ):
            assert words in text
        assert "unsafe" not in response.headers["content-security-policy"]

    def test_shows_a_description_as_text(self, wechat_shop: WechatShop, number: str) -> None:
        # When
        response = wechat_shop.simulator.get(
            page_of(wechat_shop, number, description="<b onclick>tea")
        )

        # Then
        assert "&lt;b onclick&gt;tea" in response.text
        assert "<b onclick" not in response.text

    @pytest.mark.parametrize("token", ["", "0" * 32])
    def test_there_is_none_for_another_token(self, wechat_shop: WechatShop, token: str) -> None:
        assert wechat_shop.simulator.get(f"/wechat/payer/{token}").status_code == 404

    def test_takes_no_other_method(self, wechat_shop: WechatShop, number: str) -> None:
        path = page_of(wechat_shop, number)
        assert wechat_shop.simulator.send("PUT", path).status_code == 405


class TestChoice:
    def test_pays_once_in_two_tabs_and_shows_so(
        self, wechat_shop: WechatShop, notices: NoticeReceiver, number: str
    ) -> None:
        # Given
        path = page_of(wechat_shop, number, notify_url=notices.url)

        # When
        answers = [choose(wechat_shop, path, "pay") for _ in range(2)]

        # Then
        assert [(each.status_code, each.headers["location"]) for each in answers] == [
            (303, path)
        ] * 2
        assert wechat_shop.state(number) == "SUCCESS"
        assert wechat_shop.simulator.effects(number).count("paid") == 1
        assert notices.next().resource["out_trade_no"] == number
        page = wechat_shop.simulator.get(path).text
        assert "Paid 已付款" in page
        assert "<button" not in page

    def test_refusing_leaves_the_order_to_be_paid(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        path = page_of(wechat_shop, number)

        # When
        refused = choose(wechat_shop, path, "refuse")

        # Then
        assert refused.status_code == 303
        assert wechat_shop.state(number) == "NOTPAY"
        choose(wechat_shop, path, "pay")
        assert wechat_shop.state(number) == "SUCCESS"

    def test_nothing_is_paid_after_closing(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        path = page_of(wechat_shop, number)
        wechat_shop.close(number)

        # When
        response = choose(wechat_shop, path, "pay")

        # Then
        assert response.status_code == 303
        assert wechat_shop.state(number) == "CLOSED"
        assert "Closed 交易已关闭" in wechat_shop.simulator.get(path).text

    def test_nothing_is_paid_when_the_time_is_over(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = WechatShop(simulator)
        shop.register()
        path = page_of(shop, number, time_expire="2030-01-05T10:01:00+08:00")
        simulator.post("/control/clock", now="2030-01-05T10:01:00+08:00")

        # When
        choose(shop, path, "pay")

        # Then
        assert shop.state(number) == "CLOSED"

    @pytest.mark.parametrize("choice", ["", "steal"])
    def test_refuses_another_choice(
        self, wechat_shop: WechatShop, number: str, choice: str
    ) -> None:
        # When
        response = choose(wechat_shop, page_of(wechat_shop, number), choice)

        # Then
        assert response.status_code == 400
        assert wechat_shop.state(number) == "NOTPAY"

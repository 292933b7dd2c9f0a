"""The payer's page: it says what it is, takes one choice, and keeps to it."""

import re

import httpx
import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import Shop, StartSimulator


def page_of(shop: Shop, number: str, **changes: object) -> str:
    """Order, and give the path of the page that the QR code leads to."""
    qr_code = str(shop.precreate(number, **changes).node["qr_code"])
    return qr_code.removeprefix(shop.simulator.url)


def choose(shop: Shop, path: str, choice: str) -> httpx.Response:
    return shop.simulator.send("POST", path, data={"choice": choice})


class TestPage:
    def test_shows_what_is_paid_to_whom_in_two_languages_and_that_it_is_a_simulator(
        self, shop: Shop, number: str
    ) -> None:
        # When
        response = shop.simulator.get(page_of(shop, number, total_amount="1234.50"))

        # Then
        text = re.sub(r"<[^>]+>", "", response.text)
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        for words in (
            "Simulator 模拟器",
            "no real money moves 不会产生真实资金",
            "1234.50 CNY",
            shop.seller_id,
            "青花瓷茶杯",
            number,
            "Pay 付款",
            "Refuse 取消付款",
        ):
            assert words in text
        assert '<meta name="viewport" content="width=device-width' in response.text

    def test_its_policy_allows_its_own_style_and_nothing_else(
        self, shop: Shop, number: str
    ) -> None:
        # When
        response = shop.simulator.get(page_of(shop, number))

        # Then
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert response.headers["cache-control"] == "no-store"

    def test_shows_a_subject_as_text(self, shop: Shop, number: str) -> None:
        # When
        response = shop.simulator.get(page_of(shop, number, subject="<b onclick>tea"))

        # Then
        assert "<b onclick" not in response.text
        assert "&lt;b onclick&gt;tea" in response.text

    def test_opening_it_scans_the_code(self, shop: Shop, number: str) -> None:
        # Given
        path = page_of(shop, number)

        # When
        shop.simulator.get(path)
        shop.simulator.get(path)

        # Then
        assert shop.query(number).node["trade_status"] == "WAIT_BUYER_PAY"
        assert shop.simulator.effects(number).count("scanned") == 1

    @pytest.mark.parametrize("token", ["", "0" * 32])
    def test_there_is_no_page_for_another_token(self, shop: Shop, token: str) -> None:
        assert shop.simulator.get(f"/payer/{token}").status_code == 404

    def test_asking_for_the_head_does_not_scan(self, shop: Shop, number: str) -> None:
        # When
        response = shop.simulator.send("PUT", page_of(shop, number))

        # Then
        assert response.status_code == 405
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")


class TestChoice:
    def test_pays_and_shows_so(self, shop: Shop, receiver: Receiver, number: str) -> None:
        # Given
        shop.notify_url = receiver.url
        path = page_of(shop, number)

        # When
        response = choose(shop, path, "pay")

        # Then
        assert (response.status_code, response.headers["location"]) == (303, path)
        assert shop.query(number).node["trade_status"] == "TRADE_SUCCESS"
        assert receiver.next()["out_trade_no"] == number
        page = shop.simulator.get(path).text
        assert "Paid 已付款" in page
        assert "<button" not in page

    def test_paying_in_two_tabs_pays_once(self, shop: Shop, number: str) -> None:
        # Given
        path = page_of(shop, number)
        choose(shop, path, "pay")

        # When
        second = choose(shop, path, "pay")

        # Then
        assert second.status_code == 303
        assert shop.simulator.effects(number).count("paid") == 1

    def test_refusing_closes_the_trade(self, shop: Shop, number: str) -> None:
        # Given
        path = page_of(shop, number)

        # When
        choose(shop, path, "refuse")

        # Then
        assert shop.query(number).node["trade_status"] == "TRADE_CLOSED"
        assert "Closed 交易已关闭" in shop.simulator.get(path).text

    def test_nothing_is_paid_after_closing(self, shop: Shop, number: str) -> None:
        # Given
        path = page_of(shop, number)
        choose(shop, path, "refuse")

        # When
        response = choose(shop, path, "pay")

        # Then
        assert response.status_code == 303
        assert shop.query(number).node["trade_status"] == "TRADE_CLOSED"
        assert "paid" not in shop.simulator.effects(number)

    def test_refusing_after_paying_changes_nothing(self, shop: Shop, number: str) -> None:
        # Given
        path = page_of(shop, number)
        choose(shop, path, "pay")

        # When
        choose(shop, path, "refuse")

        # Then
        assert shop.query(number).node["trade_status"] == "TRADE_SUCCESS"

    @pytest.mark.parametrize("choice", ["", "steal"])
    def test_refuses_another_choice(self, shop: Shop, number: str, choice: str) -> None:
        # When
        response = choose(shop, page_of(shop, number), choice)

        # Then
        assert response.status_code == 400
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")

    def test_a_code_whose_time_is_over_leads_to_a_closed_trade(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        path = page_of(shop, number, timeout_express="1m")
        simulator.post("/control/clock", now="2030-01-05T10:01:00+08:00")

        # When
        response = choose(shop, path, "pay")

        # Then
        assert response.status_code == 303
        assert "Closed 交易已关闭" in simulator.get(path).text
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")

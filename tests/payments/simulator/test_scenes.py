"""Payers on pages, in apps and in mini programs: what they carry, see, and come back with."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.wire import Shop

BACK = "https://shop.example.com/paid?order=1"
PRODUCTS = {
    "page": "FAST_INSTANT_TRADE_PAY",
    "wap": "QUICK_WAP_WAY",
    "app": "QUICK_MSECURITY_PAY",
}
SCENES = sorted(PRODUCTS)


def params_for(shop: Shop, scene: str, number: str, /, **changes: object) -> dict[str, str]:
    """Sign what a payer is to carry."""
    other = {"return_url": BACK} if scene != "app" else {}
    timestamp = changes.pop("timestamp", None)
    if timestamp is not None:
        other["timestamp"] = str(timestamp)
    order = shop.order(number, **{"product_code": PRODUCTS[scene], **changes})
    return shop.params(f"alipay.trade.{scene}.pay", order, **other)


def carry(shop: Shop, scene: str, params: dict[str, str]) -> httpx.Response:
    """Be the payer's browser, or the phone of the payer's app."""
    if scene == "app":
        data = {"order_string": urlencode(params)}
        return shop.simulator.send("POST", "/phone", data=data)
    return shop.simulator.get("/gateway.do", **params)


def opened(shop: Shop, scene: str, number: str, /, **changes: object) -> str:
    """Give the path of the page to which an order leads."""
    response = carry(shop, scene, params_for(shop, scene, number, **changes))
    assert response.status_code == 303, response.text
    return response.headers["location"]


def choose(shop: Shop, path: str, choice: str) -> httpx.Response:
    return shop.simulator.send("POST", path, data={"choice": choice})


@pytest.mark.parametrize("scene", SCENES)
class TestCarried:
    def test_does_not_exist_until_the_payer_signs_in(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # Given
        path = opened(shop, scene, number)

        # When
        page = shop.simulator.get(path)

        # Then
        assert "Sign in 登录" in page.text
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")
        assert choose(shop, path, "sign_in").status_code == 303
        assert shop.query(number).node["trade_status"] == "WAIT_BUYER_PAY"
        assert "Sign in 登录" not in shop.simulator.get(path).text

    def test_the_same_order_leads_to_the_same_page_and_another_nowhere(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # Given
        path = opened(shop, scene, number)

        # Then
        assert opened(shop, scene, number) == path
        response = carry(shop, scene, params_for(shop, scene, number, total_amount="88.81"))
        assert response.status_code == 400
        assert "ACQ.CONTEXT_INCONSISTENT" in response.text
        assert shop.simulator.effects(number) == ["order_accepted", "order_repeated"]

    def test_shows_the_real_error_of_a_signature_that_is_not_the_shop_s(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # Given
        params = params_for(shop, scene, number)
        params["biz_content"] = params["biz_content"].replace("88.80", "8.80")

        # When
        response = carry(shop, scene, params)

        # Then
        assert response.status_code == 400
        assert response.text.startswith("isv.invalid-signature ")
        assert shop.simulator.effects(number) == []

    def test_comes_when_the_payer_does_not_when_it_was_signed(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        assert opened(shop, scene, number, timestamp="2020-01-01 00:00:00")

    def test_cannot_be_opened_after_its_expiry(self, shop: Shop, number: str, scene: str) -> None:
        # When
        params = params_for(shop, scene, number, time_expire="2020-01-01 00:00:00")
        response = carry(shop, scene, params)

        # Then
        assert (response.status_code, shop.simulator.effects(number)) == (400, [])

    def test_refuses_the_product_of_another_scene(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # When
        params = params_for(shop, scene, number, product_code="FACE_TO_FACE_PAYMENT")
        response = carry(shop, scene, params)

        # Then
        assert "ACQ.INVALID_PARAMETER" in response.text
        assert shop.simulator.effects(number) == []

    def test_is_paid_and_told(
        self, shop: Shop, receiver: Receiver, number: str, scene: str
    ) -> None:
        # Given
        shop.notify_url = receiver.url
        path = opened(shop, scene, number)

        # When
        choose(shop, path, "pay")

        # Then
        told = receiver.next()
        assert (told["out_trade_no"], told["trade_status"]) == (number, "TRADE_SUCCESS")
        assert shop.is_from_alipay({name: told[name] for name in told if name[0] != "_"})
        assert shop.query(number).node["trade_status"] == "TRADE_SUCCESS"

    def test_paid_in_two_tabs_pays_once(self, shop: Shop, number: str, scene: str) -> None:
        # Given
        first, second = opened(shop, scene, number), opened(shop, scene, number)

        # When
        answers = [choose(shop, path, "pay").status_code for path in (first, second)]

        # Then
        assert answers == [303, 303]
        assert shop.simulator.effects(number).count("paid") == 1

    def test_a_closed_order_cannot_be_paid(self, shop: Shop, number: str, scene: str) -> None:
        # Given
        path = opened(shop, scene, number)
        choose(shop, path, "sign_in")
        shop.close(number)

        # When
        choose(shop, path, "pay")

        # Then
        assert "Closed 交易已关闭" in shop.simulator.get(path).text
        assert shop.query(number).node["trade_status"] == "TRADE_CLOSED"

    def test_refusing_closes_it(self, shop: Shop, number: str, scene: str) -> None:
        # Given
        path = opened(shop, scene, number)

        # When
        choose(shop, path, "refuse")

        # Then
        assert shop.query(number).node["trade_status"] == "TRADE_CLOSED"


@pytest.mark.parametrize("scene", ["page", "wap"])
class TestBackToTheShop:
    def test_the_browser_comes_back_with_signed_words(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # Given
        path = opened(shop, scene, number)

        # When
        response = choose(shop, path, "pay")

        # Then
        target = urlsplit(response.headers["location"])
        assert (response.status_code, target.netloc) == (303, "shop.example.com")
        params = dict(parse_qsl(target.query))
        assert params.pop("order") == "1"
        assert params["out_trade_no"] == number
        assert params["method"] == f"alipay.trade.{scene}.pay.return"
        assert params["total_amount"] == "88.80"
        assert params["trade_no"] == shop.query(number).node["trade_no"]
        assert shop.is_from_alipay(params)
        assert not shop.is_from_alipay({**params, "total_amount": "88.81"})

    def test_the_page_allows_its_form_to_lead_there_and_shows_the_way_again(
        self, shop: Shop, number: str, scene: str
    ) -> None:
        # Given
        path = opened(shop, scene, number)

        # Then
        policy = shop.simulator.get(path).headers["content-security-policy"]
        assert "form-action 'self' https://shop.example.com;" in policy
        choose(shop, path, "pay")
        assert 'href="https://shop.example.com/paid?order=1&amp;' in shop.simulator.get(path).text

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example\r\nX: y"])
    def test_nobody_is_sent_to_what_is_no_address(
        self, shop: Shop, number: str, scene: str, url: str
    ) -> None:
        # Given
        order = shop.order(number, product_code=PRODUCTS[scene])
        params = shop.params(f"alipay.trade.{scene}.pay", order, return_url=url)

        # Then
        assert carry(shop, scene, params).status_code == 400
        assert shop.simulator.effects(number) == []


def test_who_gives_up_on_a_phone_finds_the_way_back(shop: Shop, number: str) -> None:
    # Given
    path = opened(shop, "wap", number, quit_url="https://shop.example.com/cart")

    # When
    choose(shop, path, "refuse")

    # Then
    assert 'href="https://shop.example.com/cart"' in shop.simulator.get(path).text


class TestPhone:
    def test_asks_for_what_an_app_would_hand_over(self, shop: Shop) -> None:
        # When
        response = shop.simulator.get("/phone")

        # Then
        assert response.status_code == 200
        assert 'name="order_string"' in response.text

    def test_takes_an_order_string_from_a_link(self, shop: Shop, number: str) -> None:
        # Given
        text = urlencode(params_for(shop, "app", number))

        # When
        response = shop.simulator.send("GET", f"/phone?order_string={quote(text)}")

        # Then
        assert response.headers["location"].startswith("/payer/")
        assert "App 应用" in shop.simulator.get(response.headers["location"]).text

    def test_takes_no_page_s_order(self, shop: Shop, number: str) -> None:
        # When
        response = carry(shop, "app", params_for(shop, "page", number))

        # Then
        assert (response.status_code, shop.simulator.effects(number)) == (400, [])

"""What goes wrong with our calls to WeChat Pay, on purpose."""

import json
import time

import httpx
import pytest

from tests.payments.simulator.wechatpay.wire import WechatShop, real_seconds, refusal
from tests.payments.simulator.wire import SimulatorProcess

ACCEPTED = ["order_accepted", "request"]


def outcomes(shop: WechatShop, number: str) -> list[tuple[object, object]]:
    """List the status and the fault of each call that the gateway saw."""
    return [
        (effect["code"], effect["fault"])
        for effect in shop.simulator.effect_rows()
        if effect["kind"] == "request" and effect["number"] == number
    ]


class TestNoAnswer:
    def test_before_anything_happened(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "timeout_before")

        # When
        with pytest.raises(httpx.RemoteProtocolError):
            wechat_shop.native(number)

        # Then
        assert outcomes(wechat_shop, number) == [("none", "timeout_before")]
        assert wechat_shop.pay(number).status_code == 409

    def test_after_the_order_was_accepted(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "timeout_after_commit")

        # When
        with pytest.raises(httpx.RemoteProtocolError):
            wechat_shop.native(number)

        # Then
        assert wechat_shop.simulator.effects(number) == ACCEPTED
        assert outcomes(wechat_shop, number) == [("200", "timeout_after_commit")]
        assert wechat_shop.pay(number).status_code == 200

    def test_after_the_refund_went_out(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.order_fault(f"{number}R", "timeout_after_commit")

        # When
        with pytest.raises(httpx.RemoteProtocolError):
            wechat_shop.refund(number, f"{number}R")

        # Then
        assert wechat_shop.query_refund(f"{number}R").json()["status"] == "SUCCESS"


class TestUnreadableAnswers:
    @pytest.mark.parametrize(
        ("more", "effects"), [({}, ["request"]), ({"after_commit": True}, ACCEPTED)]
    )
    def test_http_500(
        self, wechat_shop: WechatShop, number: str, more: dict[str, object], effects: list[str]
    ) -> None:
        # Given
        wechat_shop.order_fault(number, "http_500", **more)

        # When
        response = wechat_shop.native(number)

        # Then
        assert (response.status_code, response.content) == (500, b"<html>500</html>")
        assert "wechatpay-signature" not in response.headers
        assert wechat_shop.simulator.effects(number) == effects

    def test_bad_signature(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "bad_signature")

        # When
        response = wechat_shop.native(number)

        # Then
        assert response.headers["wechatpay-serial"] == wechat_shop.platform_key_id
        assert "code_url" in response.json()
        assert not wechat_shop.is_from_wechat(response.headers, response.content)
        assert wechat_shop.simulator.effects(number) == ACCEPTED

    def test_unsigned_answer(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "unsigned_answer")

        # When
        response = wechat_shop.native(number)

        # Then
        assert not any(name.startswith("wechatpay-") for name in response.headers)
        assert wechat_shop.simulator.effects(number) == ACCEPTED

    def test_stale_answer_is_truly_signed_ten_minutes_ago(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.order_fault(number, "stale_answer")

        # When
        response = wechat_shop.native(number)

        # Then
        assert wechat_shop.is_from_wechat(response.headers, response.content)
        age_seconds = real_seconds() - int(response.headers["wechatpay-timestamp"])
        assert 540 <= age_seconds <= 660

    def test_truncated_json(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "truncated_json")

        # When
        response = wechat_shop.native(number)

        # Then
        assert response.content.startswith(b'{"code_url":"')
        with pytest.raises(json.JSONDecodeError):
            response.json()
        assert not wechat_shop.is_from_wechat(response.headers, response.content)
        assert wechat_shop.simulator.effects(number) == ACCEPTED


class TestUnknown:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("system_error", (500, "SYSTEM_ERROR")),
            ("frequency_limited", (429, "FREQUENCY_LIMITED")),
        ],
    )
    @pytest.mark.parametrize(
        ("more", "effects"), [({}, ["request"]), ({"after_commit": True}, ACCEPTED)]
    )
    def test_is_signed_and_says_nothing_about_the_order(
        self,
        wechat_shop: WechatShop,
        number: str,
        kind: str,
        expected: tuple[int, str],
        more: dict[str, object],
        effects: list[str],
    ) -> None:
        # Given
        wechat_shop.order_fault(number, kind, **more)

        # When
        response = wechat_shop.native(number)

        # Then
        assert refusal(response) == expected
        assert wechat_shop.is_from_wechat(response.headers, response.content)
        assert wechat_shop.simulator.effects(number) == effects

    def test_slow_answers_late(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.order_fault(number, "slow", seconds=0.4)

        # When
        began = time.monotonic()
        response = wechat_shop.native(number)

        # Then
        assert time.monotonic() - began >= 0.4
        assert response.status_code == 200


class TestWhomItStrikes:
    @pytest.mark.parametrize(
        ("call", "method"),
        [
            ("native", "wechat.native"),
            ("query", "wechat.query"),
            ("close", "wechat.close"),
        ],
    )
    def test_only_the_call_that_was_named(
        self, wechat_shop: WechatShop, number: str, call: str, method: str
    ) -> None:
        # Given
        wechat_shop.native(number)
        wechat_shop.order_fault(number, "system_error", method=method, app_id=wechat_shop.mchid)

        # When
        answers = {
            name: getattr(wechat_shop, name)(number).status_code
            for name in ("native", "query", "close")
        }

        # Then
        assert [name for name, status in answers.items() if status == 500] == [call]

    @pytest.mark.parametrize("owner", ["mchid", "appid"])
    def test_only_the_merchant_that_was_named_by_either_number(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str, owner: str
    ) -> None:
        # Given
        other = WechatShop(simulator)
        other.register()
        wechat_shop.order_fault(number, "system_error", app_id=getattr(wechat_shop, owner))

        # When
        answers = [shop.native(number).status_code for shop in (other, wechat_shop, wechat_shop)]

        # Then
        assert answers == [200, 500, 200]

    def test_a_refund_by_the_number_of_its_trade(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.order_fault(number, "system_error", method="wechat.refund")

        # When
        answers = [wechat_shop.refund(number, f"{number}R").status_code for _ in range(2)]

        # Then
        assert answers == [500, 200]

    def test_a_refund_query(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.refund(number, f"{number}R")
        wechat_shop.order_fault(f"{number}R", "system_error", method="wechat.refund_query")

        # When
        answers = [wechat_shop.query_refund(f"{number}R").status_code for _ in range(2)]

        # Then
        assert answers == [500, 200]

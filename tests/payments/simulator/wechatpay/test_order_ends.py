"""Orders at the simulated WeChat Pay that are closed, expire, or leave effects."""

import pytest

from tests.payments.simulator.wechatpay.orders_stage import shop_at_ten
from tests.payments.simulator.wechatpay.wire import WechatShop, refusal
from tests.payments.simulator.wire import StartSimulator


class TestClose:
    def test_closes_for_good_and_again_changes_nothing(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.native(number)

        # When
        answers = [wechat_shop.close(number).status_code for _ in range(2)]

        # Then
        assert answers == [204, 204]
        assert wechat_shop.state(number) == "CLOSED"
        assert wechat_shop.pay(number).json()["error"] == "trade_closed"
        assert wechat_shop.simulator.effects(number).count("closed") == 1

    def test_refuses_a_paid_trade(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)

        # When
        response = wechat_shop.close(number)

        # Then
        assert refusal(response) == (400, "ORDERPAID")
        assert wechat_shop.state(number) == "SUCCESS"

    def test_refuses_what_there_is_not(self, wechat_shop: WechatShop, number: str) -> None:
        assert refusal(wechat_shop.close(number)) == (404, "ORDER_NOT_EXIST")

    @pytest.mark.parametrize(
        ("changes", "status", "code"),
        [
            ({"mchid": "1900000000"}, 403, "NO_AUTH"),
            ({"mchid": ""}, 400, "PARAM_ERROR"),
            ({"reason": "late"}, 400, "PARAM_ERROR"),
        ],
    )
    def test_refuses_another_body(
        self,
        wechat_shop: WechatShop,
        number: str,
        changes: dict[str, object],
        status: int,
        code: str,
    ) -> None:
        # Given
        wechat_shop.native(number)

        # When
        response = wechat_shop.close(number, **changes)

        # Then
        assert refusal(response) == (status, code)
        assert wechat_shop.state(number) == "NOTPAY"


class TestExpiry:
    def test_closes_an_order_whose_time_is_over(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.native(number, time_expire="2030-01-05T02:30:00Z")

        # When
        states = []
        for now in ("2030-01-05T10:29:59+08:00", "2030-01-05T10:30:00+08:00"):
            shop.simulator.post("/control/clock", now=now)
            states.append(shop.state(number))

        # Then
        assert states == ["NOTPAY", "CLOSED"]
        assert shop.pay(number).status_code == 409
        assert refusal(shop.native(number, time_expire="2030-01-05T02:30:00Z")) == (
            400,
            "ORDER_CLOSED",
        )

    def test_lives_for_seven_days_by_itself(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.native(number)

        # When
        shop.simulator.post("/control/clock", now="2030-01-12T09:59:59+08:00")
        before = shop.state(number)
        shop.simulator.post("/control/clock", now="2030-01-12T10:00:00+08:00")

        # Then
        assert (before, shop.state(number)) == ("NOTPAY", "CLOSED")

    def test_may_be_paid_in_time_though_nobody_asked_before(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.native(number, time_expire="2030-01-05T10:30:00+08:00")
        shop.simulator.post("/control/clock", now="2030-01-05T11:00:00+08:00")

        # When
        response = shop.pay(number, at="2030-01-05T10:29:59+08:00")

        # Then
        assert response.json()["status"] == "paid"
        assert shop.state(number) == "SUCCESS"


class TestEffects:
    def test_tell_who_asked_what_of_which_number(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.query(number)
        wechat_shop.native(number)
        wechat_shop.close(number)

        # When
        rows = [row for row in wechat_shop.simulator.effect_rows() if row["number"] == number]

        # Then
        assert [
            (row["kind"], row["owner"], row.get("method"), row.get("code"), row.get("sub_code"))
            for row in rows
        ] == [
            ("request", wechat_shop.mchid, "wechat.query", "404", "ORDER_NOT_EXIST"),
            ("order_accepted", wechat_shop.mchid, None, None, None),
            ("request", wechat_shop.mchid, "wechat.native", "200", None),
            ("closed", wechat_shop.mchid, None, None, None),
            ("request", wechat_shop.mchid, "wechat.close", "204", None),
        ]

"""Refunds at the simulated WeChat Pay that go another way, and its fees."""

import pytest

from tests.payments.simulator.wechatpay.refunds_stage import shop_at_ten
from tests.payments.simulator.wechatpay.wire import WechatShop, refusal
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator


class TestPlans:
    def test_a_delayed_refund_ends_when_its_time_has_come(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.sell(number)
        shop.plan(f"{number}R", "refund_delayed", seconds=3 * 86_400)

        # When
        accepted = shop.refund(number, f"{number}R").json()
        shop.simulator.post("/control/clock", now="2030-01-08T09:59:59+08:00")
        before = shop.query_refund(f"{number}R").json()
        shop.simulator.post("/control/clock", now="2030-01-08T10:00:05+08:00")
        after = shop.query_refund(f"{number}R").json()

        # Then
        assert [each["status"] for each in (accepted, before, after)] == [
            "PROCESSING",
            "PROCESSING",
            "SUCCESS",
        ]
        assert "success_time" not in before
        assert after["success_time"] == "2030-01-08T10:00:00+08:00"
        assert shop.state(number) == "REFUND"

    @pytest.mark.parametrize(("code", "status"), [("ABNORMAL", "ABNORMAL"), ("CLOSED", "CLOSED")])
    def test_a_refund_may_end_otherwise(
        self, wechat_shop: WechatShop, number: str, code: str, status: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.plan(number, "refund_failed", error_code=code)

        # When
        response = wechat_shop.refund(number, f"{number}R")

        # Then
        assert (response.status_code, response.json()["status"]) == (200, status)
        assert "success_time" not in response.json()
        assert wechat_shop.refund(number, f"{number}R").json()["status"] == status
        assert wechat_shop.simulator.effects(f"{number}R")[:2] == [
            "refund_accepted",
            f"refund_{status.lower()}",
        ]

    def test_what_was_closed_may_be_given_back_by_another_refund(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.plan(number, "refund_failed", error_code="CLOSED")
        wechat_shop.refund(number, f"{number}R1")

        # When
        response = wechat_shop.refund(number, f"{number}R2")

        # Then
        assert response.json()["status"] == "SUCCESS"

    def test_without_enough_money_nothing_happens_and_the_number_stays_free(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.plan(number, "refund_refused", error_code="NOT_ENOUGH")

        # When
        refused = wechat_shop.refund(number, f"{number}R")

        # Then
        assert refusal(refused) == (403, "NOT_ENOUGH")
        assert wechat_shop.state(number) == "SUCCESS"
        assert wechat_shop.refund(number, f"{number}R").json()["status"] == "SUCCESS"

    @pytest.mark.parametrize("owner", ["mchid", "appid"])
    def test_count_for_the_merchant_that_was_named_by_either_number(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str, owner: str
    ) -> None:
        # Given
        other = WechatShop(simulator)
        other.register()
        for shop in (other, wechat_shop):
            shop.sell(number)
        wechat_shop.plan(
            number, "refund_refused", error_code="NOT_ENOUGH", app_id=getattr(wechat_shop, owner)
        )

        # When
        answers = [
            shop.refund(number, f"{number}R").status_code
            for shop in (other, wechat_shop, wechat_shop)
        ]

        # Then
        assert answers == [200, 403, 200]


class TestFees:
    def test_come_back_in_proportion_and_together_whole(
        self, simulator: SimulatorProcess, number: str
    ) -> None:
        # Given: 0.6 % of 88.80 is 53 fen.
        shop = WechatShop(simulator, returns_fee=True)
        shop.register()
        shop.sell(number)

        # When
        returned = [
            shop.refund(number, f"{number}R{part}", amount).json()["amount"]["refund_fee"]
            for part, amount in enumerate((2960, 2960, 2960))
        ]

        # Then
        assert returned == [18, 17, 18]
        assert sum(returned) == 53

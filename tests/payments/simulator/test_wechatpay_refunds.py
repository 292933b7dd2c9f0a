"""Refunds at WeChat Pay: what is accepted, when it ends and how, and what it never exceeds."""

import pytest

from tests.payments.simulator.wechat_wire import NOWHERE, WechatShop, refusal
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator


def shop_at_ten(start_simulator: StartSimulator) -> WechatShop:
    """Start a simulator where it is ten o'clock, with a merchant."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
    shop = WechatShop(simulator)
    shop.register()
    return shop


class TestRefund:
    def test_gives_back_at_once_unless_something_else_was_ordered(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.sell(number)
        transaction_id = shop.query(number).json()["transaction_id"]

        # When
        response = shop.refund(number, f"{number}R", 880)

        # Then
        fields = response.json()
        assert response.status_code == 200
        assert len(fields.pop("refund_id")) == 29
        assert fields == {
            "out_refund_no": f"{number}R",
            "transaction_id": transaction_id,
            "out_trade_no": number,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": "2030-01-05T10:00:00+08:00",
            "success_time": "2030-01-05T10:00:00+08:00",
            "status": "SUCCESS",
            "funds_account": "UNSETTLED",
            "amount": {
                "total": 8880,
                "refund": 880,
                "from": [],
                "payer_total": 8880,
                "payer_refund": 880,
                "settlement_refund": 880,
                "settlement_total": 8880,
                "discount_refund": 0,
                "currency": "CNY",
                "refund_fee": 0,
            },
            "promotion_detail": [],
        }
        assert shop.query_refund(f"{number}R").json() == response.json()
        assert shop.state(number) == "REFUND"

    def test_the_same_refund_again_gives_back_once(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        first = wechat_shop.refund(number, f"{number}R", 880, notify_url=None).json()

        # When
        second = wechat_shop.refund(number, f"{number}R", 880, notify_url=None)

        # Then
        assert second.json() == first
        assert wechat_shop.simulator.effects(f"{number}R") == [
            "refund_accepted",
            "refund_success",
            "request",
            "refund_repeated",
            "request",
        ]

    @pytest.mark.parametrize(
        "changes", [{"amount": {"refund": 881, "total": 8880, "currency": "CNY"}}, {"reason": "x"}]
    )
    def test_refuses_another_refund_under_the_same_number(
        self, wechat_shop: WechatShop, number: str, changes: dict[str, object]
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.refund(number, f"{number}R", 880)

        # When
        response = wechat_shop.refund(number, f"{number}R", **changes)

        # Then
        assert refusal(response) == (400, "INVALID_REQUEST")
        assert wechat_shop.query_refund(f"{number}R").json()["amount"]["refund"] == 880

    def test_finds_the_trade_by_its_other_number_too(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        transaction_id = wechat_shop.query(number).json()["transaction_id"]

        # When
        response = wechat_shop.refund(
            number, f"{number}R", out_trade_no=None, transaction_id=transaction_id
        )

        # Then
        assert (response.status_code, response.json()["out_trade_no"]) == (200, number)

    def test_never_gives_back_more_than_was_paid(
        self, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.refund(number, f"{number}R1", 8000)

        # When
        too_much = wechat_shop.refund(number, f"{number}R2", 881)
        the_rest = wechat_shop.refund(number, f"{number}R3", 880)

        # Then
        assert refusal(too_much) == (400, "INVALID_REQUEST")
        assert refusal(wechat_shop.query_refund(f"{number}R2")) == (404, "RESOURCE_NOT_EXISTS")
        assert the_rest.json()["status"] == "SUCCESS"

    def test_counts_what_is_on_its_way(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)
        wechat_shop.plan(f"{number}R1", "refund_delayed", seconds=86_400)
        wechat_shop.refund(number, f"{number}R1", 8000)

        # Then
        assert refusal(wechat_shop.refund(number, f"{number}R2", 881)) == (400, "INVALID_REQUEST")

    def test_takes_fifty_refunds_of_a_trade(self, wechat_shop: WechatShop, number: str) -> None:
        # Given
        wechat_shop.sell(number)

        # When
        answers = [
            wechat_shop.refund(number, f"{number}R{part}", 1).status_code for part in range(51)
        ]

        # Then
        assert answers == [200] * 50 + [400]

    @pytest.mark.parametrize("action", ["nothing", "close"])
    def test_refuses_a_trade_that_is_not_paid(
        self, wechat_shop: WechatShop, number: str, action: str
    ) -> None:
        # Given
        wechat_shop.native(number)
        if action == "close":
            wechat_shop.close(number)

        # When
        response = wechat_shop.refund(number, f"{number}R")

        # Then
        assert refusal(response) == (400, "INVALID_REQUEST")
        assert refusal(wechat_shop.query_refund(f"{number}R")) == (404, "RESOURCE_NOT_EXISTS")

    def test_refuses_a_trade_that_there_is_not(
        self, simulator: SimulatorProcess, wechat_shop: WechatShop, number: str
    ) -> None:
        # Given
        wechat_shop.sell(number)
        other = WechatShop(simulator)
        other.register()

        # Then
        assert refusal(other.refund(number, f"{number}R")) == (404, "RESOURCE_NOT_EXISTS")

    def test_refuses_a_trade_of_more_than_a_year_ago(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        shop = shop_at_ten(start_simulator)
        shop.sell(number)
        shop.simulator.post("/control/clock", now="2031-01-05T10:00:01+08:00")

        # Then
        assert refusal(shop.refund(number, f"{number}R")) == (400, "INVALID_REQUEST")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"amount": {"refund": 880, "total": 8881, "currency": "CNY"}}, "INVALID_REQUEST"),
            ({"amount": {"refund": 0, "total": 8880, "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"refund": "880", "total": 8880, "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"refund": 880, "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"refund": 880, "total": 8880, "currency": "USD"}}, "PARAM_ERROR"),
            ({"out_refund_no": "a#b"}, "PARAM_ERROR"),
            ({"out_refund_no": "1" * 65}, "PARAM_ERROR"),
            ({"out_refund_no": None}, "PARAM_ERROR"),
            ({"out_trade_no": None}, "PARAM_ERROR"),
            ({"transaction_id": "4200001000203001050000000001"}, "PARAM_ERROR"),
            ({"reason": "x" * 81}, "PARAM_ERROR"),
            ({"notify_url": f"{NOWHERE}?a=1"}, "PARAM_ERROR"),
            ({"refund_amount": 880}, "PARAM_ERROR"),
        ],
    )
    def test_refuses_a_bad_field_and_writes_nothing(
        self, wechat_shop: WechatShop, number: str, changes: dict[str, object], code: str
    ) -> None:
        # Given
        wechat_shop.sell(number)

        # When
        response = wechat_shop.refund(number, f"{number}R", **changes)

        # Then
        assert refusal(response) == (400, code)
        assert wechat_shop.state(number) == "SUCCESS"


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

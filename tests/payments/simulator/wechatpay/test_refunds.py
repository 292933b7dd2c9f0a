"""Refunds at WeChat Pay: what is accepted, when it ends and how, and what it never exceeds."""

import pytest

from tests.payments.simulator.wechatpay.refunds_stage import shop_at_ten
from tests.payments.simulator.wechatpay.wire import NOWHERE, WechatShop, refusal
from tests.payments.simulator.wire import SimulatorProcess, StartSimulator


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

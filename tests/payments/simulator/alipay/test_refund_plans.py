"""Refunds at the simulated Alipay that go another way."""

import pytest

from tests.payments.simulator.alipay.refunds_stage import SOLD, change
from tests.payments.simulator.wire import Shop, StartSimulator


class TestPlans:
    def test_a_refund_may_take_days(self, start_simulator: StartSimulator, number: str) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        shop.sell(number)
        shop.plan("refund_delayed", number="r1", seconds=2 * 86_400)

        # When
        asked = shop.refund(number, SOLD, "r1")
        early = shop.query_refund(number, "r1", "gmt_refund_pay")
        simulator.post("/control/clock", now="2030-01-07T10:00:00+08:00")
        late = shop.query_refund(number, "r1", "gmt_refund_pay")

        # Then
        assert change(asked) == ("N", "0.00")
        assert "refund_status" not in early.node
        assert (late.node["refund_status"], late.node["gmt_refund_pay"]) == (
            "REFUND_SUCCESS",
            "2030-01-07 10:00:00",
        )
        assert change(shop.refund(number, SOLD, "r1")) == ("N", SOLD)

    def test_what_is_on_its_way_cannot_be_asked_for_again(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        shop.sell(number)
        shop.plan("refund_delayed", number=number, seconds=86_400)
        shop.refund(number, "80.00", "r1")

        # When
        answer = shop.refund(number, "8.81", "r2")

        # Then
        assert answer.words == ("40004", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")

    def test_a_refused_refund_may_come_again(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)
        shop.plan("refund_refused", number="r1", error_code="ACQ.SELLER_BALANCE_NOT_ENOUGH")

        # When
        first, second = shop.refund(number, SOLD, "r1"), shop.refund(number, SOLD, "r1")

        # Then
        assert first.words == ("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH")
        assert change(second) == ("Y", SOLD)

    def test_a_refund_that_fails_is_never_seen_and_its_money_can_be_asked_for(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.sell(number)
        shop.plan("refund_failed", number="f1", error_code="ACQ.REASON_TRADE_BEEN_FREEZEN")

        # When
        shop.refund(number, SOLD, "f1")

        # Then
        assert shop.query_refund(number, "f1").node == {"code": "10000", "msg": "Success"}
        again = shop.refund(number, SOLD, "f1")
        assert again.words == ("40004", "ACQ.REASON_TRADE_BEEN_FREEZEN")
        assert change(shop.refund(number, SOLD, "f2")) == ("Y", SOLD)

    def test_a_refund_that_failed_for_want_of_money_succeeds_under_its_number(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.sell(number)
        shop.plan("refund_failed", number="m1", error_code="ACQ.SELLER_BALANCE_NOT_ENOUGH")
        shop.refund(number, SOLD, "m1")

        # When
        again = shop.refund(number, SOLD, "m1")

        # Then
        assert change(again) == ("Y", SOLD)

    @pytest.mark.parametrize(
        ("plan", "code"),
        [
            ({"kind": "refund_lost"}, "unknown_plan"),
            ({"kind": "refund_failed"}, "bad_request"),
            ({"kind": "refund_delayed", "error_code": "X"}, "bad_request"),
            ({"kind": "refund_delayed", "count": 0}, "bad_request"),
            ({"kind": "refund_delayed", "hours": 1}, "bad_request"),
        ],
    )
    def test_refuses_a_plan_that_says_too_little_or_too_much(
        self, shop: Shop, plan: dict[str, object], code: str
    ) -> None:
        # When
        response = shop.control("plans", **plan)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, code)

    def test_plans_wait_until_they_are_forgotten(self, start_simulator: StartSimulator) -> None:
        # Given
        simulator = start_simulator()
        shop = Shop(simulator, app_id="2021000000000001")
        shop.plan("refund_delayed", number="r1", seconds=1.5, count=2)

        # When
        waiting = simulator.get("/control/alipay/plans").json()["plans"]
        forgotten = simulator.send("DELETE", "/control/faults").json()

        # Then
        assert waiting == [
            {
                "id": 1,
                "kind": "refund_delayed",
                "app_id": "2021000000000001",
                "number": "r1",
                "wait_ms": 1500,
                "error_code": None,
                "count": 2,
            }
        ]
        assert forgotten == {"forgotten": 1}
        assert simulator.get("/control/alipay/plans").json() == {"plans": []}


class TestFaults:
    def test_a_refund_counts_though_its_answer_was_lost(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)
        shop.order_fault(number, "http_500", after_commit=True, method="alipay.trade.refund")

        # When
        params = shop.params(
            "alipay.trade.refund",
            {"out_trade_no": number, "refund_amount": SOLD, "out_request_no": f"{number}_1"},
        )
        lost = shop.simulator.send("POST", "/gateway.do", data=params)

        # Then
        assert lost.status_code == 500
        assert change(shop.refund(number, SOLD, f"{number}_1")) == ("N", SOLD)

    def test_strikes_by_the_refunds_own_number(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)
        shop.order_fault(f"{number}_2", "system_error")

        # When
        first = shop.refund(number, "1.00", f"{number}_1")
        second = shop.refund(number, "1.00", f"{number}_2")

        # Then
        assert change(first) == ("Y", "1.00")
        assert second.words == ("20000", "ACQ.SYSTEM_ERROR")
        assert change(shop.refund(number, "1.00", f"{number}_2")) == ("Y", "2.00")

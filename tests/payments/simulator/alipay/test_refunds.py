"""Closing, refunding and asking after refunds, as Alipay does them."""

import pytest

from tests.payments.simulator.alipay.refunds_stage import SOLD, change
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator


def status(shop: Shop, number: str) -> object:
    return shop.query(number).node["trade_status"]


class TestClose:
    def test_a_code_that_nobody_scanned_is_not_there_and_stays_good(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.precreate(number)

        # When
        answer = shop.close(number)

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_NOT_EXIST")
        assert shop.pay(number).json()["status"] == "paid"

    def test_closes_a_trade_that_waits_and_says_so_again(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        trade_no = shop.scan(number).json()["trade_no"]

        # When
        first, second = shop.close(number), shop.close(number)

        # Then
        assert first.node == {
            "code": "10000",
            "msg": "Success",
            "trade_no": trade_no,
            "out_trade_no": number,
        }
        assert second.raw == first.raw
        assert status(shop, number) == "TRADE_CLOSED"
        assert shop.simulator.effects(number).count("closed") == 1

    def test_nobody_pays_a_closed_trade(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        path = shop.scan(number).json()["payer_path"]
        shop.close(number)

        # When
        by_control = shop.pay(number)
        by_page = shop.simulator.send("POST", path, data={"choice": "pay"}, follow_redirects=True)

        # Then
        assert (by_control.status_code, by_control.json()["error"]) == (409, "trade_closed")
        assert "交易已关闭" in by_page.text
        assert "paid" not in shop.simulator.effects(number)

    def test_refuses_to_close_what_is_paid(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)

        # When
        answer = shop.close(number)

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_STATUS_ERROR")
        assert status(shop, number) == "TRADE_SUCCESS"


class TestRefund:
    def test_gives_everything_back_and_closes_the_trade(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        shop.pay(number, at="2026-01-31T16:30:00Z")

        # When
        answer = shop.refund(number, SOLD)

        # Then
        assert change(answer) == ("Y", SOLD)
        assert (answer.node["out_trade_no"], answer.node["trade_no"]) == (
            number,
            shop.query(number).node["trade_no"],
        )
        assert status(shop, number) == "TRADE_CLOSED"
        assert shop.query(number).node["send_pay_date"] == "2026-02-01 00:30:00"
        # Without a number of its own it goes by that of its trade.
        assert shop.query_refund(number, number).node["refund_status"] == "REFUND_SUCCESS"

    def test_parts_add_up_and_the_last_closes_the_trade(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)

        # When
        first = shop.refund(number, "30.00", f"{number}_1")
        between = status(shop, number)
        second = shop.refund(number, "58.80", f"{number}_2")

        # Then
        assert change(first) == ("Y", "30.00")
        assert between == "TRADE_SUCCESS"
        assert change(second) == ("Y", SOLD)
        assert status(shop, number) == "TRADE_CLOSED"

    def test_the_same_number_gives_nothing_twice(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)
        shop.refund(number, "30.00", f"{number}_1")

        # When
        again = shop.refund(number, "30.00", f"{number}_1")

        # Then
        assert change(again) == ("N", "30.00")
        assert shop.simulator.effects(f"{number}_1") == [
            "refund_accepted",
            "refunded",
            "request",
            "refund_repeated",
            "request",
        ]

    def test_repeating_is_well_after_everything_went_back(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)
        shop.refund(number, SOLD, f"{number}_1")

        # When
        again = shop.refund(number, SOLD, f"{number}_1")
        more = shop.refund(number, "0.01", f"{number}_2")

        # Then
        assert change(again) == ("N", SOLD)
        assert more.words == ("40004", "ACQ.TRADE_STATUS_ERROR")

    @pytest.mark.parametrize(
        ("amount", "request_no", "sub_code"),
        [
            ("30.01", "first", "ACQ.DISCORDANT_REPEAT_REQUEST"),
            ("58.81", "second", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
            ("1.00", None, "ACQ.INVALID_PARAMETER"),
            ("1.00", "a b", "ACQ.INVALID_PARAMETER"),
            ("1.00", "x" * 65, "ACQ.INVALID_PARAMETER"),
            ("0.00", "second", "ACQ.INVALID_PARAMETER"),
            ("1", "second", "ACQ.INVALID_PARAMETER"),
            ("-1.00", "second", "ACQ.INVALID_PARAMETER"),
        ],
    )
    def test_refuses_what_does_not_fit_and_gives_nothing(
        self, shop: Shop, number: str, amount: str, request_no: str | None, sub_code: str
    ) -> None:
        # Given
        shop.sell(number)
        shop.refund(number, "30.00", "first")

        # When
        answer = shop.refund(number, amount, request_no)

        # Then
        assert answer.words == ("40004", sub_code)
        assert change(shop.refund(number, "30.00", "first")) == ("N", "30.00")

    @pytest.mark.parametrize(
        ("steps", "sub_code"),
        [
            ((), "ACQ.TRADE_NOT_EXIST"),
            (("precreate",), "ACQ.TRADE_NOT_EXIST"),
            (("precreate", "scan"), "ACQ.TRADE_STATUS_ERROR"),
            (("precreate", "scan", "close"), "ACQ.TRADE_STATUS_ERROR"),
        ],
    )
    def test_refuses_what_was_not_paid(
        self, shop: Shop, number: str, steps: tuple[str, ...], sub_code: str
    ) -> None:
        # Given
        for step in steps:
            getattr(shop, step)(number)

        # When
        answer = shop.refund(number, SOLD)

        # Then
        assert answer.words == ("40004", sub_code)

    def test_refuses_a_finished_trade(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)

        # When
        finished = shop.control("trades/finish", out_trade_no=number)

        # Then
        assert finished.status_code == 200
        assert status(shop, number) == "TRADE_FINISHED"
        assert shop.refund(number, SOLD).words == ("40004", "ACQ.TRADE_HAS_FINISHED")

    def test_the_trade_of_another_application_is_not_there(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        other = Shop(simulator, app_id=f"{shop.app_id}6")
        other.register()
        shop.sell(number)

        # When
        answer = other.refund(number, SOLD)

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_NOT_EXIST")

    def test_fees_go_back_with_what_is_refunded_to_the_last_fen(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        fair = Shop(simulator, app_id=f"{shop.app_id}7", fee_bps=60, returns_fee=True)
        fair.register()
        fair.sell(number, amount="100.00")

        # When
        answers = [fair.refund(number, "33.33", f"r{part}") for part in (1, 2)]
        answers.append(fair.refund(number, "33.34", "r3"))

        # Then
        assert [answer.node["refund_charge_info_list"] for answer in answers] == [
            [{"refund_charge_fee": "0.20", "charge_type": "trade"}] for _ in range(3)
        ]


class TestQuery:
    def test_tells_of_a_refund_and_when_it_was_paid_if_asked(
        self, start_simulator: StartSimulator, number: str
    ) -> None:
        # Given
        simulator = start_simulator()
        simulator.post("/control/clock", now="2030-01-05T10:00:00+08:00")
        shop = Shop(simulator, app_id="2021000000000001")
        shop.register()
        shop.sell(number)
        trade_no = shop.refund(number, "30.00", "r1").node["trade_no"]

        # When
        plain = shop.query_refund(number, "r1")
        with_instant = shop.query_refund(number, "r1", "gmt_refund_pay")

        # Then
        assert plain.node == {
            "code": "10000",
            "msg": "Success",
            "trade_no": trade_no,
            "out_trade_no": number,
            "out_request_no": "r1",
            "total_amount": SOLD,
            "refund_amount": "30.00",
            "refund_currency": "CNY",
            "refund_status": "REFUND_SUCCESS",
        }
        assert with_instant.node == {**plain.node, "gmt_refund_pay": "2030-01-05 10:00:00"}

    def test_an_unknown_number_is_understood_and_nothing_more(
        self, shop: Shop, number: str
    ) -> None:
        # Given
        shop.sell(number)

        # When
        answer = shop.query_refund(number, "never")

        # Then
        assert answer.node == {"code": "10000", "msg": "Success"}

    def test_refuses_a_trade_or_a_number_that_is_not_there(self, shop: Shop, number: str) -> None:
        assert shop.query_refund(number, "r1").words == ("40004", "ACQ.TRADE_NOT_EXIST")
        shop.sell(number)
        assert shop.query_refund(number, "").words == ("40004", "ACQ.INVALID_PARAMETER")

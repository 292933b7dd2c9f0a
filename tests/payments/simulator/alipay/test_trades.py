"""Precreate and query: numbers, amounts, and a trade that exists only once scanned."""

import pytest

from tests.payments.simulator.wire import Shop, SimulatorProcess

INVALID = ("40004", "ACQ.INVALID_PARAMETER")


class TestPrecreate:
    def test_gives_the_address_of_the_payer_page(self, shop: Shop, number: str) -> None:
        # When
        answer = shop.precreate(number)

        # Then
        assert set(answer.node) == {"code", "msg", "out_trade_no", "qr_code"}
        assert answer.node["out_trade_no"] == number
        assert str(answer.node["qr_code"]).startswith(f"{shop.simulator.url}/payer/")

    def test_the_same_order_gets_the_same_answer(self, shop: Shop, number: str) -> None:
        # Given
        first = shop.precreate(number)

        # When
        second = shop.precreate(number)

        # Then
        assert second.raw == first.raw
        assert shop.simulator.effects(number) == [
            "order_accepted",
            "request",
            "order_repeated",
            "request",
        ]

    @pytest.mark.parametrize(
        ("name", "value"), [("total_amount", "88.81"), ("subject", "Another thing")]
    )
    def test_refuses_another_order_under_a_used_number(
        self, shop: Shop, number: str, name: str, value: str
    ) -> None:
        # Given
        shop.precreate(number)

        # When
        answer = shop.precreate(number, **{name: value})

        # Then
        assert answer.words == ("40004", "ACQ.CONTEXT_INCONSISTENT")
        shop.scan(number)
        assert shop.query(number).node["total_amount"] == "88.80"

    def test_numbers_of_two_applications_do_not_meet(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        other = Shop(simulator, app_id=f"{shop.app_id}2")
        other.register()
        shop.sell(number)

        # When
        answer = other.precreate(number, total_amount="1.00")

        # Then
        assert answer.node["code"] == "10000"
        assert other.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")

    def test_refuses_a_paid_number(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)

        # When
        answer = shop.precreate(number)

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_HAS_SUCCESS")

    @pytest.mark.parametrize(
        "out_trade_no", ["", "a-b", "a b", "订单", "x" * 65, "a\n", 7], ids=repr
    )
    def test_refuses_a_bad_number(self, shop: Shop, out_trade_no: object) -> None:
        assert shop.precreate("x", out_trade_no=out_trade_no).words == INVALID

    def test_takes_the_longest_number(self, shop: Shop, number: str) -> None:
        assert shop.precreate(number.ljust(64, "x")).node["code"] == "10000"

    @pytest.mark.parametrize(
        "total_amount",
        ["", "0.00", "-1.00", "1", "1.0", "1.000", "1e2", " 1.00", "1,000.00", "٣.00",
         "100000000.01", 88.8],
        ids=repr,
    )  # fmt: skip
    def test_refuses_a_bad_amount_and_writes_nothing(
        self, shop: Shop, number: str, total_amount: object
    ) -> None:
        # When
        answer = shop.precreate(number, total_amount=total_amount)

        # Then
        assert answer.words == INVALID
        assert shop.simulator.effects(number) == ["request"]

    @pytest.mark.parametrize("total_amount", ["0.01", "100000000.00"])
    def test_takes_the_smallest_and_the_largest_amount(
        self, shop: Shop, number: str, total_amount: str
    ) -> None:
        # Given
        assert shop.precreate(number, total_amount=total_amount).node["code"] == "10000"

        # When
        shop.pay(number)

        # Then
        assert shop.query(number).node["total_amount"] == total_amount

    @pytest.mark.parametrize("subject", ["", "a/b", "a=b", "a&b", "x" * 257, None], ids=repr)
    def test_refuses_a_bad_subject(self, shop: Shop, number: str, subject: object) -> None:
        assert shop.precreate(number, subject=subject).words == INVALID

    @pytest.mark.parametrize("product_code", ["", "QUICK_WAP_WAY"])
    def test_refuses_another_product(self, shop: Shop, number: str, product_code: str) -> None:
        assert shop.precreate(number, product_code=product_code).words == INVALID


class TestQuery:
    def test_a_trade_does_not_exist_until_it_is_scanned(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        before = shop.query(number)

        # When
        shop.scan(number)

        # Then
        after = shop.query(number)
        assert before.words == ("40004", "ACQ.TRADE_NOT_EXIST")
        assert after.node["trade_status"] == "WAIT_BUYER_PAY"
        assert after.node["buyer_pay_amount"] == "0.00"
        assert "send_pay_date" not in after.node
        assert "fund_bill_list" not in after.node

    def test_tells_all_of_a_paid_trade(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        paid = shop.pay(number, at="2026-01-31T16:30:00Z").json()

        # When
        node = shop.query(number).node

        # Then
        assert node.pop("buyer_user_id").startswith("2088")
        assert node.pop("buyer_logon_id").startswith("138****")
        assert node == {
            "code": "10000",
            "msg": "Success",
            "trade_no": paid["trade_no"],
            "out_trade_no": number,
            "trade_status": "TRADE_SUCCESS",
            "total_amount": "88.80",
            "trans_currency": "CNY",
            "buyer_pay_amount": "88.80",
            "receipt_amount": "88.80",
            "invoice_amount": "88.80",
            "point_amount": "0.00",
            "send_pay_date": "2026-02-01 00:30:00",
            "fund_bill_list": [{"amount": "88.80", "fund_channel": "ALIPAYACCOUNT"}],
        }
        assert len(paid["trade_no"]) == 28
        assert paid["trade_no"].startswith("20260201")

    def test_finds_a_trade_by_alipays_number(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        trade_no = shop.pay(number).json()["trade_no"]

        # When
        answer = shop.call("alipay.trade.query", {"trade_no": trade_no})

        # Then
        assert answer.node["out_trade_no"] == number

    def test_does_not_show_the_trade_of_another_application(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        other = Shop(simulator, app_id=f"{shop.app_id}3")
        other.register()
        shop.precreate(number)
        trade_no = shop.pay(number).json()["trade_no"]

        # When
        answer = other.call("alipay.trade.query", {"trade_no": trade_no})

        # Then
        assert answer.words == ("40004", "ACQ.TRADE_NOT_EXIST")

    def test_refuses_to_search_for_nothing(self, shop: Shop) -> None:
        assert shop.call("alipay.trade.query", {}).words == INVALID


class TestCurrency:
    def test_echoes_the_currency_of_the_application(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        brazil = Shop(simulator, app_id=f"{shop.app_id}4", currency="BRL")
        brazil.register()
        brazil.precreate(number, trans_currency="BRL")

        # When
        brazil.pay(number)

        # Then
        assert brazil.query(number).node["trans_currency"] == "BRL"

    def test_yen_have_no_decimals(
        self, simulator: SimulatorProcess, shop: Shop, number: str
    ) -> None:
        # Given
        japan = Shop(simulator, app_id=f"{shop.app_id}5", currency="JPY")
        japan.register()

        # When
        wrong = japan.precreate(number, trans_currency="JPY", total_amount="1200.00")
        right = japan.precreate(number, trans_currency="JPY", total_amount="1200")

        # Then
        assert wrong.words == INVALID
        assert right.node["code"] == "10000"

    @pytest.mark.parametrize("trans_currency", ["BRL", "XXX"])
    def test_refuses_another_currency_than_the_applications(
        self, shop: Shop, number: str, trans_currency: str
    ) -> None:
        assert shop.precreate(number, trans_currency=trans_currency).words == INVALID

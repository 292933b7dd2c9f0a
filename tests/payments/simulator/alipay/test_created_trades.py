"""Mini programs' trades, trades cancelled, and coupons of the channel."""

import pytest

from tests.payments.simulator.receiver import Receiver
from tests.payments.simulator.test_scenes import choose, opened
from tests.payments.simulator.wire import Shop


class TestMiniProgram:
    def create(self, shop: Shop, number: str, **changes: object) -> dict[str, object]:
        order = shop.order(number, product_code="JSAPI_PAY", op_app_id=shop.app_id)
        payer = {"buyer_id": "2088102146225135"}
        return shop.call("alipay.trade.create", {**order, **payer, **changes}).node

    def test_a_trade_exists_at_once_and_again_it_is_the_same(self, shop: Shop, number: str) -> None:
        # When
        first, second = self.create(shop, number), self.create(shop, number)

        # Then
        assert first == second
        asked = shop.query(number).node
        assert asked["trade_no"] == first["trade_no"]
        assert asked["trade_status"] == "WAIT_BUYER_PAY"
        assert asked["buyer_user_id"] == "2088102146225135"

    def test_refuses_another_order_under_the_number(self, shop: Shop, number: str) -> None:
        # Given
        self.create(shop, number)

        # Then
        other = self.create(shop, number, buyer_id="2088102146225136")
        assert other["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"

    def test_refuses_an_order_for_nobody(self, shop: Shop, number: str) -> None:
        assert self.create(shop, number, buyer_id="")["sub_code"] == "ACQ.INVALID_PARAMETER"

    def test_the_phone_finds_the_trade_by_its_number(self, shop: Shop, number: str) -> None:
        # Given
        trade_no = str(self.create(shop, number)["trade_no"])

        # When
        response = shop.simulator.send("POST", "/phone", data={"trade_no": trade_no})

        # Then
        path = response.headers["location"]
        assert "Mini program 小程序" in shop.simulator.get(path).text
        choose(shop, path, "pay")
        assert shop.query(number).node["trade_status"] == "TRADE_SUCCESS"
        unknown = shop.simulator.send("POST", "/phone", data={"trade_no": "1"})
        assert unknown.status_code == 404


class TestCancel:
    def cancel(self, shop: Shop, number: str) -> dict[str, object]:
        return shop.call("alipay.trade.cancel", {"out_trade_no": number}).node

    def test_of_what_nobody_scanned_there_is_nothing_to_say(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)

        # Then
        node = self.cancel(shop, number)
        assert (node["retry_flag"], node.get("action")) == ("N", None)

    def test_closes_what_is_not_paid(self, shop: Shop, number: str) -> None:
        # Given
        shop.precreate(number)
        shop.scan(number)

        # Then
        for _ in range(2):
            node = self.cancel(shop, number)
            assert (node["retry_flag"], node["action"]) == ("N", "close")
        assert shop.query(number).node["trade_status"] == "TRADE_CLOSED"

    def test_gives_back_what_is_paid_once(self, shop: Shop, number: str) -> None:
        # Given
        shop.sell(number)

        # Then
        for _ in range(2):
            assert self.cancel(shop, number)["action"] == "refund"
        asked = shop.query(number).node
        assert (asked["trade_status"], "send_pay_date" in asked) == ("TRADE_CLOSED", True)
        assert shop.simulator.effects(f"cancel_{number}") == ["refund_accepted", "refunded"]


class TestCoupons:
    def test_the_payer_pays_less_and_the_shop_gets_all(
        self, shop: Shop, receiver: Receiver, number: str
    ) -> None:
        # Given
        shop.notify_url = receiver.url
        shop.precreate(number)

        # When
        shop.pay(number, coupon_minor=880)

        # Then
        for told in (shop.query(number).node, receiver.next()):
            assert told["total_amount"] == "88.80"
            assert told["buyer_pay_amount"] == "80.00"
            assert told["receipt_amount"] == "88.80"
        funds = shop.query(number).node["fund_bill_list"]
        assert [tuple(fund.values()) for fund in funds] == [
            ("80.00", "ALIPAYACCOUNT"),
            ("8.80", "COUPON"),
        ]

    @pytest.mark.parametrize("scene", ["page", "wap", "app"])
    def test_who_paid_what_on_a_page_is_told_by_the_notification_alone(
        self, shop: Shop, receiver: Receiver, number: str, scene: str
    ) -> None:
        # Given
        shop.notify_url = receiver.url
        path = opened(shop, scene, number)

        # When a coupon pays a tenth
        choose(shop, path, "coupon")

        # Then
        told, node = receiver.next(), shop.query(number).node
        assert (told["buyer_pay_amount"], told["receipt_amount"]) == ("79.92", "88.80")
        assert (node["trade_status"], node["total_amount"]) == ("TRADE_SUCCESS", "88.80")
        names = ("buyer_pay_amount", "receipt_amount", "invoice_amount", "point_amount")
        assert {node[name] for name in names} == {"0.00"}
        assert not {"fund_bill_list", "voucher_detail_list", "discount_amount"} & set(node)

    @pytest.mark.parametrize("coupon_minor", [-1, 8_880, 8_881])
    def test_a_coupon_pays_a_part(self, shop: Shop, number: str, coupon_minor: int) -> None:
        # Given
        shop.precreate(number)

        # Then
        assert shop.pay(number, coupon_minor=coupon_minor).status_code == 400
        assert shop.query(number).words == ("40004", "ACQ.TRADE_NOT_EXIST")

# ruff: noqa: F811  fixtures are imported
"""Transfers out of a seller's wallet, as Alipay makes them."""

from datetime import timedelta

import pytest

from tests.payments.simulator.alipay.transfers_stage import PAYEE, START, clocked, set_clock, shop  # noqa: F401
from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.wire import Shop

SCENE: dict[str, object] = {"transfer_scene_name": "采购货款"}
REPORT = {"info_type": "采购商品名称", "info_content": "茶叶"}


class TestTransfer:
    def test_takes_the_amount_and_the_fee_from_the_wallet(self, clocked: PayingShop) -> None:
        # Given
        clocked.control("wallets/terms", fee_minor=50)

        # When
        answer = clocked.transfer("po_1")

        # Then
        order_id, fund_id = answer.node["order_id"], answer.node["pay_fund_order_id"]
        assert (len(str(order_id)), str(order_id)[:8]) == (32, "20300105")
        assert answer.node == {
            "code": "10000",
            "msg": "Success",
            "out_biz_no": "po_1",
            "order_id": order_id,
            "status": "SUCCESS",
            "trans_date": "2030-01-05 10:00:00",
            "pay_fund_order_id": fund_id,
        }
        assert clocked.balance_minor() == 89_950
        assert clocked.query_transfer("po_1").node == {
            "code": "10000",
            "msg": "Success",
            "out_biz_no": "po_1",
            "order_id": order_id,
            "status": "SUCCESS",
            "trans_amount": "100.00",
            "trans_currency": "CNY",
            "order_fee": "0.50",
            "pay_fund_order_id": fund_id,
            "pay_date": "2030-01-05 10:00:00",
        }

    def test_the_same_number_sends_nothing_twice(self, clocked: PayingShop) -> None:
        # Given
        first = clocked.transfer("po_1")

        # When
        second = clocked.transfer("po_1")

        # Then
        assert second.raw == first.raw
        assert clocked.balance_minor() == 90_000
        assert clocked.simulator.effects("po_1") == [
            "transfer_accepted",
            "transfer_ended",
            "request",
            "transfer_repeated",
            "request",
        ]

    @pytest.mark.parametrize(
        "changes", [{"trans_amount": "100.01"}, {"order_title": "x"}], ids=["amount", "title"]
    )
    def test_refuses_another_transfer_under_a_used_number(
        self, shop: PayingShop, changes: dict[str, object]
    ) -> None:
        # Given
        shop.transfer("po_1")

        # When
        answer = shop.transfer("po_1", **changes)

        # Then
        assert answer.words == ("40004", "PAYMENT_INFO_INCONSISTENCY")
        assert shop.balance_minor() == 90_000

    @pytest.mark.parametrize(
        ("changes", "sub_code"),
        [
            ({"payee_info": {"identity": "x@y.z", "identity_type": "ALIPAY_LOGON_ID",
              "name": "张三"}}, "PAYEE_NOT_EXIST"),
            ({"payee_info": {"identity": PAYEE["logon_id"], "identity_type": "ALIPAY_LOGON_ID",
              "name": "李四"}}, "PAYEE_USER_INFO_ERROR"),
            ({"payee_info": {"identity": PAYEE["user_id"], "identity_type": "ALIPAY_USER_ID",
              "name": "李四"}}, "PAYEE_USER_INFO_ERROR"),
            ({"payee_info": {"identity": PAYEE["logon_id"],
              "identity_type": "ALIPAY_LOGON_ID"}}, "INVALID_PARAMETER"),
            ({"payee_info": {"identity": "1", "identity_type": "TELEPATHY"}}, "INVALID_PARAMETER"),
            ({"payee_info": "张三"}, "INVALID_PARAMETER"),
            ({"trans_amount": "1000.01"}, "PAYER_BALANCE_NOT_ENOUGH"),
            ({"trans_amount": "0.09"}, "EXCEED_LIMIT_SM_MIN_AMOUNT"),
            ({"trans_amount": "50000.01"}, "EXCEED_LIMIT_SM_AMOUNT"),
            ({"trans_amount": "50000.00"}, "MEMO_REQUIRED_IN_TRANSFER_ERROR"),
            ({"trans_amount": "100"}, "INVALID_PARAMETER"),
            ({"out_biz_no": "a b"}, "INVALID_PARAMETER"),
            ({"product_code": "TRANS_BANKCARD_NO_PWD"}, "PRODUCT_NOT_SIGN"),
            ({"biz_scene": "RED_PACKET"}, "INVALID_PARAMETER"),
            ({"payee_info": {"identity": "known to others",
              "identity_type": "ALIPAY_OPEN_ID"}}, "PAYEE_NOT_EXIST"),
            ({"transfer_scene_report_infos": [REPORT]}, "INVALID_PARAMETER"),
            (SCENE | {"transfer_scene_report_infos": []}, "INVALID_PARAMETER"),
            (SCENE | {"transfer_scene_report_infos": "茶叶"}, "INVALID_PARAMETER"),
            (SCENE | {"transfer_scene_report_infos": [REPORT | {"info_content": ""}]},
             "INVALID_PARAMETER"),
            (SCENE | {"transfer_scene_report_infos": [{"info_type": "采购商品名称"}]},
             "INVALID_PARAMETER"),
        ],
    )  # fmt: skip
    def test_refuses_what_it_would_not_do_and_remembers_nothing(
        self, shop: PayingShop, changes: dict[str, object], sub_code: str
    ) -> None:
        # When
        answer = shop.transfer("po_1", **changes)

        # Then
        assert answer.words == ("40004", sub_code)
        assert shop.balance_minor() == 100_000
        assert shop.query_transfer("po_1").words == ("40004", "ORDER_NOT_EXIST")

    def test_a_number_refused_for_want_of_money_may_come_again(self, shop: PayingShop) -> None:
        # Given
        refused = shop.transfer("po_1", "1000.01")
        shop.top_up(1, number="tu_2")

        # When
        answer = shop.transfer("po_1", "1000.01")

        # Then
        assert refused.words == ("40004", "PAYER_BALANCE_NOT_ENOUGH")
        assert answer.node["status"] == "SUCCESS"
        assert shop.balance_minor() == 0

    def test_reaches_a_payee_whom_only_this_application_knows_and_hears_why(
        self, shop: PayingShop
    ) -> None:
        # Given
        known = {"open_id": "074a1CcTG1L", "app_id": shop.app_id}
        assert shop.simulator.post("/control/alipay/payees", **PAYEE, **known).status_code == 200

        # When
        answer = shop.transfer(
            "po_1",
            payee_info={"identity": "074a1CcTG1L", "identity_type": "ALIPAY_OPEN_ID"},
            transfer_scene_report_infos=[REPORT],
            **SCENE,
        )

        # Then
        assert answer.node["status"] == "SUCCESS"
        assert shop.balance_minor() == 90_000

    def test_reaches_a_payee_by_number_without_a_name(self, shop: PayingShop) -> None:
        # When
        payee = {"identity": PAYEE["user_id"], "identity_type": "ALIPAY_USER_ID"}
        answer = shop.transfer("po_1", payee_info=payee)

        # Then
        assert answer.node["status"] == "SUCCESS"

    def test_refuses_a_payee_who_is_blocked(self, clocked: PayingShop) -> None:
        # Given
        clocked.simulator.post("/control/alipay/payees", **PAYEE, blocked=True)

        # When
        answer = clocked.transfer("po_1")

        # Then
        assert answer.words == ("40004", "BLOCK_USER_FORBBIDEN_RECIEVE")

    def test_a_day_in_shanghai_has_its_limit(self, clocked: PayingShop) -> None:
        # Given
        clocked.control("wallets/terms", day_max_minor=20_000)
        clocked.transfer("po_1", "150.00")

        # When
        same_day = clocked.transfer("po_2", "50.01")
        set_clock(clocked.simulator, START + timedelta(hours=14))
        next_day = clocked.transfer("po_2", "50.01")

        # Then
        assert same_day.words == ("40004", "EXCEED_LIMIT_DM_AMOUNT")
        assert next_day.node["status"] == "SUCCESS"

    def test_needs_certificates(self, shop: PayingShop) -> None:
        # Given
        plain = Shop(shop.simulator, app_id=f"{shop.app_id}1")
        plain.register()

        # When
        answer = plain.call("alipay.fund.trans.uni.transfer", {"out_biz_no": "po_1"})

        # Then
        assert answer.words == ("40002", "isv.missing-app-cert-sn")


class TestQuery:
    @pytest.mark.parametrize("name", ["order_id", "pay_fund_order_id"])
    def test_finds_by_alipays_numbers(self, shop: PayingShop, name: str) -> None:
        # Given
        number = shop.transfer("po_1").node[name]

        # When
        answer = shop.call("alipay.fund.trans.common.query", {name: number})

        # Then
        assert answer.node["out_biz_no"] == "po_1"

    def test_does_not_show_what_another_application_sent(self, shop: PayingShop) -> None:
        # Given
        other = PayingShop(shop.simulator, app_id=f"{shop.app_id}2")
        other.register()
        shop.transfer("po_1")

        # When
        answer = other.query_transfer("po_1")

        # Then
        assert answer.words == ("40004", "ORDER_NOT_EXIST")

    def test_refuses_to_search_for_nothing(self, shop: PayingShop) -> None:
        answer = shop.call("alipay.fund.trans.common.query", {})
        assert answer.words == ("40004", "INVALID_PARAMETER")

    def test_tells_its_own_balance_only(self, shop: PayingShop) -> None:
        # When
        mine = shop.call("alipay.fund.account.query", {"alipay_user_id": shop.seller_id})
        others = shop.call("alipay.fund.account.query", {"alipay_user_id": "2088000000000002"})

        # Then
        assert mine.node["available_amount"] == "1000.00"
        assert others.words == ("40004", "INVALID_PARAMETER")

"""Transfers out of a seller's wallet, as Alipay makes them."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.wire import Shop, SimulatorProcess, StartSimulator

START = datetime(2030, 1, 5, 2, tzinfo=UTC)
APP_ID = "2021000000000001"
PAYEE = {"user_id": "2088102000000001", "logon_id": "seller@example.com", "real_name": "张三"}


@pytest.fixture
def shop(simulator: SimulatorProcess, shop: Shop) -> PayingShop:
    """Give an application of the test's own 1,000.00 in its wallet."""
    return paying_shop(simulator, app_id=f"{shop.app_id}5", seller_id=f"2088{shop.app_id[-12:]}")


@pytest.fixture
def clocked(start_simulator: StartSimulator) -> PayingShop:
    """Do the same at a simulator where it is ten in the morning in Shanghai."""
    simulator = start_simulator()
    set_clock(simulator, START)
    return paying_shop(simulator, app_id=APP_ID, seller_id="2088000000000001")


def paying_shop(simulator: SimulatorProcess, *, app_id: str, seller_id: str) -> PayingShop:
    shop = PayingShop(simulator, app_id=app_id, seller_id=seller_id)
    shop.register()
    assert shop.top_up(100_000).status_code == 200
    assert simulator.post("/control/alipay/payees", **PAYEE).status_code == 200
    return shop


def set_clock(simulator: SimulatorProcess, at: datetime) -> None:
    assert simulator.post("/control/clock", now=at.isoformat()).status_code == 200


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


class TestPlans:
    def test_deals_for_hours_and_then_succeeds(self, clocked: PayingShop) -> None:
        # Given
        clocked.plan("transfer_delayed", number="po_1", seconds=3 * 3600)

        # When
        asked = clocked.transfer("po_1")
        set_clock(clocked.simulator, START + timedelta(hours=2, minutes=59))
        early = clocked.query_transfer("po_1")
        set_clock(clocked.simulator, START + timedelta(hours=4))
        late = clocked.query_transfer("po_1")

        # Then
        assert (asked.node["status"], early.node["status"]) == ("DEALING", "DEALING")
        assert "pay_fund_order_id" not in asked.node
        assert (late.node["status"], late.node["pay_date"]) == ("SUCCESS", "2030-01-05 13:00:00")
        assert clocked.balance_minor() == 90_000

    @pytest.mark.parametrize("code", ["PAYEE_ACC_OCUPIED", "SECURITY_CHECK_FAILED", "NEW_CODE"])
    def test_fails_after_hours_and_gives_everything_back(
        self, clocked: PayingShop, code: str
    ) -> None:
        # Given
        clocked.control("wallets/terms", fee_minor=50)
        clocked.plan("transfer_failed", number="po_1", seconds=3600, error_code=code)
        clocked.transfer("po_1")
        held_minor = clocked.balance_minor()

        # When
        set_clock(clocked.simulator, START + timedelta(hours=1))

        # Then
        node = clocked.query_transfer("po_1").node
        assert held_minor == 89_950
        assert (node["status"], node["error_code"]) == ("FAIL", code)
        assert node["fail_reason"]
        assert clocked.balance_minor() == 100_000
        assert clocked.transfer("po_1").node["status"] == "FAIL"

    def test_is_refused_as_ordered_and_may_come_again(self, shop: PayingShop) -> None:
        # Given
        shop.plan("transfer_refused", error_code="REMARK_HAS_SENSITIVE_WORD")

        # When
        first, second = shop.transfer("po_1"), shop.transfer("po_1")

        # Then
        assert first.words == ("40004", "REMARK_HAS_SENSITIVE_WORD")
        assert second.node["status"] == "SUCCESS"

    def test_comes_back_days_later_without_its_fee(self, clocked: PayingShop) -> None:
        # Given
        clocked.control("wallets/terms", fee_minor=50)
        clocked.plan("transfer_returned", number="po_1", seconds=2 * 86_400)

        # When
        first = clocked.transfer("po_1")
        before_minor = clocked.balance_minor()
        set_clock(clocked.simulator, START + timedelta(days=2))

        # Then
        node = clocked.query_transfer("po_1").node
        assert first.node["status"] == "SUCCESS"
        assert "error_code" not in first.node
        assert before_minor == 89_950
        assert (node["status"], node["error_code"]) == ("REFUND", "REFUND")
        assert clocked.balance_minor() == 99_950

    def test_comes_back_when_told_and_only_once(self, clocked: PayingShop) -> None:
        # Given
        clocked.transfer("po_1")

        # When
        returned = clocked.control("transfers/return", out_biz_no="po_1")
        again = clocked.control("transfers/return", out_biz_no="po_1")

        # Then
        assert returned.json()["status"] == "REFUND"
        assert (again.status_code, again.json()["error"]) == (409, "not_succeeded")
        assert clocked.balance_minor() == 100_000
        assert clocked.simulator.effects("po_1").count("transfer_returned") == 1

    def test_what_will_come_back_anyway_is_not_told_to(self, shop: PayingShop) -> None:
        # Given
        shop.plan("transfer_returned", number="po_1", seconds=3600)
        shop.transfer("po_1")

        # When
        response = shop.control("transfers/return", out_biz_no="po_1")

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "not_succeeded")
        assert shop.query_transfer("po_1").node["status"] == "SUCCESS"

    def test_what_never_was_cannot_come_back(self, shop: PayingShop) -> None:
        response = shop.control("transfers/return", out_biz_no="po_1")
        assert (response.status_code, response.json()["error"]) == (409, "unknown_transfer")


class TestFaults:
    @pytest.mark.parametrize("kind", ["timeout_after_commit", "http_500", "truncated_json"])
    def test_money_is_gone_though_the_answer_was_lost(self, shop: PayingShop, kind: str) -> None:
        # Given
        shop.order_fault("po_1", kind, after_commit=kind == "http_500")

        # When
        with pytest.raises((AssertionError, httpx.RemoteProtocolError)):
            shop.transfer("po_1")

        # Then
        assert shop.balance_minor() == 90_000
        assert shop.query_transfer("po_1").node["status"] == "SUCCESS"

    def test_says_system_error_in_the_words_of_transfers(self, shop: PayingShop) -> None:
        # Given
        shop.order_fault("po_1", "system_error")

        # When
        answer = shop.transfer("po_1")

        # Then
        assert answer.words == ("20000", "SYSTEM_ERROR")
        assert shop.balance_minor() == 100_000

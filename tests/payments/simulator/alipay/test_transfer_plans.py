# ruff: noqa: F811  fixtures are imported
"""Transfers at the simulated Alipay that go another way."""

from datetime import timedelta

import httpx
import pytest

from tests.payments.simulator.alipay.transfers_stage import START, clocked, set_clock, shop  # noqa: F401
from tests.payments.simulator.paying_shop import PayingShop


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

"""Sellers' wallets, the bank on the other end of them, and settlements net of refunds."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from tests.payments.simulator.bank.desk import (
    ACCOUNT_NO,
    STATEMENT,
    Desk,
    Transfer,
    payment_file,
)
from tests.payments.simulator.paying_shop import PayingShop
from tests.payments.simulator.wire import Shop, StartSimulator

SELLER_ID = "2088000000000001"


@pytest.fixture
def desk(start_simulator: StartSimulator) -> Desk:
    """Open an account of 1,000.00 CNY at a bank where it is 10 February 2026."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-02-10T12:00:00+08:00", force=True)
    desk = Desk(simulator)
    desk.open(opening_minor=100_000)
    return desk


@pytest.fixture
def paying(desk: Desk) -> PayingShop:
    """Take an application in certificate mode whose seller banks there."""
    shop = PayingShop(
        desk.simulator,
        app_id="2021000000000009",
        seller_id=SELLER_ID,
        bank_account_no=ACCOUNT_NO,
    )
    shop.register()
    return shop


def codes(desk: Desk, day: str) -> list[tuple[str | None, str | None]]:
    """Give the bank's own code and the other party of each entry of a day."""
    root = fromstring(desk.statement(date=day).content)
    return [
        (
            node.findtext(f"{STATEMENT}BkTxCd/{STATEMENT}Prtry/{STATEMENT}Cd"),
            node.findtext(f".//{STATEMENT}Pty/{STATEMENT}Nm"),
        )
        for node in root.iter(f"{STATEMENT}Ntry")
    ]


class TestWallets:
    def test_a_top_up_leaves_the_bank_and_a_withdrawal_comes_back(
        self, desk: Desk, paying: PayingShop
    ) -> None:
        # When
        paying.top_up(50_000, number="tu_1")
        paying.control("wallets/withdraw", amount_minor=20_000, number="wd_1")

        # Then
        assert paying.balance_minor() == 30_000
        assert desk.movements("2026-02-10", "2026-02-10") == [
            ("DBIT", "500.00", f"ALIPAY TOP-UP {SELLER_ID} tu_1"),
            ("CRDT", "200.00", f"ALIPAY WITHDRAWAL {SELLER_ID} wd_1"),
        ]
        assert codes(desk, "2026-02-10") == [
            ("CHANNEL-TOP-UP", "ALIPAY (SIMULATOR)"),
            ("CHANNEL-WITHDRAW", "ALIPAY (SIMULATOR)"),
        ]

    def test_the_statement_about_wallets_is_valid(
        self, desk: Desk, paying: PayingShop, shared: Path
    ) -> None:
        # Given
        paying.top_up(50_000, number="tu_1")
        paying.control("wallets/withdraw", amount_minor=20_000, number="wd_1")

        # When
        response = desk.statement(date="2026-02-10")

        # Then
        desk.require_valid(response.content, schema=shared, name="camt.053.001.08")
        assert desk.balances(date="2026-02-10") == [
            ("OPBD", "1000.00", "CRDT", "2026-02-10"),
            ("CLBD", "700.00", "CRDT", "2026-02-10"),
        ]

    def test_a_number_counts_once(self, desk: Desk, paying: PayingShop) -> None:
        # Given
        paying.top_up(50_000, number="tu_1")

        # When
        same, other = paying.top_up(50_000, number="tu_1"), paying.top_up(1, number="tu_1")

        # Then
        assert same.status_code == 200
        assert (other.status_code, other.json()["error"]) == (409, "number_used")
        assert paying.balance_minor() == 50_000
        assert len(desk.movements("2026-02-10", "2026-02-10")) == 1

    def test_refuses_to_withdraw_more_than_there_is(self, desk: Desk, paying: PayingShop) -> None:
        # Given
        paying.top_up(100, number="tu_1")

        # When
        response = paying.control("wallets/withdraw", amount_minor=101, number="wd_1")

        # Then
        assert (response.status_code, response.json()["error"]) == (409, "balance_not_enough")
        assert paying.balance_minor() == 100
        assert len(desk.movements("2026-02-10", "2026-02-10")) == 1

    def test_a_bank_transfer_to_its_account_fills_the_wallet(
        self, desk: Desk, paying: PayingShop
    ) -> None:
        # Given
        wallet = desk.simulator.get(f"/control/alipay/wallets/{paying.app_id}").json()

        # When
        order = Transfer("tu_1", "300.00", account=wallet["deposit_account_no"])
        sent = desk.send(payment_file(order, date="2026-02-10"))
        again = desk.send(payment_file(order, date="2026-02-10"))

        # Then
        assert (sent.status_code, again.status_code) == (202, 202)
        assert paying.balance_minor() == 30_000
        assert desk.movements("2026-02-10", "2026-02-10") == [("DBIT", "300.00", "tu_1")]

    def test_a_bank_transfer_to_anybody_else_fills_none(
        self, desk: Desk, paying: PayingShop
    ) -> None:
        # When
        desk.send(payment_file(Transfer("po_1", "300.00"), date="2026-02-10"))

        # Then
        assert paying.balance_minor() == 0

    def test_refuses_a_wallet_of_nobody(self, desk: Desk) -> None:
        assert desk.simulator.get("/control/alipay/wallets/nobody").status_code == 409
        assert desk.simulator.get("/control/alipay/nothing").status_code == 404
        assert desk.simulator.post("/control/alipay/nothing").status_code == 404

    @pytest.mark.parametrize(
        "terms", [{"fee_minor": -1}, {"single_max_minor": 0}, {"day_max_minor": 0}]
    )
    def test_refuses_terms_that_make_no_sense(
        self, paying: PayingShop, terms: dict[str, int]
    ) -> None:
        # When
        response = paying.control("wallets/terms", **terms)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, "bad_terms")


class TestSettlements:
    @pytest.fixture
    def shop(self, desk: Desk) -> Shop:
        """Take an application without fee, settled to the account."""
        return desk.shop(fee_bps=0)

    def notes(self, desk: Desk, day: str) -> list[str | None]:
        root = fromstring(desk.statement(date=day).content)
        return [node.findtext(f"{STATEMENT}AddtlNtryInf") for node in root.iter(f"{STATEMENT}Ntry")]

    def refund(self, shop: Shop, number: str, amount: str, at: str) -> None:
        """Give money back at an instant, which must not be before that of the clock."""
        shop.simulator.post("/control/clock", now=at, force=True)
        assert shop.refund(number, amount, f"r_{number}").node["fund_change"] == "Y"
        shop.simulator.post("/control/clock", now="2026-02-10T12:00:00+08:00", force=True)

    def test_a_day_is_paid_in_net_of_its_refunds(self, desk: Desk, shop: Shop) -> None:
        # Given
        shop.sell("o1", amount="100.00", at="2026-02-01T00:00:00Z")
        shop.sell("o2", amount="50.00", at="2026-02-02T00:00:00Z")
        self.refund(shop, "o1", "30.00", "2026-02-02T01:00:00Z")

        # When
        movements = desk.movements("2026-02-02", "2026-02-03")

        # Then
        assert movements == [
            ("CRDT", "100.00", f"ALIPAY SETTLEMENT {shop.seller_id} 2026-02-01"),
            ("CRDT", "20.00", f"ALIPAY SETTLEMENT {shop.seller_id} 2026-02-02"),
        ]
        assert self.notes(desk, "2026-02-03") == [
            "trades 1, gross 50.00, fees 0.00, refunds 1, refunded 30.00"
        ]

    def test_a_day_of_more_refunds_than_sales_waits_for_the_next(
        self, desk: Desk, shop: Shop
    ) -> None:
        # Given
        shop.sell("o1", amount="100.00", at="2026-02-01T00:00:00Z")
        self.refund(shop, "o1", "80.00", "2026-02-02T01:00:00Z")
        shop.sell("o2", amount="50.00", at="2026-02-03T00:00:00Z")
        shop.sell("o3", amount="60.00", at="2026-02-04T00:00:00Z")

        # When
        movements = desk.movements("2026-02-02", "2026-02-09")

        # Then
        assert movements == [
            ("CRDT", "100.00", f"ALIPAY SETTLEMENT {shop.seller_id} 2026-02-01"),
            (
                "CRDT",
                "30.00",
                f"ALIPAY SETTLEMENT {shop.seller_id} 2026-02-04 SINCE 2026-02-02",
            ),
        ]

    def test_each_refund_is_taken_off_once(self, desk: Desk, shop: Shop) -> None:
        # Given
        shop.sell("o1", amount="100.00", at="2026-02-01T00:00:00Z")
        self.refund(shop, "o1", "30.00", "2026-02-01T01:00:00Z")
        first = desk.movements("2026-02-01", "2026-02-05")

        # When
        shop.sell("o2", amount="1.00", at="2026-02-06T00:00:00Z")

        # Then
        assert [row[1] for row in first] == ["70.00"]
        assert [row[1] for row in desk.movements("2026-02-06", "2026-02-09")] == ["1.00"]

    def test_fees_that_go_back_are_paid_in(self, desk: Desk) -> None:
        # Given
        shop = desk.shop(number=3, fee_bps=100, returns_fee=True)
        shop.sell("o1", amount="100.00", at="2026-02-01T00:00:00Z")
        self.refund(shop, "o1", "50.00", "2026-02-01T01:00:00Z")

        # When
        movements = desk.movements("2026-02-02", "2026-02-02")

        # Then
        assert [row[1] for row in movements] == ["49.50"]
        assert self.notes(desk, "2026-02-02") == [
            "trades 1, gross 100.00, fees 1.00, refunds 1, refunded 50.00, fees returned 0.50"
        ]

"""Statements: balances that follow, each transfer and each channel settlement exactly once."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from tests.payments.simulator.bank.desk import STATEMENT, Desk, Transfer, payment_file
from tests.payments.simulator.wire import Shop, StartSimulator


@pytest.fixture
def desk(start_simulator: StartSimulator) -> Desk:
    """Open an account of 1,000.00 CNY at a bank where it is 10 February 2026."""
    simulator = start_simulator()
    simulator.post("/control/clock", now="2026-02-10T12:00:00+08:00", force=True)
    desk = Desk(simulator)
    desk.open(opening_minor=100_000)
    return desk


@pytest.fixture
def shop(desk: Desk) -> Shop:
    """Take an application with a fee of 60 basis points, settled to the account."""
    return desk.shop(fee_bps=60)


def sell(shop: Shop, *trades: tuple[str, str, str]) -> None:
    """Take orders to paid, each at its own instant: number, amount, instant."""
    for number, amount, at in trades:
        shop.sell(number, amount=amount, at=at)


class TestSettlements:
    def test_pays_a_shanghai_day_in_on_the_next_net_of_each_trades_fee(
        self, desk: Desk, shop: Shop
    ) -> None:
        # Given
        sell(
            shop,
            # 0.75 is 0.0045 of fee: nothing; 0.84 is 0.00504: half a minor unit rounds up.
            ("o1", "0.75", "2026-01-30T16:00:00Z"),
            ("o2", "0.84", "2026-01-31T15:59:59Z"),
            ("o3", "100.00", "2026-01-31T16:00:00Z"),
        )

        # When
        entries = desk.entries("2026-01-31", "2026-02-02")

        # Then
        assert [row[:4] for row in entries] == [
            ("CRDT", "1.58", "ALIPAY SETTLEMENT 2088000000000001 2026-01-31", "2026-02-01"),
            ("CRDT", "99.40", "ALIPAY SETTLEMENT 2088000000000001 2026-02-01", "2026-02-02"),
        ]
        assert len({row[4] for row in entries}) == 2

    def test_a_fee_never_exceeds_its_trade(self, desk: Desk) -> None:
        # Given
        greedy = desk.shop(number=2, fee_bps=10_000)
        sell(greedy, ("o1", "0.01", "2026-02-01T00:00:00Z"))

        # When
        movements = desk.movements("2026-02-01", "2026-02-09")

        # Then
        assert movements == []

    def test_a_trade_keeps_the_fee_of_its_payment(self, desk: Desk, shop: Shop) -> None:
        # Given
        sell(shop, ("o1", "100.00", "2026-02-01T00:00:00Z"))

        # When
        shop.fee_bps = 500
        shop.register()

        # Then
        assert [row[1] for row in desk.movements("2026-02-01", "2026-02-09")] == ["99.40"]

    def test_each_application_is_paid_in_by_itself(self, desk: Desk, shop: Shop) -> None:
        # Given
        other = desk.shop(number=2, fee_bps=0)
        sell(shop, ("o1", "1.00", "2026-02-01T00:00:00Z"))
        sell(other, ("o1", "2.00", "2026-02-01T00:00:00Z"))

        # When
        movements = desk.movements("2026-02-02", "2026-02-02")

        # Then
        assert movements == [
            ("CRDT", "0.99", "ALIPAY SETTLEMENT 2088000000000001 2026-02-01"),
            ("CRDT", "2.00", "ALIPAY SETTLEMENT 2088000000000002 2026-02-01"),
        ]

    def test_over_ranges_that_follow_one_another_each_day_appears_once(
        self, desk: Desk, shop: Shop
    ) -> None:
        # Given
        first_date = date(2025, 12, 28)
        days = [first_date + timedelta(days=offset) for offset in range(40)]
        sell(shop, *[(f"o{day:%m%d}", "10.00", f"{day}T04:00:00Z") for day in days])

        # When
        ranges = [("2025-12-01", "2025-12-31"), ("2026-01-01", "2026-01-31")]
        entries = [
            row
            for from_date, to_date in [*ranges, ("2026-02-01", "2026-02-10")]
            for row in desk.entries(from_date, to_date)
        ]

        # Then
        assert [row[2] for row in entries] == [
            f"ALIPAY SETTLEMENT 2088000000000001 {day}" for day in days
        ]
        assert [row[3] for row in entries] == [f"{day + timedelta(days=1)}" for day in days]

    def test_a_trade_that_comes_late_is_paid_in_on_the_first_open_day(
        self, desk: Desk, shop: Shop
    ) -> None:
        # Given
        sell(shop, ("o1", "100.00", "2026-01-10T00:00:00Z"))
        january = desk.statement(**{"from": "2026-01-01", "to": "2026-01-31"}).content

        # When
        sell(shop, ("o2", "50.00", "2026-01-10T01:00:00Z"))

        # Then
        assert desk.statement(**{"from": "2026-01-01", "to": "2026-01-31"}).content == january
        assert [row[:4] for row in desk.entries("2026-02-01", "2026-02-09")] == [
            ("CRDT", "49.70", "ALIPAY SETTLEMENT 2088000000000001 2026-01-10", "2026-02-01")
        ]


class TestTransfers:
    def test_each_is_one_debit_on_the_day_of_its_execution(self, desk: Desk) -> None:
        # Given
        desk.send(payment_file(Transfer("po_1", "300.00"), date="2026-02-03"))
        desk.send(payment_file(Transfer("po_2", "20.00"), message_id="PB2", date="2026-02-02"))

        # When
        entries = desk.entries("2026-02-01", "2026-02-09")

        # Then
        assert [row[:4] for row in entries] == [
            ("DBIT", "20.00", "po_2", "2026-02-02"),
            ("DBIT", "300.00", "po_1", "2026-02-03"),
        ]
        assert entries[0][4] != entries[1][4]

    def test_one_for_a_closed_day_is_booked_on_the_first_open_one(self, desk: Desk) -> None:
        # Given
        before = desk.statement(date="2026-02-03").content

        # When
        desk.send(payment_file(Transfer("po_1", "300.00"), date="2026-02-03"))

        # Then
        assert desk.statement(date="2026-02-03").content == before
        assert desk.entries("2026-02-04", "2026-02-04")[0][:3] == ("DBIT", "300.00", "po_1")


class TestStatements:
    def test_is_valid_and_its_balances_follow(self, desk: Desk, shop: Shop, shared: Path) -> None:
        # Given
        sell(shop, ("o1", "500.00", "2026-02-01T02:00:00Z"))
        desk.send(payment_file(Transfer("po_1", "300.00"), date="2026-02-02"))

        # When
        response = desk.statement(date="2026-02-02")

        # Then
        desk.require_valid(response.content, schema=shared, name="camt.053.001.08")
        assert response.headers["content-type"] == "application/xml; charset=utf-8"
        assert desk.balances(date="2026-02-02") == [
            ("OPBD", "1000.00", "CRDT", "2026-02-02"),
            ("CLBD", "1197.00", "CRDT", "2026-02-02"),
        ]
        root = fromstring(response.content)
        assert root.findtext(f".//{STATEMENT}AddtlNtryInf") == "trades 1, gross 500.00, fees 3.00"

    def test_a_day_begins_with_what_the_day_before_left(self, desk: Desk) -> None:
        # Given
        desk.send(payment_file(Transfer("po_1", "1000.01"), date="2026-02-02"))

        # Then
        assert desk.balances(date="2026-02-02")[1][:3] == ("CLBD", "0.01", "DBIT")
        assert desk.balances(date="2026-02-03") == [
            ("OPBD", "0.01", "DBIT", "2026-02-03"),
            ("CLBD", "0.01", "DBIT", "2026-02-03"),
        ]

    def test_an_empty_day_is_valid_too(self, desk: Desk, shared: Path) -> None:
        # When
        response = desk.statement(date="2026-02-02")

        # Then
        desk.require_valid(response.content, schema=shared, name="camt.053.001.08")

    def test_the_same_days_again_are_the_same_bytes_even_after_a_restart(
        self, desk: Desk, shop: Shop
    ) -> None:
        # Given
        sell(shop, ("o1", "500.00", "2026-02-01T02:00:00Z"))
        first = desk.statement(**{"from": "2026-02-01", "to": "2026-02-05"}).content

        # When
        desk.simulator.stop()
        desk.simulator.start()
        desk.simulator.post("/control/clock", now="2026-03-01T00:00:00Z")

        # Then
        assert desk.statement(**{"from": "2026-02-01", "to": "2026-02-05"}).content == first

    def test_yen_are_written_without_decimals(self, desk: Desk, shared: Path) -> None:
        # Given
        desk.open(account_no="220", currency="JPY", opening_minor=1_234)

        # When
        path = "/bank/220/statement"
        response = desk.simulator.get(path, date="2026-02-01")

        # Then
        desk.require_valid(response.content, schema=shared, name="camt.053.001.08")
        assert '<Amt Ccy="JPY">1234</Amt>' in response.text

    @pytest.mark.parametrize(
        "days",
        [
            {},
            {"date": "yesterday"},
            {"from": "2026-02-01"},
            {"from": "2026-02-02", "to": "2026-02-01"},
            {"date": "2026-02-01", "to": "2026-02-01"},
        ],
    )
    def test_refuses_days_that_make_no_sense(self, desk: Desk, days: dict[str, str]) -> None:
        # When
        response = desk.statement(**days)

        # Then
        assert (response.status_code, response.json()["error"]) == (400, "bad_request")

    def test_has_no_statement_of_a_day_to_come(self, desk: Desk) -> None:
        # When
        response = desk.statement(date="2026-02-11")

        # Then
        assert (response.status_code, response.json()["error"]) == (404, "no_statement_yet")
        desk.send(payment_file(Transfer("po_1", "1.00"), date="2026-02-10"))
        assert desk.movements("2026-02-10", "2026-02-10") == [("DBIT", "1.00", "po_1")]

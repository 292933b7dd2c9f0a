"""Balances of a bank's statement."""

import pytest

from settlements.bills.bank import parse_bank_statement
from settlements.bills.base import (
    BalanceProofError,
    BalanceProofImpossibleError,
    BillInvalidError,
)
from tests.settlements.bills.statement_texts import balance, entry, statement


class TestBalances:
    def test_proves_an_empty_day(self):
        read = parse_bank_statement(statement(balance("OPBD", "5.00"), balance("CLBD", "5.00")))

        assert (read.opening_minor, read.closing_minor, read.lines) == (500, 500, ())

    def test_counts_an_overdrawn_balance_below_zero(self):
        # Given
        data = statement(
            balance("OPBD", "5.00"),
            balance("CLBD", "2.50", side="DBIT"),
            entry("7.50", side="DBIT"),
        )

        # When, Then
        assert parse_bank_statement(data).closing_minor == -250

    def test_takes_the_previous_closing_balance_for_an_opening_one(self):
        data = statement(balance("PRCD", "5.00"), balance("CLBD", "6.00"), entry("1.00"))

        assert parse_bank_statement(data).opening_minor == 500

    def test_says_what_does_not_add_up(self):
        # Given
        data = statement(balance("OPBD", "5.00"), balance("CLBD", "6.01"), entry("1.00"))

        # When
        with pytest.raises(BalanceProofError) as refusal:
            parse_bank_statement(data)

        # Then
        assert str(refusal.value) == (
            "Statement S1 does not add up: opening balance 5.00 and movements of 1.00 give 6.00,"
            " but the closing balance is 6.01 CNY. Nothing was booked."
        )

    @pytest.mark.parametrize(
        "parts",
        [
            (),
            (balance("OPBD", "5.00"),),
            (balance("CLBD", "5.00"),),
            (balance("OPBD", "5.00"), balance("OPBD", "5.00"), balance("CLBD", "5.00")),
            (balance("OPBD", "5.00"), balance("CLBD", "5.00"), balance("CLBD", "6.00")),
            (balance("OPAV", "5.00"), balance("CLAV", "5.00")),
            (balance("OPBD", "5.00"), balance("CLBD", "5.00", currency="USD")),
            (balance("OPBD", "5", currency="USD"), balance("CLBD", "5", currency="USD")),
            (balance("OPBD", "5"), balance("CLBD", "6"), entry("1", currency="USD")),
        ],
    )
    def test_says_when_a_proof_is_impossible(self, parts):
        with pytest.raises(BalanceProofImpossibleError, match=r"Nothing was booked\.$"):
            parse_bank_statement(statement(*parts))

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("7", "CNY", 700),
            ("7.5", "CNY", 750),
            ("7.50000", "CNY", 750),
            ("007.50", "CNY", 750),
            ("+7.50", "CNY", 750),
            (".5", "CNY", 50),
            ("7.", "CNY", 700),
            (" 7.50\n", "CNY", 750),
            ("2700", "JPY", 2700),
            ("2700.00", "JPY", 2700),
            ("1.234", "KWD", 1234),
            ("90071992547409.93", "CNY", 9_007_199_254_740_993),
        ],
    )
    def test_reads_amounts_exactly_however_xml_writes_them(self, text, currency, minor):
        # Given
        data = statement(
            balance("OPBD", "0", currency=currency),
            balance("CLBD", text, currency=currency),
            entry(text, currency=currency),
            currency=currency,
        )

        # When, Then
        assert parse_bank_statement(data).lines[0].amount_minor == minor

    @pytest.mark.parametrize(
        ("text", "currency"),
        [
            ("", "CNY"),
            (".", "CNY"),
            ("-1.00", "CNY"),
            ("1,00", "CNY"),
            ("1e2", "CNY"),
            ("1.001", "CNY"),
            ("0.5", "JPY"),
            ("NaN", "CNY"),
            ("１", "CNY"),
            ("9" * 25, "CNY"),
            ("1.00", "XXX"),
            ("1.00", ""),
        ],
    )
    def test_refuses_an_amount_that_is_none(self, text, currency):
        data = statement(balance("OPBD", "0"), balance("CLBD", "0"), entry(text, currency=currency))

        with pytest.raises(BillInvalidError, match="Amt"):
            parse_bank_statement(data)

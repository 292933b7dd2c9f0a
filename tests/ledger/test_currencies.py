"""Currencies: the active ones of ISO 4217, with their decimal places."""

import csv
from pathlib import Path

import pytest

from ledger.currencies import EXPONENTS
from ledger.errors import UnknownCurrencyError
from ledger.money import exponent

LIST_ONE = Path(__file__).parents[1] / "samples/money/iso4217_minor_units_2024-06-25.csv"


class TestExponent:
    @pytest.mark.parametrize(
        ("currency", "places"),
        [("CNY", 2), ("BRL", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("IQD", 3), ("LAK", 2)],
    )
    def test_knows_the_places(self, currency: str, places: int) -> None:
        assert exponent(currency) == places

    @pytest.mark.parametrize("currency", ["XCG", "XAD", "ZWG"])
    def test_knows_what_came_after_the_list_of_2024(self, currency: str) -> None:
        assert exponent(currency) == 2

    @pytest.mark.parametrize("currency", ["BGN", "ANG", "CUC", "ZWL", "HRK", "XAU", "XTS", "XXX"])
    def test_refuses_withdrawn_codes_and_codes_without_a_minor_unit(self, currency: str) -> None:
        with pytest.raises(UnknownCurrencyError) as caught:
            exponent(currency)
        assert caught.value.context == {"currency": currency}

    @pytest.mark.parametrize("currency", [None, 156, ["CNY"]])
    def test_refuses_what_is_not_text(self, currency: str) -> None:
        with pytest.raises(UnknownCurrencyError):
            exponent(currency)

    def test_agrees_with_the_published_list_but_for_its_amendments(self) -> None:
        # Given: list one of 2024-06-25, as carried by currency-codes 2.2.0 (MIT)
        with LIST_ONE.open(encoding="utf-8", newline="") as lines:
            published = {
                row["code"]: int(row["minor_units"])
                for row in csv.DictReader(lines)
                if row["minor_units"] != "N.A."
            }

        # When
        added = {code: places for code, places in EXPONENTS.items() if code not in published}
        withdrawn = published.keys() - EXPONENTS.keys()
        kept = {code: places for code, places in EXPONENTS.items() if code in published}

        # Then
        assert added == {"XAD": 2, "XCG": 2}
        assert withdrawn == {"ANG", "BGN", "CUC"}
        assert kept == {code: published[code] for code in kept}

"""Money as text: plain decimals that read back exactly, and what people see."""

import decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.currencies import EXPONENTS
from ledger.errors import AmountError
from ledger.money import AMOUNT_MINOR_MAX, format_money, from_decimal_text, to_decimal_text

AMOUNTS = st.integers(min_value=-AMOUNT_MINOR_MAX, max_value=AMOUNT_MINOR_MAX)
CURRENCIES = st.sampled_from(sorted(EXPONENTS))
NOT_WHOLE = [True, False, 1.0, 0.5, "1", None, decimal.Decimal(1)]


class TestDecimalText:
    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (1_234, "CNY", "12.34"),
            (5, "CNY", "0.05"),
            (0, "CNY", "0.00"),
            (-4, "CNY", "-0.04"),
            (-1_234, "CNY", "-12.34"),
            (1_234, "JPY", "1234"),
            (0, "JPY", "0"),
            (1, "KWD", "0.001"),
            (12_345, "CLF", "1.2345"),
            (AMOUNT_MINOR_MAX, "CNY", "92233720368547758.07"),
            (AMOUNT_MINOR_MAX, "JPY", "9223372036854775807"),
        ],
    )
    def test_writes_and_reads_all_places(self, minor: int, currency: str, text: str) -> None:
        assert to_decimal_text(minor, currency) == text
        assert from_decimal_text(text, currency) == minor

    @given(minor=AMOUNTS, currency=CURRENCIES)
    def test_reads_back_what_it_wrote(self, minor: int, currency: str) -> None:
        assert from_decimal_text(to_decimal_text(minor, currency), currency) == minor

    @pytest.mark.parametrize(
        ("text", "minor"), [("12", 1_200), ("12.3", 1_230), ("-0", 0), ("-0.00", 0), ("0.5", 50)]
    )
    def test_missing_places_are_zeros(self, text: str, minor: int) -> None:
        assert from_decimal_text(text, "CNY") == minor

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "-",
            "+1.00",
            " 1.00",
            "1.00 ",
            "1.00\n",
            "1 000",
            "1,000.00",
            "1,5",
            "1e2",
            "1E2",
            "1.",
            ".5",
            "01.00",
            "--1",
            "1.005",
            "1.000",
            "1_000",
            "0x10",
            "NaN",
            "Infinity",
            "１２",
            "٣",
            "1.0０",
            "¥1",
            "92233720368547758.08",
            "9" * 5_000,
        ],
    )
    def test_refuses_every_other_spelling(self, text: str) -> None:
        with pytest.raises(AmountError):
            from_decimal_text(text, "CNY")

    @pytest.mark.parametrize("text", ["1.0", "1.5", "9223372036854775808"])
    def test_refuses_places_that_the_currency_lacks(self, text: str) -> None:
        with pytest.raises(AmountError):
            from_decimal_text(text, "JPY")

    @given(text=st.text(max_size=12))
    def test_never_answers_anything_but_an_amount_or_a_refusal(self, text: str) -> None:
        try:
            minor = from_decimal_text(text, "CNY")
        except AmountError:
            return
        assert Fraction(text) * 100 == minor

    @pytest.mark.parametrize("minor", NOT_WHOLE)
    def test_refuses_to_write_what_is_not_whole(self, minor: int) -> None:
        with pytest.raises(AmountError):
            to_decimal_text(minor, "CNY")


class TestFormatMoney:
    @pytest.mark.parametrize(
        ("minor", "currency", "language", "shown"),
        [
            (1_234, "CNY", "en", "CN¥12.34"),
            (1_234, "CNY", "zh-hans", "¥12.34"),
            (1_234_567_89, "CNY", "zh-hans", "¥1,234,567.89"),
            (-1_234, "CNY", "en", "-CN¥12.34"),
            (0, "CNY", "en", "CN¥0.00"),
            (1_234, "USD", "en", "$12.34"),
            (1_234, "USD", "zh-hans", "US$12.34"),
            (1_234, "JPY", "en", "¥1,234"),
            (1_234, "JPY", "zh-hans", "JP¥1,234"),
            (1_234, "BRL", "pt-br", "R$\N{NO-BREAK SPACE}12,34"),
            (1, "KWD", "en", "KWD\N{NO-BREAK SPACE}0.001"),
            (1_234, "IQD", "en", "IQD\N{NO-BREAK SPACE}1.234"),
            (AMOUNT_MINOR_MAX, "CNY", "en", "CN¥92,233,720,368,547,758.07"),
        ],
    )
    def test_shows_all_places_and_the_currency(
        self, minor: int, currency: str, language: str, shown: str
    ) -> None:
        assert format_money(minor, currency, language=language) == shown

    @given(minor=AMOUNTS, currency=CURRENCIES, language=st.sampled_from(["en", "zh-hans"]))
    def test_shows_every_digit_whatever_the_currency(
        self, minor: int, currency: str, language: str
    ) -> None:
        # When
        shown = format_money(minor, currency, language=language)

        # Then
        digits = "".join(character for character in shown if character.isdigit())
        assert digits == to_decimal_text(abs(minor), currency).replace(".", "")
        assert ("-" in shown) == (minor < 0)
        assert any(character not in "-0123456789.,\xa0 " for character in shown)

"""Money: whole minor units, one rounding, splits that add up."""

import dataclasses
import decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountError, CurrencyMismatchError, UnknownCurrencyError
from ledger.money import (
    AMOUNT_MINOR_MAX,
    Money,
    allocate,
    proportion,
    share,
)

AMOUNTS = st.integers(min_value=-AMOUNT_MINOR_MAX, max_value=AMOUNT_MINOR_MAX)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**13), min_size=1, max_size=20).filter(any)
NOT_WHOLE = [True, False, 1.0, 0.5, "1", None, decimal.Decimal(1)]


class TestMoney:
    def test_adds_subtracts_and_turns_its_sign(self) -> None:
        assert Money(1_050, "CNY") + Money(50, "CNY") == Money(1_100, "CNY")
        assert Money(1_050, "CNY") - Money(2_000, "CNY") == Money(-950, "CNY")
        assert -Money(7, "JPY") == Money(-7, "JPY")

    def test_orders_amounts_of_one_currency(self) -> None:
        assert Money(1, "CNY") < Money(2, "CNY")
        assert Money(2, "CNY") <= Money(2, "CNY")
        assert Money(2, "CNY") > Money(1, "CNY")
        assert Money(2, "CNY") >= Money(2, "CNY")
        assert not Money(2, "CNY") < Money(2, "CNY")
        assert not Money(2, "CNY") > Money(2, "CNY")

    def test_amounts_of_two_currencies_are_unequal_and_never_meet(self) -> None:
        # Given
        cny, usd = Money(1, "CNY"), Money(1, "USD")

        # Then
        assert cny != usd
        for meeting in (
            lambda: cny + usd,
            lambda: cny - usd,
            lambda: cny < usd,
            lambda: cny <= usd,
            lambda: cny > usd,
            lambda: cny >= usd,
        ):
            with pytest.raises(CurrencyMismatchError) as caught:
                meeting()
            assert caught.value.context == {"left": "CNY", "right": "USD"}

    @pytest.mark.parametrize("minor", NOT_WHOLE)
    def test_refuses_what_is_not_a_whole_number(self, minor: int) -> None:
        with pytest.raises(AmountError):
            Money(minor, "CNY")

    def test_refuses_to_add_a_bare_number(self) -> None:
        with pytest.raises(AmountError):
            Money(1, "CNY") + 1  # type: ignore[operator]

    @pytest.mark.parametrize("currency", ["cny", "RMB", "", "XAU", "XXX", "CNY "])
    def test_refuses_what_is_not_a_currency(self, currency: str) -> None:
        with pytest.raises(UnknownCurrencyError):
            Money(1, currency)

    def test_cannot_be_changed(self) -> None:
        with pytest.raises(dataclasses.FrozenInstanceError):
            Money(1, "CNY").minor = 2  # type: ignore[misc]


class TestShare:
    @pytest.mark.parametrize(
        ("amount_minor", "bps", "expected"),
        [
            (10_000, 200, 200),
            (10_000, 60, 60),
            (25, 200, 1),  # 0.50: half goes up
            (24, 200, 0),  # 0.48
            (75, 200, 2),  # 1.50
            (-25, 200, -1),
            (13, 0, 0),
            (0, 200, 0),
            (13, 10_000, 13),
            (AMOUNT_MINOR_MAX, 10_000, AMOUNT_MINOR_MAX),
        ],
    )
    def test_rounds_half_up_once(self, amount_minor: int, bps: int, expected: int) -> None:
        assert share(amount_minor, bps=bps) == expected

    @given(amount_minor=AMOUNTS, bps=st.integers(min_value=0, max_value=20_000))
    def test_is_what_decimal_arithmetic_calls_half_up(self, amount_minor: int, bps: int) -> None:
        # Given
        with decimal.localcontext(prec=60):
            exact = decimal.Decimal(amount_minor) * bps / 10_000
            expected = exact.quantize(decimal.Decimal(1), rounding=decimal.ROUND_HALF_UP)

        # Then
        assert share(amount_minor, bps=bps) == int(expected)

    @pytest.mark.parametrize(("amount_minor", "bps"), [(1, -1), (1.0, 1), (1, 1.0), (True, 1)])
    def test_refuses_negative_rates_and_fractions(self, amount_minor: int, bps: int) -> None:
        with pytest.raises(AmountError):
            share(amount_minor, bps=bps)


class TestProportion:
    @given(
        fee=st.integers(min_value=0, max_value=10**9),
        refunds=st.lists(st.integers(min_value=1, max_value=10**9), min_size=1, max_size=12),
    )
    def test_returns_of_partial_refunds_add_up_to_the_fee(
        self, fee: int, refunds: list[int]
    ) -> None:
        # Given: the n-th return is the rounded share of all refunds so far, less what went back
        gross = sum(refunds)
        refunded = 0
        returned: list[int] = []

        # When
        for refund in refunds:
            refunded += refund
            returned.append(proportion(fee, part=refunded, whole=gross) - sum(returned))

        # Then
        assert sum(returned) == fee
        assert min(returned) >= 0

    @pytest.mark.parametrize(("part", "whole"), [(1, 0), (1, -1), (-1, 1)])
    def test_refuses_parts_of_nothing(self, part: int, whole: int) -> None:
        with pytest.raises(AmountError):
            proportion(100, part=part, whole=whole)


class TestAllocate:
    @pytest.mark.parametrize(
        ("amount_minor", "weights", "parts"),
        [
            # moneyphp/money tests/MoneyTest.php @0006c129 (MIT): the remainder to the first.
            (100, [1, 1, 1], [34, 33, 33]),
            (101, [1, 1, 1], [34, 34, 33]),
            (5, [3, 7], [2, 3]),
            (5, [7, 3], [4, 1]),
            (15, [1, 1], [8, 7]),
            (10, [1, 1], [5, 5]),
            # RubyMoney/money spec/money/allocation_spec.rb @15c7dae3 (MIT); the decimal ratios
            # 0.1, 0.2, 0.1 are the whole ones 1, 2, 1.
            (100, [1], [100]),
            (100, [1] * 4, [25, 25, 25, 25]),
            (5, [1] * 2, [3, 2]),
            (2, [1] * 3, [1, 1, 0]),
            (100, [1] * 6, [17, 17, 17, 17, 16, 16]),
            (100, [1, 1, 2], [25, 25, 50]),
            (100, [7, 3], [70, 30]),
            (10, [1, 1, 2], [3, 2, 5]),
            (10, [1, 2, 1], [3, 5, 2]),
            (100, [1, 1, 0], [50, 50, 0]),
            (100, [0, 1, 1], [0, 50, 50]),
            # Ours: the largest remainder, not the first merchant, gets the unit that is left.
            (60, [9_900, 100, 4_999], [40, 0, 20]),
            (1, [1, 9], [0, 1]),
            (0, [1, 2], [0, 0]),
            (-5, [7, 3], [-4, -1]),
        ],
    )
    def test_splits_by_largest_remainder(
        self, amount_minor: int, weights: list[int], parts: list[int]
    ) -> None:
        assert allocate(amount_minor, weights) == parts

    @given(amount_minor=AMOUNTS, weights=WEIGHTS)
    def test_adds_up_and_stays_within_one_unit(self, amount_minor: int, weights: list[int]) -> None:
        # When
        parts = allocate(amount_minor, weights)

        # Then
        assert sum(parts) == amount_minor
        assert len(parts) == len(weights)
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - Fraction(amount_minor * weight, sum(weights))) < 1
            assert weight or part == 0

    @given(amount_minor=AMOUNTS, weights=WEIGHTS)
    def test_a_heavier_weight_never_gets_less(self, amount_minor: int, weights: list[int]) -> None:
        # Given
        parts = allocate(abs(amount_minor), weights)

        # Then
        served = [part for _, part in sorted(zip(weights, parts, strict=True))]
        assert served == sorted(served)

    @pytest.mark.parametrize(
        ("amount_minor", "weights"),
        [(100, []), (100, [0]), (100, [0, 0]), (100, [2, -1]), (100, [-1]), (100, [1, True])],
    )
    def test_refuses_weights_that_split_nothing(
        self, amount_minor: int, weights: list[int]
    ) -> None:
        with pytest.raises(AmountError):
            allocate(amount_minor, weights)

    def test_refuses_a_fraction_of_a_minor_unit(self) -> None:
        with pytest.raises(AmountError):
            allocate(0.5, [1, 1])  # type: ignore[arg-type]

"""Fees: rounded once, bounded, never over the gross; parts that add up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountError
from payments.pricing import (
    FeeTerms,
    PricedAllocation,
    channel_fee,
    fee,
    price_allocations,
    split_channel_fee,
)

GROSSES = st.integers(min_value=0, max_value=10**13)
RATES = st.integers(min_value=0, max_value=10_000)
SMALL = st.integers(min_value=0, max_value=10**6)


@st.composite
def fee_terms(draw: st.DrawFn) -> FeeTerms:
    """Draw any terms that a fee plan may hold."""
    minimum_minor = draw(SMALL)
    return FeeTerms(
        bps=draw(RATES),
        fixed_minor=draw(SMALL),
        minimum_minor=minimum_minor,
        maximum_minor=draw(st.none() | st.integers(minimum_minor, 10**7)),
    )


class TestFee:
    @pytest.mark.parametrize(
        ("gross_minor", "terms", "expected"),
        [
            (10_000, FeeTerms(bps=200), 200),
            (25, FeeTerms(bps=200), 1),  # 0.50 goes up
            (24, FeeTerms(bps=200), 0),  # 0.48 goes down
            (10_000, FeeTerms(bps=200, fixed_minor=30), 230),
            (13, FeeTerms(bps=0, fixed_minor=30), 13),  # cut at the gross
            (0, FeeTerms(bps=200, fixed_minor=30, minimum_minor=10), 0),
            (1_000, FeeTerms(bps=200, minimum_minor=50), 50),
            (10_000, FeeTerms(bps=200, minimum_minor=50), 200),
            (20, FeeTerms(bps=200, minimum_minor=50), 20),
            (10_000_000, FeeTerms(bps=200, maximum_minor=5_000), 5_000),
            (10_000, FeeTerms(bps=200, fixed_minor=30, maximum_minor=210), 210),
            (10_000, FeeTerms(bps=200, maximum_minor=0), 0),
            (10_000, FeeTerms(bps=10_000, fixed_minor=1), 10_000),
        ],
    )
    def test_is_the_rate_and_the_fixed_part_within_the_bounds(
        self, gross_minor: int, terms: FeeTerms, expected: int
    ) -> None:
        assert fee(gross_minor, terms) == expected

    @given(gross_minor=GROSSES, terms=fee_terms())
    def test_is_never_negative_and_never_over_the_gross_or_the_maximum(
        self, gross_minor: int, terms: FeeTerms
    ) -> None:
        # When
        charged = fee(gross_minor, terms)

        # Then
        assert 0 <= charged <= gross_minor
        assert terms.maximum_minor is None or charged <= terms.maximum_minor
        assert charged >= min(terms.minimum_minor, gross_minor)

    @given(gross_minor=GROSSES, more=GROSSES, terms=fee_terms())
    def test_a_larger_payment_never_costs_less(
        self, gross_minor: int, more: int, terms: FeeTerms
    ) -> None:
        assert fee(gross_minor, terms) <= fee(gross_minor + more, terms)

    def test_refuses_a_negative_gross(self) -> None:
        with pytest.raises(AmountError):
            fee(-1, FeeTerms(bps=200))

    @pytest.mark.parametrize(
        "parts",
        [
            {"bps": -1},
            {"bps": 10_001},
            {"bps": 1, "fixed_minor": -1},
            {"bps": 1, "minimum_minor": -1},
            {"bps": 1, "maximum_minor": -1},
            {"bps": 1, "minimum_minor": 10, "maximum_minor": 9},
        ],
    )
    def test_refuses_terms_that_nobody_can_mean(self, parts: dict[str, int]) -> None:
        with pytest.raises(AmountError):
            FeeTerms(**parts)


class TestChannelFee:
    @pytest.mark.parametrize(
        ("amount_minor", "bps", "expected"),
        [(10_000, 60, 60), (84, 60, 1), (83, 60, 0), (0, 60, 0), (100, 10_000, 100)],
    )
    def test_is_rounded_half_up_once(self, amount_minor: int, bps: int, expected: int) -> None:
        assert channel_fee(amount_minor, bps) == expected

    @pytest.mark.parametrize(("amount_minor", "bps"), [(-1, 60), (100, -1), (100, 10_001)])
    def test_refuses_what_no_channel_takes(self, amount_minor: int, bps: int) -> None:
        with pytest.raises(AmountError):
            channel_fee(amount_minor, bps)


class TestSplitChannelFee:
    @pytest.mark.parametrize(
        ("total_minor", "grosses_minor", "parts"),
        [
            (60, [10_000], [60]),
            (60, [9_900, 100], [59, 1]),
            (60, [5_000, 5_000], [30, 30]),
            (61, [5_000, 5_000], [31, 30]),
            (1, [1, 9_999], [0, 1]),
            (60, [0, 10_000], [0, 60]),
            (0, [0, 0], [0, 0]),
            (0, [], []),
            (3, [1, 2], [1, 2]),
        ],
    )
    def test_goes_by_largest_remainder(
        self, total_minor: int, grosses_minor: list[int], parts: list[int]
    ) -> None:
        assert split_channel_fee(total_minor, grosses_minor) == parts

    @given(grosses_minor=st.lists(GROSSES, max_size=20), bps=RATES)
    def test_adds_up_and_no_part_passes_its_allocation(
        self, grosses_minor: list[int], bps: int
    ) -> None:
        # Given
        total_minor = channel_fee(sum(grosses_minor), bps)

        # When
        parts = split_channel_fee(total_minor, grosses_minor)

        # Then
        assert sum(parts) == total_minor
        for part, gross_minor in zip(parts, grosses_minor, strict=True):
            assert 0 <= part <= gross_minor

    @given(grosses_minor=st.lists(st.integers(0, 3), min_size=1, max_size=8), data=st.data())
    def test_holds_for_any_fee_of_tiny_allocations(
        self, grosses_minor: list[int], data: st.DataObject
    ) -> None:
        # Given
        total_minor = data.draw(st.integers(0, sum(grosses_minor)))

        # When
        parts = split_channel_fee(total_minor, grosses_minor)

        # Then
        assert sum(parts) == total_minor
        for part, gross_minor in zip(parts, grosses_minor, strict=True):
            assert 0 <= part <= gross_minor

    @pytest.mark.parametrize(
        ("total_minor", "grosses_minor"), [(1, []), (4, [1, 2]), (-1, [5]), (0, [1, -1])]
    )
    def test_refuses_a_fee_that_the_allocations_cannot_bear(
        self, total_minor: int, grosses_minor: list[int]
    ) -> None:
        with pytest.raises(AmountError):
            split_channel_fee(total_minor, grosses_minor)


class TestPriceAllocations:
    def test_prices_a_payment_of_two_merchants(self) -> None:
        # Given
        terms = FeeTerms(bps=200)

        # When
        priced = price_allocations([(10_000, terms), (13, FeeTerms(0, 30))], channel_fee_minor=60)

        # Then
        assert priced == [
            PricedAllocation(gross_minor=10_000, fee_minor=200, channel_fee_minor=60),
            PricedAllocation(gross_minor=13, fee_minor=13, channel_fee_minor=0),
        ]
        assert [allocation.net_minor for allocation in priced] == [9_800, 0]

    @given(
        allocations=st.lists(st.tuples(GROSSES, fee_terms()), min_size=1, max_size=10), bps=RATES
    )
    def test_every_payment_can_be_booked(
        self, allocations: list[tuple[int, FeeTerms]], bps: int
    ) -> None:
        # Given
        gross_minor = sum(gross_minor for gross_minor, _ in allocations)

        # When
        priced = price_allocations(allocations, channel_fee_minor=channel_fee(gross_minor, bps))

        # Then
        assert sum(one.fee_minor + one.net_minor for one in priced) == gross_minor
        assert sum(one.channel_fee_minor for one in priced) == channel_fee(gross_minor, bps)
        assert all(one.net_minor >= 0 for one in priced)

    @pytest.mark.parametrize(("fee_minor", "channel_fee_minor"), [(101, 0), (-1, 0), (0, 101)])
    def test_refuses_prices_that_could_not_be_booked(
        self, fee_minor: int, channel_fee_minor: int
    ) -> None:
        with pytest.raises(AmountError):
            PricedAllocation(
                gross_minor=100, fee_minor=fee_minor, channel_fee_minor=channel_fee_minor
            )

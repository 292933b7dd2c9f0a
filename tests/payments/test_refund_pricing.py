"""What of a fee goes back with refunds, and what pays for them: parts that are the whole."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import AmountError
from payments.models import RefundPolicy
from payments.pricing import (
    Funding,
    GivenBack,
    Means,
    Refunded,
    fee_tax,
    fund,
    give_back,
    returned_fee,
    returned_tax,
)

AMOUNTS = st.integers(0, 10**12)
RATES = st.integers(0, 10_000)


class TestFeeTax:
    @pytest.mark.parametrize(
        ("fee_minor", "vat_bps", "tax_minor"),
        [(200, 600, 11), (200, 0, 0), (0, 600, 0), (106, 600, 6), (1, 10_000, 1), (9, 600, 1)],
    )
    def test_is_what_the_fee_includes(self, fee_minor, vat_bps, tax_minor):
        assert fee_tax(fee_minor, vat_bps=vat_bps) == tax_minor

    @pytest.mark.parametrize(("fee_minor", "vat_bps"), [(-1, 600), (1, 10_001), (1, -1)])
    def test_refuses_what_nobody_can_mean(self, fee_minor, vat_bps):
        with pytest.raises(AmountError):
            fee_tax(fee_minor, vat_bps=vat_bps)


class TestReturnedFee:
    @pytest.mark.parametrize(
        ("policy", "amount_minor", "before", "expected"),
        [
            ("return_proportional", 10_000, Refunded(), 200),
            ("return_proportional", 3_000, Refunded(), 60),
            ("return_proportional", 3_333, Refunded(3_333, 67), 66),
            ("return_full", 10_000, Refunded(), 200),
            ("return_full", 9_999, Refunded(), 0),
            ("return_full", 5_000, Refunded(5_000, 0), 200),
            ("keep", 10_000, Refunded(), 0),
            # One before failed, so that less has been returned than the share says, or more.
            ("return_proportional", 1, Refunded(5_000, 98), 1),
            ("return_proportional", 1, Refunded(5_000, 101), 0),
        ],
    )
    def test_by_policy(self, policy, amount_minor, before, expected):
        assert (
            returned_fee(
                amount_minor, gross_minor=10_000, fee_minor=200, before=before, policy=policy
            )
            == expected
        )

    @pytest.mark.parametrize("amount_minor", [0, -1, 5_001])
    def test_refuses_more_than_there_is(self, amount_minor):
        with pytest.raises(AmountError):
            returned_fee(
                amount_minor,
                gross_minor=10_000,
                fee_minor=200,
                before=Refunded(5_000),
                policy="keep",
            )

    def test_knows_every_policy_and_no_other(self):
        for policy in RefundPolicy.values:
            returned_fee(1, gross_minor=1, fee_minor=0, before=Refunded(), policy=policy)
        with pytest.raises(AmountError):
            returned_fee(1, gross_minor=1, fee_minor=0, before=Refunded(), policy="sometimes")


@dataclass
class Refunds:
    """Refunds of one allocation, one after the other, of which some fail."""

    gross: int
    fee: int
    vat_bps: int
    living: list[Refunded]

    @property
    def before(self) -> Refunded:
        return Refunded(
            sum(one.amount_minor for one in self.living),
            sum(one.fee_minor for one in self.living),
            sum(one.tax_minor for one in self.living),
        )

    def refund(self, amount: int) -> None:
        before = self.before
        fee = returned_fee(
            amount,
            gross_minor=self.gross,
            fee_minor=self.fee,
            before=before,
            policy="return_proportional",
        )
        tax = returned_tax(fee, vat_bps=self.vat_bps, before=before)
        assert 0 <= tax <= fee <= amount
        self.living.append(Refunded(amount, fee, tax))
        assert self.before.fee_minor <= self.fee
        assert self.before.tax_minor <= fee_tax(self.fee, vat_bps=self.vat_bps)


@given(
    gross=st.integers(1, 300) | st.integers(1, 10**12),
    fee_bps=RATES,
    vat_bps=RATES,
    data=st.data(),
)
def test_all_parts_together_return_the_whole_fee_and_its_tax_whichever_fail(
    gross, fee_bps, vat_bps, data
):
    # Given
    refunds = Refunds(gross, gross * fee_bps // 10_000, vat_bps, [])

    # When
    for _ in range(data.draw(st.integers(0, 12))):
        left = gross - refunds.before.amount_minor
        if refunds.living and data.draw(st.booleans()):
            refunds.living.pop(data.draw(st.integers(0, len(refunds.living) - 1)))
        elif left:
            refunds.refund(data.draw(st.integers(1, left)))
    left = gross - refunds.before.amount_minor
    if left:
        refunds.refund(left)

    # Then
    assert refunds.before == Refunded(gross, refunds.fee, fee_tax(refunds.fee, vat_bps=vat_bps))


class TestFund:
    MEANS = Means(pending_minor=10, available_minor=20, reserve_minor=30, advance_minor=40)

    @pytest.mark.parametrize(
        ("need_minor", "drawn"),
        [
            (0, (0, 0, 0, 0)),
            (10, (10, 0, 0, 0)),
            (11, (10, 1, 0, 0)),
            (31, (10, 20, 1, 0)),
            (61, (10, 20, 30, 1)),
            (100, (10, 20, 30, 40)),
        ],
    )
    def test_empties_one_before_the_next(self, need_minor, drawn):
        assert fund(need_minor, self.MEANS) == Funding(*drawn)

    def test_is_nothing_when_all_is_not_enough(self):
        assert fund(101, self.MEANS) is None

    def test_a_merchant_who_owes_more_than_the_limit_has_no_advance(self):
        assert fund(1, Means(0, 0, 0, -5)) is None
        assert fund(1, Means(0, 1, 0, -5)) == Funding(0, 1, 0, 0)

    def test_refuses_a_need_below_nothing(self):
        with pytest.raises(AmountError):
            fund(-1, self.MEANS)

    @given(need=AMOUNTS, means=st.builds(Means, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS))
    def test_is_exactly_the_need_and_within_the_means(self, need, means):
        funding = fund(need, means)

        total = sum(getattr(means, name) for name in Means.__slots__)
        assert (funding is None) == (need > total)
        if funding is not None:
            drawn = [getattr(funding, name) for name in Funding.__slots__]
            assert sum(drawn) == need
            assert all(
                0 <= minor <= getattr(means, name)
                for minor, name in zip(drawn, Means.__slots__, strict=True)
            )


@given(minor=AMOUNTS, pending=AMOUNTS, debt=AMOUNTS)
def test_what_is_given_back_is_all_of_it_pending_first_then_the_debt(minor, pending, debt):
    back = give_back(minor, pending_minor=pending, debt_minor=debt)

    assert back.pending_minor + back.debt_minor + back.available_minor == minor
    assert back.pending_minor == min(minor, pending)
    assert back.debt_minor == min(minor - back.pending_minor, debt)
    assert give_back(100, pending_minor=30, debt_minor=20) == GivenBack(30, 20, 50)

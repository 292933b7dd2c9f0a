"""The simulator's small money: texts of amounts, and the channel's fee."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.simulator.money import (
    EXPONENTS,
    amount_text,
    channel_fee_minor,
    decimal_minor,
    exact_minor,
)

AMOUNTS = st.integers(min_value=0, max_value=10**13)


@given(minor=AMOUNTS, currency=st.sampled_from(sorted(EXPONENTS)))
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    text = amount_text(minor, currency=currency)
    assert exact_minor(text, currency=currency) == minor
    assert decimal_minor(text, currency=currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "CNY", "0.00"),
        (5, "CNY", "0.05"),
        (-5, "CNY", "-0.05"),
        (123456, "BRL", "1234.56"),
        (1200, "JPY", "1200"),
    ],
)
def test_writes_the_decimals_of_the_currency(minor: int, currency: str, text: str) -> None:
    assert amount_text(minor, currency=currency) == text


@pytest.mark.parametrize(("text", "minor"), [("1", 100), ("1.5", 150), ("1.500", 150)])
def test_an_xml_decimal_may_leave_zeros_out_or_add_them(text: str, minor: int) -> None:
    assert decimal_minor(text, currency="CNY") == minor


@pytest.mark.parametrize("text", ["", ".", ".5", "1.", "+1", "-1", "1e2", "1.001", "１"])
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        decimal_minor(text, currency="CNY")


@pytest.mark.parametrize(
    ("amount_minor", "fee_bps", "fee_minor"),
    [
        (10_000, 60, 60),
        (83, 60, 0),
        (84, 60, 1),
        (1, 5_000, 1),
        (1, 4_999, 0),
        (1, 10_000, 1),
        (0, 60, 0),
        (12_345, 0, 0),
    ],
)
def test_half_a_minor_unit_of_fee_rounds_up(
    amount_minor: int, fee_bps: int, fee_minor: int
) -> None:
    assert channel_fee_minor(amount_minor, fee_bps=fee_bps) == fee_minor


@given(amount_minor=AMOUNTS, fee_bps=st.integers(min_value=0, max_value=10_000))
def test_a_fee_lies_between_nothing_and_the_amount(amount_minor: int, fee_bps: int) -> None:
    assert 0 <= channel_fee_minor(amount_minor, fee_bps=fee_bps) <= amount_minor

"""What the tests of settlements and their neighbours share."""

import pytest

from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)


@pytest.fixture
def merchant():
    """A merchant with 98.00 available and a payout fee of 1.00, and a bank to pay from."""
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=house().channel)
    return merchant

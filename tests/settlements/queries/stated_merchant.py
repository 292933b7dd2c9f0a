"""What the tests of statements and their neighbours share."""

import pytest

from settlements.queries.statements import statement
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)
from tests.instants import MONDAY, NEXT_NOON, THURSDAY


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def bank(accounts):
    return accounts.bank


@pytest.fixture
def merchant(accounts):
    """A merchant who took 100.00 on Thursday and 50.00 on Friday; payout fee 1.00."""
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=accounts.channel)
    paid_payment(merchant, amounts_minor=(5_000,), at=NEXT_NOON, channel=accounts.channel)
    return merchant


def asked(merchant, from_date=THURSDAY, to_date=MONDAY):
    return statement(merchant.id, "CNY", from_date=from_date, to_date=to_date)

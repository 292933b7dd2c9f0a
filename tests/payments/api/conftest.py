from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from payments.models import Merchant
from tests.factories.payments import MerchantFactory
from tests.instants import NOON
from tests.rig.partner import Partner, partner_of, the_platform


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Let every request of these tests come in at NOON."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def merchant(db: None) -> Merchant:
    return MerchantFactory()


@pytest.fixture
def other_merchant(db: None) -> Merchant:
    return MerchantFactory()


@pytest.fixture
def partner(merchant: Merchant) -> Partner:
    return partner_of(merchant)


@pytest.fixture
def stranger(other_merchant: Merchant) -> Partner:
    return partner_of(other_merchant)


@pytest.fixture
def platform(db: None) -> Partner:
    return the_platform()


@pytest.fixture
def order(merchant: Merchant) -> dict[str, Any]:
    """Return the smallest valid payment of one merchant, 100.00 CNY."""
    return {
        "merchant_order_no": "ORDER-1",
        "amount": 10_000,
        "currency": "CNY",
        "description": "Goods",
        "allocations": [{"merchant_id": merchant.id, "amount": 10_000}],
    }

"""What the tests of manual entries and their neighbours share."""

import pytest

from payments.actions import maturity
from payments.models import Merchant
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.attacks import check_laws


@pytest.fixture(autouse=True)
def laws_hold(db):
    """Whatever a test did, the deferred laws of the database agree."""
    yield
    check_laws()


@pytest.fixture
def merchant() -> Merchant:
    """A merchant with 98.00 available on Friday."""
    merchant = MerchantFactory()
    paid_payment(merchant)
    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)
    return merchant

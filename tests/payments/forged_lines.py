"""What the tests of laws of lines and their neighbours share."""

import pytest

from payments.actions.merchants import open_accounts
from payments.models import (
    Merchant,
)
from tests.factories.payments import MerchantFactory
from tests.instants import THURSDAY

# --- lines --------------------------------------------------------------------------------------


@pytest.fixture
def merchant(either_role: str) -> Merchant:
    """A merchant whose money has matured through Wednesday."""
    merchant = MerchantFactory()
    open_accounts([merchant.pk], currency="CNY", business_date=THURSDAY)
    return merchant

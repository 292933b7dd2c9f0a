from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection

from payments.actions.maturity import mature
from payments.models import Merchant
from settlements.actions.destinations import register_destination
from settlements.actions.settlements import draft_settlements
from settlements.models import Settlement
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON, NOON
from tests.rig.partner import Partner, partner_of, the_platform


@pytest.fixture(autouse=True)
def at_next_noon() -> Iterator[None]:
    """Let every request of these tests come in at NEXT_NOON."""
    with time_machine.travel(NEXT_NOON, tick=False):
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


def with_destination(merchant: Merchant) -> Merchant:
    register_destination(
        merchant_id=merchant.id,
        currency="CNY",
        holder_name="Ann Li",
        bank_name="China Merchants Bank",
        bank_code="308100005019",
        account_no="622588123456",
        actor="user:1",
        at=NOON,
    )
    return merchant


def settled() -> None:
    """Bring what is paid through maturity into settlements, on FRIDAY."""
    # A test is one transaction: what was paid has to pass the laws before its day moves on.
    connection.check_constraints()
    mature(currency="CNY", business_date=FRIDAY, actor="task:maturity", at=NEXT_NOON)
    draft_settlements(currency="CNY", business_date=FRIDAY, actor="task:settle", at=NEXT_NOON)


@pytest.fixture
def settlement(merchant: Merchant, other_merchant: Merchant) -> Settlement:
    """Return the draft of two payments of `merchant`, 98.00 and 49.00 CNY net."""
    with_destination(merchant)
    paid_payment(merchant)
    paid_payment(merchant, amounts_minor=(5_000,))
    paid_payment(other_merchant, amounts_minor=(777,))
    settled()
    return Settlement.objects.get(merchant=merchant)

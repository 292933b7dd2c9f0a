"""What the tests of requests and their neighbours share."""

import pytest

from risk.actions import passwords
from risk.pins import PasswordOwner
from settlements.actions import requests
from settlements.models import Settlement
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON, NOON

PIN = "271828"


ADDRESS = "203.0.113.9"


@pytest.fixture
def merchant():
    """A merchant with 98.00 available and a payout fee of 1.00."""
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=house().channel)
    return merchant


@pytest.fixture
def owner(merchant):
    """A member of the merchant who has a settlement password."""
    owner = PasswordOwner.member(MemberFactory(merchant=merchant).pk)
    passwords.set_password(owner=owner, pin=PIN, actor="user:1", client_ip=None, at=NOON)
    return owner


def ask(merchant, **other) -> Settlement:
    return requests.request_own_settlement(
        **{
            "merchant_id": merchant.pk,
            "currency": "CNY",
            "amount_minor": None,
            "merchant_settlement_no": "S-1",
            "actor": "key:ak_1",
            "client_ip": ADDRESS,
            "token": None,
            "at": NEXT_NOON,
            **other,
        }
    )

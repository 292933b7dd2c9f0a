"""What the tests of refunds and their neighbours share."""

import pytest

from tests.factories.payments import (
    MemberFactory,
    MerchantFactory,
    paid_payment,
)
from tests.rig.pages import tables

PATH = "/portal/refunds/"


@pytest.fixture
def member(client):
    member = MemberFactory()
    client.force_login(member.user)
    return member


@pytest.fixture
def other():
    return MerchantFactory()


@pytest.fixture
def payment(member, other):
    """Return 70.00 of ours and 30.00 of another's, paid at NOON."""
    return paid_payment(member.merchant, other, amounts_minor=(7_000, 3_000))


def page_rows(client, query=""):
    found = tables(client.get(PATH + query))
    return found[0][1:] if found else []

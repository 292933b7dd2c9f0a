"""What the tests of integrity and their neighbours share."""

import pytest

from settlements.queries.integrity import verify
from tests.factories.payments import paid_payment
from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON
from tests.rig.tampering import tamper


@pytest.fixture
def accounts():
    return house()


@pytest.fixture
def merchant(accounts):
    """A merchant with 98.00 available and 49.00 pending, after 0.50 of nobody's."""
    merchant = settled_merchant(payout_fee_minor=100)
    available_money(merchant, channel=accounts.channel)
    paid_payment(
        merchant,
        amounts_minor=(5_000,),
        unallocated_minor=50,
        at=NEXT_NOON,
        channel=accounts.channel,
    )
    return merchant


def found(*statements: str) -> dict[str, list[str]]:
    """Return what is found after tampering: `subject: expected / found`, by law."""
    tamper(*statements)
    by_law: dict[str, list[str]] = {}
    for one in verify().violations:
        by_law.setdefault(one.law, []).append(f"{one.subject}: {one.expected} / {one.found}")
    return by_law

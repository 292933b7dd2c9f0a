"""What the tests of statement page and their neighbours share."""

import csv
import io
from datetime import timedelta

import pytest

from tests.factories.payments import MemberFactory, paid_payment
from tests.factories.settlements import (
    approved_settlement,
    available_money,
    exported_file,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON

PATH = "/portal/statement/"


FILE = "/portal/statement.csv"


BOTH_DAYS = "?from_date=2026-03-05&to_date=2026-03-06&currency=CNY"


@pytest.fixture(autouse=True)
def friday_noon(monkeypatch):
    monkeypatch.setattr("config.clock.now", lambda: NEXT_NOON)


@pytest.fixture
def merchant(client):
    merchant = settled_merchant(payout_fee_minor=100)
    client.force_login(MemberFactory(merchant=merchant).user)
    return merchant


@pytest.fixture
def two_days(merchant):
    """Thursday: paid 100.00. Friday: 97.00 paid out for a fee of 1.00, then paid 20.00."""
    ours = house()
    available_money(merchant, channel=ours.channel)
    settlement = approved_settlement(merchant)
    exported_file(ours.bank, at=NEXT_NOON + timedelta(hours=1))
    paid_payment(
        merchant,
        amounts_minor=[2_000],
        channel=ours.channel,
        at=NEXT_NOON + timedelta(hours=2),
    )
    return settlement


def downloaded(response):
    content = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline="")))

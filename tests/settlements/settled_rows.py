"""What the tests of laws and their neighbours share."""

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from ledger.identifiers import new_id
from payments.models import ChannelOperation
from settlements.models import Payout, Settlement
from tests.factories.settlements import (
    available_money,
    house,
    settled_merchant,
)
from tests.instants import NEXT_NOON

REFUSED = (IntegrityError, InternalError)


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def merchant(bank):
    merchant = settled_merchant()
    available_money(merchant)
    return merchant


def run_sql(sql: str, *arguments: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)


def make_payout(settlement: Settlement, **other) -> Payout:
    """Write a payout as nobody may, past the actions."""
    number = new_id("po")
    operation = ChannelOperation.objects.create(
        kind="payout",
        channel_account=house().bank,
        channel_no=number.upper(),
        subject=number,
        amount_minor=settlement.net_minor,
        currency="CNY",
        created_at=NEXT_NOON,
    )
    return Payout.objects.create(
        **{
            "id": number,
            "settlement": settlement,
            "operation": operation,
            "destination_id": settlement.destination_id,
            "approval_id": settlement.approval_id,
            "amount_minor": settlement.net_minor,
            "currency": "CNY",
            "created_at": NEXT_NOON,
            **other,
        }
    )

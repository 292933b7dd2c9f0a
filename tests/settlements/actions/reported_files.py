"""What the tests of reports and their neighbours share."""

import pytest

from settlements.actions.bills import import_bill
from settlements.models import Bill, Payout
from tests.factories.settlements import (
    MAKER,
    available_money,
    house,
    paying_payout,
    payment_report,
    settled_merchant,
)
from tests.instants import NEXT_NOON


@pytest.fixture
def bank():
    return house().bank


@pytest.fixture
def payout(bank) -> Payout:
    """A payout of 98.00 that is at the bank."""
    merchant = settled_merchant()
    available_money(merchant)
    return paying_payout(merchant, bank=bank)


def tell(bank, payout: Payout, status: str, *, message_id: str = "RPT-1", reason: str = "") -> Bill:
    """Import a report that says one thing of one payout."""
    number = payout.operation.channel_no
    content = payment_report(
        payout.payment_file,
        {number: status},
        message_id=message_id,
        reasons={number: reason} if reason else None,
    )
    return import_bill(bank_account_id=bank.pk, content=content, actor=MAKER, at=NEXT_NOON)

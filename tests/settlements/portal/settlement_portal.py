"""What the tests of settlement pages and their neighbours share."""

from datetime import timedelta

import pytest
from django.db import transaction

from settlements import locks
from settlements.actions import payouts
from settlements.actions.payouts import PayoutOutcome, PayoutResult
from settlements.models import Settlement
from tests.factories.payments import MemberFactory
from tests.factories.settlements import (
    available_money,
    house,
    paying_payout,
    settled_merchant,
)
from tests.instants import NEXT_NOON

PATH = "/portal/settlements/"


@pytest.fixture
def merchant(client):
    merchant = settled_merchant(payout_fee_minor=100)
    client.force_login(MemberFactory(merchant=merchant).user)
    return merchant


def paid_out(merchant, *, result=PayoutResult.SUCCEEDED):
    ours = house()
    available_money(merchant, channel=ours.channel, amounts_minor=[10_000, 5_000])
    payout = paying_payout(merchant, bank=ours.bank)
    with transaction.atomic():
        number = payout.operation.channel_no
        locked = locks.locked_payouts_by_number([number], bank_account_id=ours.bank.pk)[number]
        payouts.record_payout_outcome(
            locked,
            PayoutOutcome(result=result, bank_reference="BK-20260306-7", code="AC04"),
            actor="task:settlements.bills",
            at=NEXT_NOON + timedelta(hours=2),
        )
    return Settlement.objects.get(merchant=merchant)

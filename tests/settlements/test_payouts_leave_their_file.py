"""A payment file is as long as all its payouts together, so no payout brings it along."""

import pytest
from django.db import transaction

from settlements import locks
from settlements.queries.payouts import payouts_in_transit
from tests.factories.settlements import available_money, house, paying_payout, settled_merchant

pytestmark = pytest.mark.django_db


@pytest.fixture
def payout():
    ours = house()
    merchant = settled_merchant()
    available_money(merchant, channel=ours.channel)
    return paying_payout(merchant, bank=ours.bank)


def test_when_they_are_locked_for_what_the_bank_says(payout):
    # When
    number, bank_id = payout.operation.channel_no, payout.operation.channel_account_id
    with transaction.atomic():
        found = locks.locked_payouts_by_number([number], bank_account_id=bank_id)

    # Then
    assert found[number].payment_file.get_deferred_fields() == {"content_encrypted"}
    assert found[number].payment_file.message_id == payout.payment_file.message_id


def test_when_they_are_listed_as_on_their_way(payout):
    (found,) = payouts_in_transit()

    assert found.payment_file.get_deferred_fields() == {"content_encrypted"}

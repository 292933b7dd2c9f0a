"""What is locked, and what is left where it lies."""

import pytest
from django.db import transaction

from settlements import locks
from tests.factories.settlements import available_money, house, paying_payout, settled_merchant


@pytest.mark.django_db(transaction=True)
def test_locks_payouts_without_a_copy_of_their_file_for_each() -> None:
    # Given a payout that is in a file at the bank
    ours = house()
    merchant = settled_merchant()
    available_money(merchant, channel=ours.channel)
    payout = paying_payout(merchant, bank=ours.bank)

    # When it is locked, as a report of thousands would lock it
    with transaction.atomic():
        locked = locks.locked_payouts_by_number(
            [payout.operation.channel_no], bank_account_id=ours.bank.pk
        )[payout.operation.channel_no]

    # Then the file's content was left in the database, and its name came along
    assert locked.payment_file is not None
    assert locked.payment_file.get_deferred_fields() == {"content_encrypted"}
    assert locked.settlement.pk == payout.settlement_id

"""Payouts as they are listed."""

import pytest

from settlements.queries.payouts import payouts_in_transit
from tests.factories.settlements import available_money, house, paying_payout, settled_merchant


@pytest.mark.django_db
def test_a_payout_on_its_way_does_not_bring_the_whole_file_along():
    # Given
    ours = house()
    merchant = settled_merchant()
    available_money(merchant, channel=ours.channel)
    payout = paying_payout(merchant, bank=ours.bank)

    # When
    (found,) = payouts_in_transit()

    # Then
    assert found == payout
    assert found.payment_file.get_deferred_fields() == {"content_encrypted"}

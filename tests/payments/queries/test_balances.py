"""What stands on merchants' accounts, in two questions however many merchants there are."""

import pytest

from payments.queries.balances import balances_of
from tests.factories.payments import MerchantFactory
from tests.factories.settlements import available_money, settled_merchant

pytestmark = pytest.mark.django_db


def test_tells_the_money_of_each_merchant_by_its_state(django_assert_num_queries):
    # Given
    merchants = [settled_merchant(), settled_merchant()]
    for merchant, amount_minor in zip(merchants, (10_000, 5_000), strict=True):
        available_money(merchant, amounts_minor=(amount_minor,))

    # When
    with django_assert_num_queries(2):
        found = balances_of([merchant.pk for merchant in merchants])

    # Then
    assert {
        each.account.merchant_id: (
            each.pending.minor,
            each.available.minor,
            each.on_hold.minor,
            each.debt.minor,
        )
        for each in found
    } == {merchants[0].pk: (0, 9_800, 0, 0), merchants[1].pk: (0, 4_900, 0, 0)}


def test_a_merchant_without_payments_has_no_accounts():
    assert balances_of([MerchantFactory().pk]) == []

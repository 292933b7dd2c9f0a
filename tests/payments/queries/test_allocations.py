"""A merchant's allocations, page by page."""

from datetime import timedelta

import pytest

from payments.queries.allocations import allocations_page
from tests.factories.payments import MerchantFactory, owed_payment, paid_payment
from tests.instants import FRIDAY, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    return MerchantFactory()


def page(merchant, *, before=None, limit=2):
    return allocations_page(merchant.pk, before=before, limit=limit)


def test_a_merchant_without_payments_has_an_empty_page(merchant):
    assert page(merchant) == page(merchant)
    assert (page(merchant).allocations, page(merchant).before) == ([], None)


def test_shows_the_newest_first_and_leads_to_the_rest(merchant):
    # Given
    made = [
        owed_payment(merchant, at=NOON + timedelta(minutes=count)).allocations.get().pk
        for count in range(5)
    ]

    # When
    pages = [page(merchant)]
    while pages[-1].before is not None:
        pages.append(page(merchant, before=pages[-1].before))

    # Then
    assert [[allocation.pk for allocation in one.allocations] for one in pages] == [
        made[:2:-1],
        made[2:0:-1],
        made[:1],
    ]


def test_a_full_last_page_leads_nowhere(merchant):
    # Given
    owed_payment(merchant)
    owed_payment(merchant)

    # When, Then
    assert page(merchant).before is None


def test_shows_nothing_of_others(merchant):
    # Given a payment that two merchants share
    other = MerchantFactory()
    payment = owed_payment(merchant, other, amounts_minor=(6_000, 4_000))
    owed_payment(other)

    # When
    found = page(merchant).allocations

    # Then
    assert [(one.payment, one.amount_minor) for one in found] == [(payment, 6_000)]


def test_says_when_what_is_paid_becomes_available(merchant):
    # Given
    paid = paid_payment(merchant).allocations.get()
    owed_payment(merchant)

    # When, Then
    assert page(merchant).available_on == {paid.pk: FRIDAY}


def test_a_page_costs_two_queries(merchant, django_assert_num_queries):
    # Given
    for _ in range(4):
        paid_payment(merchant)

    # When: allocations with their payments, and their lines
    with django_assert_num_queries(2):
        for allocation in page(merchant, limit=3).allocations:
            assert allocation.payment.currency == "CNY"

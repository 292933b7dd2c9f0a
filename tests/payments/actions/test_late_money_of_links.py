"""Late money of a link that may be paid once: terms take it once, what is more people decide."""

import pytest

from payments.models import Payment
from payments.queries.parked import other_of_link, way_by_terms
from tests.factories.parked import late_money, resolved
from tests.factories.payments import MerchantFactory, owed_payment, payment_link
from tests.payments.actions.parked_desk import ACCEPT, now, wrongs
from tests.payments.actions.test_resolutions_by_people import give_late_terms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant():
    merchant = MerchantFactory()
    give_late_terms(merchant, "accept")
    return merchant


def bring(payment: Payment, *steps: str) -> None:
    for step in steps:
        Payment.objects.filter(pk=payment.pk).update(status=step)


def test_the_first_is_taken_and_the_second_waits_for_people(merchant):
    # Given
    link = payment_link(merchant)
    first = late_money(merchant, link=link)
    assert now(first) == ("accepted", "paid", "")

    # When
    second = late_money(merchant, link=link)

    # Then
    assert now(second) == ("waiting", "paid_late", "expired")
    assert other_of_link(second.payment).pk == first.payment_id
    assert wrongs() == []


@pytest.mark.parametrize(
    ("steps", "is_taken"),
    [
        ([], False),
        (["awaiting_payment"], False),
        (["awaiting_payment", "closing"], False),
        (["awaiting_payment", "conflicted"], False),
        (["closed"], True),
        (["rejected"], True),
    ],
)
def test_it_waits_beside_another_that_has_money_or_may_get_it(merchant, steps, is_taken):
    # Given
    link = payment_link(merchant)
    bring(owed_payment(merchant, link=link), *steps)

    # When, Then
    assert (now(late_money(merchant, link=link))[0] == "accepted") is is_taken


def test_what_may_be_paid_several_times_takes_each(merchant):
    # Given
    link = payment_link(merchant, is_single_use=False)

    # When, Then
    for _time in range(2):
        assert now(late_money(merchant, link=link)) == ("accepted", "paid", "")


def test_what_merchants_give_back_goes_back_all_the_same():
    # Given
    merchant = MerchantFactory()
    give_late_terms(merchant, "refund")
    link = payment_link(merchant)
    owed_payment(merchant, link=link)

    # When, Then
    assert now(late_money(merchant, link=link))[0] == "returning"


def test_people_may_still_take_it(merchant):
    # Given
    link = payment_link(merchant)
    late_money(merchant, link=link)
    second = late_money(merchant, link=link)
    assert way_by_terms(second) is None

    # When
    resolved(second, ACCEPT)

    # Then
    assert now(second) == ("accepted", "paid", "")

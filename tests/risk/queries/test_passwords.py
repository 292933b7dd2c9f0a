"""How a password stands, and what a token is bound to."""

from datetime import timedelta

import pytest

from payments.models import DatabaseClock, MerchantMember
from risk.models import PaymentPassword
from risk.pins import PasswordOwner, TokenBinding
from risk.queries.passwords import (
    PasswordStanding,
    frozen_until,
    is_asked_above,
    owner_of_member,
    payment_binding,
    standing,
)
from tests.factories.passwords import guessed_wrong, lock_runs_out, members_password
from tests.factories.payments import MemberFactory, MerchantFactory, owed_payment
from tests.instants import NOON

pytestmark = pytest.mark.django_db


def test_without_a_row_nothing_is_set():
    assert standing(PasswordOwner.payer("pyr_1")) == PasswordStanding(is_set=False)
    assert frozen_until(PasswordOwner.payer("pyr_1")) is None


def test_says_how_many_attempts_are_left_until_and_after_a_lock(django_assert_num_queries):
    owner = members_password()
    with django_assert_num_queries(1):
        assert standing(owner) == PasswordStanding(is_set=True, attempts_left=5, set_at=NOON)

    guessed_wrong(owner, times=3)
    assert standing(owner).attempts_left == 2

    guessed_wrong(owner, times=2)
    assert standing(owner).locked_until is not None

    lock_runs_out(owner)
    assert (standing(owner).locked_until, standing(owner).attempts_left) == (None, 5)


def test_a_lock_and_a_rest_that_have_passed_are_not_shown():
    owner = members_password()
    ahead, passed = timedelta(seconds=60), timedelta(seconds=-1)

    PaymentPassword.objects.update(
        locked_until=DatabaseClock() + ahead, frozen_until=DatabaseClock() + passed
    )

    assert standing(owner).locked_until is not None
    assert standing(owner).frozen_until is None is frozen_until(owner)


def test_a_person_at_two_merchants_is_two_owners():
    one = MemberFactory()
    other = MemberFactory(user=one.user)

    owners = [owner_of_member(user_id=one.user.pk, merchant_id=m.merchant.pk) for m in (one, other)]

    assert owners == [PasswordOwner.member(one.pk), PasswordOwner.member(other.pk)]
    with pytest.raises(MerchantMember.DoesNotExist):
        owner_of_member(user_id=one.user.pk, merchant_id=MerchantFactory().pk)


def test_a_payment_is_bound_to_its_amount_and_its_merchants_in_their_order():
    sellers = [MerchantFactory(), MerchantFactory()]
    payment = owed_payment(*sellers, amounts_minor=(700, 300), unallocated_minor=5)

    assert payment_binding(payment) == TokenBinding(
        deed="payment",
        subject=payment.pk,
        amount_minor=1_005,
        currency="CNY",
        payees=(sellers[0].pk, sellers[1].pk),
    )


def test_an_amount_is_asked_for_above_the_settings_alone(settings):
    assert not is_asked_above(10**12, currency="CNY")

    settings.PAYMENT_PASSWORD_ABOVE = {"CNY": 20_000}
    assert is_asked_above(20_001, currency="CNY")
    assert not is_asked_above(20_000, currency="CNY")
    assert not is_asked_above(10**12, currency="USD")

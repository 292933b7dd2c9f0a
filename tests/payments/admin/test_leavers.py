"""F23: who may not decide any more when they press is refused, whatever their page still offers."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from ledger.models import JournalEntry
from payments.models import ParkedMoney, Refund
from tests.factories.parked import late_money
from tests.payments.admin.test_parked import address, at_noon, digest_on  # noqa: F401
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


def lose_the_role(person: User) -> None:
    person.groups.clear()


def be_disabled(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def be_no_staff(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_staff=False)


@pytest.mark.parametrize("leave", [lose_the_role, be_disabled, be_no_staff])
def test_f23_who_left_after_the_page_was_opened_decides_nothing(
    leave: Callable[[User], None],
) -> None:
    # Given a checker before the page of a decision
    maker, checker = desk("finance_maker"), desk("finance_checker")
    parked = late_money()
    maker.post(address(parked, "ask-refund"), {"reason": "The payer called."})
    shown = digest_on(checker, parked)
    person = User.objects.get(pk=checker.session["_auth_user_id"])
    entries = JournalEntry.objects.count()

    # When
    leave(person)
    response = checker.post(address(parked, "approve"), shown)

    # Then
    assert response.status_code in (302, 403)
    assert ParkedMoney.objects.get().status == "waiting"
    assert not Refund.objects.exists()
    assert JournalEntry.objects.count() == entries

    # When another checker presses
    other = desk("finance_checker")
    other.post(address(parked, "approve"), digest_on(other, parked))

    # Then
    assert Refund.objects.count() == 1

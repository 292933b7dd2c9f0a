"""Late money that merchants want taken passes risk and limits first, as a payment does."""

import pytest

from ledger.models import AuditEntry
from payments.models import BalanceTransaction, LineKind, Payer
from risk.actions.limits import set_limit
from risk.actions.lists import block_payer
from risk.models import LimitDeed, LimitSubject, LimitWindow, Screening
from tests.factories.parked import late_money
from tests.factories.payments import MerchantFactory
from tests.factories.risk import used_minor
from tests.instants import NOON
from tests.payments.actions.parked_desk import now, wrongs
from tests.payments.actions.test_resolutions_by_people import give_late_terms

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant():
    merchant = MerchantFactory()
    give_late_terms(merchant, "accept")
    return merchant


def limit_day(value_minor: int) -> None:
    set_limit(
        deed=LimitDeed.PAYMENT,
        subject_kind=LimitSubject.PLATFORM,
        window=LimitWindow.DAY,
        currency="CNY",
        value_minor=value_minor,
        actor="user:1",
        at=NOON,
    )


def test_what_fits_is_counted_on_the_day_on_which_it_is_taken(merchant):
    # Given
    limit_day(10_000)

    # When
    parked = late_money(merchant, payer_no="P1")

    # Then
    assert now(parked) == ("accepted", "paid", "")
    assert used_minor(Payer.objects.get().pk) == 10_000
    assert Screening.objects.get().verdict == "allow"
    assert wrongs() == []


def test_what_is_over_a_limit_by_now_waits_for_two_people(merchant):
    # Given
    limit_day(9_999)

    # When
    parked = late_money(merchant, payer_no="P1")

    # Then
    assert now(parked) == ("waiting", "paid_late", "expired")
    assert not BalanceTransaction.objects.filter(kind=LineKind.PAYMENT).exists()
    assert used_minor(Payer.objects.get().pk) in (None, 0)
    left = AuditEntry.objects.get(action="payment_resolution.left_to_people")
    screening = Screening.objects.get()
    assert (left.subject, left.actor) == (parked.pk, "terms:late_money")
    assert (left.reason, left.after["screening"]) == (screening.code, str(screening.pk))
    assert wrongs() == []


def test_money_of_a_payer_who_is_blocked_by_now_waits_for_two_people(merchant):
    # Given a payer who was blocked after their payment had been closed
    late_money(merchant, payer_no="P1")
    payer = Payer.objects.get()
    block_payer(payer.pk, actor="user:1", at=NOON, reason="stolen card")

    # When
    parked = late_money(merchant, payer_no="P1")

    # Then
    assert now(parked) == ("waiting", "paid_late", "expired")
    assert used_minor(payer.pk) == 10_000


def test_what_merchants_give_back_is_not_judged():
    # Given
    merchant = MerchantFactory()
    give_late_terms(merchant, "refund")
    limit_day(9_999)

    # When, Then
    assert now(late_money(merchant))[0] == "returning"
    assert not Screening.objects.exists()

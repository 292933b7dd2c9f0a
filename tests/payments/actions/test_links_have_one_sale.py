"""Money for a link that may be paid once, and was by another payment: no second sale by itself."""

import pytest
from django.db import transaction

from ledger.errors import StaleApprovalError
from ledger.models import AuditEntry
from payments.actions import payments
from payments.errors import LinkUsedError
from payments.models import Event, ParkedMoney, Payment, Refund
from payments.queries.parked import open_resolution
from tests.factories.parked import agreed, asked, came, late_money, resolved
from tests.factories.payments import (
    AlipayAccountFactory,
    MerchantFactory,
    attempted_payment,
    owed_payment,
    payment_link,
)
from tests.instants import NOON
from tests.payments.actions.parked_desk import ACCEPT, REFUND, now, wrongs
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def merchant():
    return MerchantFactory()


def beside(merchant, *, is_single_use: bool = True):
    """Return a try that its payer may pay, and late money of the same link that waits."""
    link = payment_link(merchant, is_single_use=is_single_use)
    attempt = attempted_payment(owed_payment(merchant, link=link), channel=AlipayAccountFactory())
    return attempt, late_money(merchant, link=link)


def test_what_comes_after_people_took_late_money_waits_for_people(merchant):
    # Given
    attempt, late = beside(merchant)
    resolved(late, ACCEPT)

    # When
    came(attempt, amount_minor=10_000)

    # Then
    parked = ParkedMoney.objects.get(attempt=attempt)
    assert now(parked) == ("waiting", "conflicted", "link_paid")
    assert now(late) == ("accepted", "paid", "")
    assert Event.objects.filter(kind="payment.conflicted", subject=attempt.payment_id).exists()
    assert AuditEntry.objects.filter(action="payment.conflicted").count() == 1
    assert wrongs() == []

    # When two people give it back
    resolved(parked, REFUND)

    # Then its payer reads why
    assert now(parked)[:2] == ("returning", "refunding_late")
    assert Refund.objects.get(parked=parked).reason == "The payment link had been paid already."


def test_people_may_take_it_all_the_same_and_are_told_of_the_other(merchant):
    # Given
    attempt, late = beside(merchant)
    resolved(late, ACCEPT)
    came(attempt, amount_minor=10_000)
    parked = ParkedMoney.objects.get(attempt=attempt)

    # When
    asked(parked, ACCEPT)
    assert open_resolution(parked.pk).payload["link_paid_by"] == late.payment_id
    agreed(parked)

    # Then
    assert now(parked) == ("accepted", "paid", "")
    assert wrongs() == []


def test_who_agreed_before_the_link_was_paid_has_not_agreed_to_a_second_sale(merchant):
    # Given
    attempt, late = beside(merchant)
    asked(late, ACCEPT)
    came(attempt, amount_minor=10_000)

    # When, Then
    with nothing_written(), pytest.raises(StaleApprovalError):
        agreed(late)
    assert (now(late)[:2], Payment.objects.get(pk=attempt.payment_id).status) == (
        ("waiting", "paid_late"),
        "paid",
    )


def test_money_in_suspense_is_no_sale(merchant):
    # Given late money that waits
    attempt, late = beside(merchant)

    # When
    came(attempt, amount_minor=10_000)

    # Then
    assert Payment.objects.get(pk=attempt.payment_id).status == "paid"
    assert now(late)[0] == "waiting"


def test_by_one_that_may_be_paid_often_each_is_a_sale(merchant):
    # Given
    attempt, late = beside(merchant, is_single_use=False)
    resolved(late, ACCEPT)

    # When
    came(attempt, amount_minor=10_000)

    # Then
    assert Payment.objects.get(pk=attempt.payment_id).status == "paid"


def test_who_has_not_chosen_yet_is_told_that_it_has_been_paid(merchant):
    # Given a page that was opened before late money of the same link was taken
    link = payment_link(merchant)
    opened = owed_payment(merchant, link=link)
    resolved(late_money(merchant, link=link), ACCEPT)

    # When, Then
    with nothing_written(), pytest.raises(LinkUsedError), transaction.atomic():
        payments.confirm_payment(
            opened.pk, method="alipay_qr", client_ip=None, actor="link:test", at=NOON
        )

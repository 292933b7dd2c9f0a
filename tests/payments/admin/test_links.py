"""Payment links in the back office: made for merchants and cancelled by those who may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.models import AuditEntry
from payments.models import Merchant, PaymentLink
from tests.factories.payments import MerchantFactory, payment_link
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


def button(name: str, row=None) -> str:
    return reverse(f"admin:payments_paymentlink_{name}", args=[] if row is None else [row.pk])


def page_of(row) -> str:
    return reverse("admin:payments_paymentlink_change", args=[row.pk])


def form(seller: Merchant, **changes: object) -> dict[str, object]:
    facts = {"merchant": seller.pk, "amount": "88.50", "description": "Tea for two", "days": 3}
    return {**facts, "is_single_use": "on", "reason": "They phoned.", **changes}


def test_one_is_made_for_a_merchant_with_a_reason(maker):
    # Given
    merchant = MerchantFactory()

    # When
    answer = maker.post(button("make"), form(merchant))

    # Then
    link = PaymentLink.objects.get()
    assert answer["Location"] == page_of(link)
    assert (link.merchant, link.amount_minor, link.is_single_use) == (merchant, 8_850, True)
    assert (link.expires_at - NOON).days == 3
    audit = AuditEntry.objects.get(action="payment_link.created")
    assert (audit.actor, audit.reason) == (actor_of(maker), "They phoned.")
    page = words(maker.get(page_of(link)))
    assert f"/checkout/link/{link.code}" in page
    assert "Nobody has begun to pay yet." in page


@pytest.mark.parametrize(
    "changes", [{"merchant": "mer_nobody"}, {"amount": "x"}, {"days": 0}, {"reason": ""}]
)
def test_what_makes_no_sense_is_not_made(maker, changes):
    merchant = MerchantFactory()
    with nothing_written():
        maker.post(button("make"), form(merchant, **changes))


def test_one_is_cancelled_with_a_reason(maker):
    # Given
    link = payment_link()
    assert "It asks for 100.00 CNY." in words(maker.get(button("cancel", link)))

    # When
    with nothing_written():
        maker.post(button("cancel", link), {"reason": ""})
    maker.post(button("cancel", link), {"reason": "Wrong price."})

    # Then
    link.refresh_from_db()
    assert link.cancelled_at == NOON
    assert AuditEntry.objects.get(action="payment_link.cancelled").reason == "Wrong price."


def test_what_has_ended_is_refused_and_the_refusal_kept(maker):
    # Given a link that ended a day before
    link = payment_link(at=NOON - timedelta(days=8))

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        page = maker.post(button("cancel", link), {"reason": "Late."}, follow=True)
    assert "The time of this payment link is over." in words(page)


@pytest.mark.parametrize("role", ["finance_checker", "auditor"])
def test_others_look_and_press_nothing(role):
    # Given
    link, clerk = payment_link(), desk(role)

    # When, Then
    assert clerk.get(page_of(link)).status_code == 200
    with nothing_written():
        assert clerk.get(button("make")).status_code == 403


def test_the_list_asks_the_database_a_fixed_number_of_questions(maker):
    # Given
    path = reverse("admin:payments_paymentlink_changelist")

    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert maker.get(path).status_code == 200
        return len(asked)

    payment_link()
    questions()
    one = questions()

    # When
    for _ in range(3):
        payment_link()

    # Then
    assert questions() == one

"""The page of money in suspense: what came, what will happen to it, and its two people."""

import re

import pytest
from django.test import Client

from ledger.models import AuditEntry
from payments.channels.base import Outcome, OutcomeKind
from payments.models import ParkedMoney, Payment, Refund, RefundRemedy
from tests.factories.parked import asked, conflicted_money, late_money
from tests.factories.payments import (
    MerchantFactory,
    answered_refund,
    owed_payment,
    paid_payment,
    payment_link,
    refund_asked,
)
from tests.instants import NOON
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk

pytestmark = pytest.mark.django_db


def address(parked: ParkedMoney, button: str = "change") -> str:
    return f"/admin/payments/parkedmoney/{parked.pk}/{button}/"


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


def digest_on(client: Client, parked: ParkedMoney) -> dict[str, str]:
    """Read what the page of the decision sends back unseen."""
    shown = client.get(address(parked, "approve")).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    assert found is not None
    return {"shown_digest": found[1]}


@pytest.fixture
def maker():
    return desk("finance_maker")


@pytest.fixture
def checker():
    return desk("finance_checker")


def test_two_people_give_late_money_back(maker, checker):
    # Given
    parked = late_money()
    page = maker.get(address(parked, "ask-refund")).content.decode()
    assert "In suspense before: " in page
    assert "100.00" in page

    # When
    maker.post(address(parked, "ask-refund"), {"reason": "The payer called."})
    checker.post(address(parked, "approve"), digest_on(checker, parked))

    # Then
    assert ParkedMoney.objects.get().status == "returning"
    assert Refund.objects.get().status == "submitting"


def test_two_people_take_late_money_as_paid(maker, checker):
    # Given
    parked = late_money()

    # When
    maker.post(address(parked, "ask-accept"), {"reason": "Goods were sent."})
    checker.post(address(parked, "approve"), digest_on(checker, parked))

    # Then
    assert Payment.objects.get().status == "paid"


def test_money_that_pays_nothing_has_no_such_button(maker):
    # Given
    parked = conflicted_money(came_minor=9_900)

    # Then
    page = maker.get(address(parked)).content.decode()
    assert "ask-refund" in page
    assert "ask-accept" not in page


@pytest.mark.parametrize("role", ["support", "auditor", "finance_checker"])
def test_who_may_not_ask_is_refused(role):
    # Given
    parked = late_money()

    clerk = desk(role)

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        answer = clerk.post(address(parked, "ask-refund"), {"reason": "Why not"})
    assert answer.status_code == 403


def test_the_page_of_its_payment_leads_to_it(maker):
    # Given
    parked = late_money()
    asked(parked, "refund")

    # Then
    page = maker.get(f"/admin/payments/payment/{parked.payment_id}/change/").content.decode()
    assert address(parked) in page


def test_two_people_send_an_abnormal_refund_to_a_card(maker, checker):
    # Given
    refund = refund_asked(paid_payment())
    answered_refund(refund, Outcome(OutcomeKind.PROCESSING))
    answered_refund(refund, Outcome(OutcomeKind.ABNORMAL, code="ABNORMAL"))

    # When
    told = {
        "bank": "ICBC_DEBIT",
        "account_no": "6222 0000 0000 1239",
        "holder_name": "张茶",
        "reason": "Told by phone.",
    }
    maker.post(f"/admin/payments/refund/{refund.pk}/ask-payer-card/", told)
    remedy = RefundRemedy.objects.get()
    page = f"/admin/payments/refundremedy/{remedy.pk}"
    seen = checker.get(f"{page}/change/").content.decode()
    shown = checker.get(f"{page}/approve/").content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    assert found is not None
    checker.post(f"{page}/approve/", {"shown_digest": found[1]})

    # Then only who is to agree sees them, and that they looked is kept
    assert Refund.objects.get().status == "submitting"
    assert "1239" in seen
    for secret in ("6222", "张茶"):
        assert secret not in seen
        assert secret in shown
    look = AuditEntry.objects.get(action="refund_remedy.card_shown")
    assert (look.subject, look.actor) == (remedy.pk, actor_of(checker))
    assert look.after == {"refund": refund.pk, "account_tail": "1239"}


def test_what_another_payment_of_a_link_may_have_paid_is_said(maker):
    # Given two payments of a link that may be paid once
    merchant = MerchantFactory()
    link = payment_link(merchant)
    parked = late_money(merchant, link=link)
    other = owed_payment(merchant, link=link)

    # When, Then
    page = maker.get(address(parked)).content.decode()
    assert "Its link may be paid once; other payment" in page
    assert other.pk in page

    # When the other one has ended
    Payment.objects.filter(pk=other.pk).update(status="closed")

    # Then
    assert "Its link may be paid once" not in maker.get(address(parked)).content.decode()

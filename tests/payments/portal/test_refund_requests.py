# ruff: noqa: F811  fixtures are imported
"""A merchant gives money back in the portal."""

from datetime import timedelta

import pytest
from django.test import Client
from zeal import zeal_ignore

from ledger.identifiers import new_id
from ledger.models import AuditEntry
from payments.models import Refund
from payments.portal import refunds
from tests.factories.payments import (
    FeePlanFactory,
    owed_payment,
    paid_payment,
    refund_asked,
)
from tests.factories.terms import put_on_plan
from tests.instants import NOON
from tests.payments.portal.refund_portal import PATH, member, other, page_rows, payment  # noqa: F401
from tests.rig.pages import tables, words
from tests.rig.rows import nothing_written

pytestmark = pytest.mark.django_db


def ask_page(payment) -> str:
    return f"/portal/payments/{payment.pk}/refund/"


def ask(client: Client, payment, amount: str, *, reason: str = "Broken", number: str = ""):
    return client.post(
        ask_page(payment),
        {"amount": amount, "reason": reason, "number": number or new_id("rfn")},
        follow=True,
    )


# --- asking -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["owner", "operator"])
def test_who_may_refunds_a_part_of_its_own_share(client, payment, member, role):
    # Given
    member.role = role
    member.save(update_fields=["role"])
    shown = client.get(ask_page(payment))
    assert "Left 70.00 CNY" in words(shown)
    assert (
        f'href="{ask_page(payment)}"'
        in client.get(f"/portal/payments/{payment.pk}/").content.decode()
    )

    # When
    response = ask(client, payment, "12.50", reason="Broken cup")

    # Then
    refund = Refund.objects.get()
    assert response.redirect_chain == [(f"{PATH}{refund.pk}/", 302)]
    assert "the channel is being asked to give it back" in words(response)
    assert (refund.amount_minor, refund.merchant, refund.reason) == (
        1_250,
        member.merchant,
        "Broken cup",
    )
    assert refund.requested_by == f"member:{member.pk}"
    assert refund.allocations.get().allocation.merchant == member.merchant


def test_a_viewer_sees_refunds_and_asks_for_none(client, payment, member):
    # Given
    member.role = "viewer"
    member.save(update_fields=["role"])
    refund_asked(payment)

    # When / Then
    assert len(page_rows(client)) == 1
    assert ask_page(payment) not in client.get(f"/portal/payments/{payment.pk}/").content.decode()
    with nothing_written():
        for response in (client.get(ask_page(payment)), ask(client, payment, "1")):
            assert response.status_code == 403


def test_nobody_is_asked_to_sign_in(client, payment):
    with nothing_written():
        for address in (PATH, f"{PATH}{new_id('ref')}/", ask_page(payment)):
            response = (
                Client().post(address) if address == ask_page(payment) else Client().get(address)
            )
            assert response.status_code == 302
            assert response["Location"].startswith("/accounts/login/")


def test_sent_twice_it_refunds_once_and_leads_to_the_first(client, payment):
    # Given
    number = new_id("rfn")
    ask(client, payment, "70.00", number=number)

    # When
    with nothing_written():
        response = ask(client, payment, "70.00", number=number)

    # Then
    assert response.redirect_chain == [(f"{PATH}{Refund.objects.get().pk}/", 302)]


@pytest.mark.parametrize(
    ("amount", "complaint"),
    [
        ("70.01", "At most 70.00 CNY is left of it."),
        ("0", "Write an amount such as 12.34."),
        ("-1", "Write an amount such as 12.34."),
        ("1e2", "Write an amount such as 12.34."),
        ("1.005", "Write an amount such as 12.34."),
        ("１２", "Write an amount such as 12.34."),
        ("", "This field is required."),
    ],
)
def test_an_amount_that_cannot_go_back_is_explained(client, payment, amount, complaint):
    with nothing_written():
        response = ask(client, payment, amount)

    assert complaint in words(response)


@pytest.mark.parametrize(
    ("reason", "complaint"),
    [
        ("right to left \u202e override", "Control and invisible characters are not taken."),
        ("two\nlines", "Control and invisible characters are not taken."),
        ("card 4111 1111 1111 1111", "This looks like a bank card's number"),
    ],
)
def test_a_reason_is_plain_text_without_card_numbers(client, payment, reason, complaint):
    with nothing_written():
        response = ask(client, payment, "1", reason=reason)

    assert complaint in words(response)


@pytest.mark.parametrize(
    ("reason", "number"), [("", "rfn_" + "0" * 26), ("x" * 81, "rfn_" + "0" * 26), ("A", "mine")]
)
def test_a_reason_and_our_number_are_needed(client, payment, reason, number):
    with nothing_written():
        response = ask(client, payment, "1", reason=reason, number=number)

    assert response.status_code == 200


def test_a_refusal_says_what_became_of_the_money_and_is_noted(client, payment, member, monkeypatch):
    # Given somebody else refunds most of it between the form and the deed
    start = refunds._start

    def late(*arguments):
        with zeal_ignore():  # two deeds of two people, in one request of this test
            refund_asked(payment, amount_minor=6_900, merchant_id=member.merchant.pk)
        return start(*arguments)

    monkeypatch.setattr(refunds, "_start", late)

    # When
    response = ask(client, payment, "2.00")

    # Then
    noted = AuditEntry.objects.get(action="refund.create.refused")
    assert "At most 1.00 CNY is left of it. No money has moved." in words(response)
    assert (noted.actor, noted.subject, noted.reason) == (
        f"member:{member.pk}",
        payment.pk,
        "refund_too_large",
    )
    assert Refund.objects.count() == 1


def test_what_was_not_paid_cannot_go_back(client, member):
    owed = owed_payment(member.merchant)

    assert "This payment was not paid" in words(client.get(ask_page(owed)))
    with nothing_written():
        ask(client, owed, "1")


def test_without_enough_money_it_waits_and_says_so(client, member):
    # Given a merchant whose fee is kept, so that 2.00 are missing
    put_on_plan(member.merchant, FeePlanFactory(refund_policy="keep"))
    payment = paid_payment(member.merchant)

    # When
    response = ask(client, payment, "100.00")

    # Then
    assert Refund.objects.get().status == "funding_required"
    assert "Your balance is not enough for it. No money has moved yet" in words(response)


def test_above_the_threshold_it_waits_for_a_person(client, payment, settings):
    settings.REFUND_APPROVAL_ABOVE = {}

    response = ask(client, payment, "1")

    assert "Waits until a person of the platform approves it." in words(response)
    assert Refund.objects.get().approval.maker.startswith("member:")


def test_a_payments_page_shows_its_numbers_and_what_went_back(client, member, payment):
    # Given
    refund = refund_asked(payment, merchant_id=member.merchant.pk, refund_no="RF-1")
    operation = payment.attempts.get().operation

    # When
    response = client.get(f"/portal/payments/{payment.pk}/")

    # Then
    text = words(response)
    assert "Amount 70.00 CNY Fee −1.40 CNY Net 68.60 CNY Available on 2026-03-06" in text
    assert operation.channel_no in text
    assert tables(response)[0][1][0] == f"RF-1{refund.pk}"
    assert ask_page(payment) not in response.content.decode()


def test_a_merchant_who_left_the_payment_alone_sees_only_its_own_refunds(client, payment, other):
    refund_asked(payment, shares={other.pk: 100}, at=NOON + timedelta(hours=1))

    assert tables(client.get(f"/portal/payments/{payment.pk}/")) == []

# ruff: noqa: F811  fixtures are imported
"""Asking for a refund in the back office, and deciding on it."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ledger.actions import approvals
from ledger.models import ApprovalDecision, AuditEntry
from payments.models import Refund
from payments.queries.refunds import refund_payload
from tests.factories.payments import (
    owed_payment,
    refund_asked,
)
from tests.payments.admin.refund_pages import (  # noqa: F401
    at_noon,
    button,
    checker,
    held,
    maker,
    officer,
    page,
    payment,
    sellers,
    status_of,
)
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, show_second_factor

pytestmark = pytest.mark.django_db


def press(client: Client, refund: Refund, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(refund, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(refund, name), {**digest, **more})


# --- asking for it ------------------------------------------------------------------------------


def test_a_maker_sees_what_it_costs_and_asks_for_a_part(maker, payment, sellers):
    # Given
    shown = maker.get(button(payment, "refund"))
    (left,) = tables(shown)
    assert [row[:6] for row in left[1:]] == [
        ["Tea Co", "100.00 CNY", "0.00 CNY", "100.00 CNY", "2.00 CNY", "98.00 CNY"],
        ["Ink Co", "50.00 CNY", "0.00 CNY", "50.00 CNY", "1.00 CNY", "49.00 CNY"],
        ["belongs to no merchant", "3.00 CNY", "0.00 CNY", "3.00 CNY", "0.00 CNY", "3.00 CNY"],
    ]
    assert "Above 50.00 CNY another person has to approve it." in words(shown)
    number = re.search(r'name="merchant_refund_no" value="(rfn_\w+)"', shown.content.decode())[1]

    # When
    form = {sellers[0].pk: "30", sellers[1].pk: "5.5", "merchant_refund_no": number}
    response = maker.post(button(payment, "refund"), {**form, "reason": "Broken"}, follow=True)

    # Then
    refund = Refund.objects.get()
    assert response.redirect_chain == [(page(refund), 302)]
    assert "The money is set apart" in words(response)
    assert (refund.amount_minor, refund.status, refund.reason) == (3_550, "submitting", "Broken")
    assert (refund.merchant_refund_no, refund.requested_by) == (number, actor_of(maker))
    assert list(refund.allocations.values_list("amount_minor", flat=True)) == [3_000, 550]


def test_sent_twice_it_refunds_once_and_says_so(maker, payment, sellers):
    # Given
    form = {sellers[0].pk: "1", "merchant_refund_no": "RF-1", "reason": "Broken"}
    maker.post(button(payment, "refund"), form)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = maker.post(button(payment, "refund"), form)

    # Then
    assert response.status_code == 409
    assert "RF-1 has already been used" in words(response)
    assert "No money has moved" in words(response)


def test_above_the_threshold_it_waits_for_another_person(maker, payment, sellers):
    form = {sellers[0].pk: "50.01", "merchant_refund_no": "RF-1", "reason": "Broken"}

    response = maker.post(button(payment, "refund"), form, follow=True)

    assert "Another person has to approve it; no money has moved." in words(response)
    assert Refund.objects.get().status == "pending_approval"


@pytest.mark.parametrize(
    ("amount", "complaint"),
    [
        ("100.01", "More than is left of it."),
        ("-1", "Write an amount such as 12.34."),
        ("1e2", "Write an amount such as 12.34."),
        ("1.005", "Write an amount such as 12.34."),
        ("１２", "Write an amount such as 12.34."),
        ("", "Say how much goes back."),
        ("0", "Say how much goes back."),
    ],
)
def test_an_amount_that_cannot_be_is_explained(maker, payment, sellers, amount, complaint):
    form = {sellers[0].pk: amount, "merchant_refund_no": "RF-1", "reason": "Broken"}

    with nothing_written():
        response = maker.post(button(payment, "refund"), form)

    assert complaint in words(response)


@pytest.mark.parametrize("reason", ["turned \u202e round", "4111 1111 1111 1111", "", "x" * 81])
def test_a_reason_is_plain_text_without_card_numbers(maker, payment, sellers, reason):
    form = {sellers[0].pk: "1", "merchant_refund_no": "RF-1", "reason": reason}

    with nothing_written():
        response = maker.post(button(payment, "refund"), form)

    assert response.status_code == 200


def test_nothing_is_offered_when_nothing_is_left_or_nothing_came(maker, payment):
    # Given
    refund_asked(payment)

    # When / Then
    assert "All of it was refunded" in words(maker.get(button(payment, "refund")))
    owed = owed_payment()
    assert "Refund payment" not in words(maker.get(page(owed)))
    form = {"merchant_refund_no": "RF-1", "reason": "Broken"}
    with nothing_written():
        maker.post(button(owed, "refund"), form)


# --- deciding -----------------------------------------------------------------------------------


def test_two_people_approve_and_the_order_is_written(maker, checker, held):
    # Given
    shown = checker.get(button(held, "approve"))
    assert "153.00 CNY" in words(shown)

    # When
    response = press(checker, held, "approve")

    # Then
    decision = ApprovalDecision.objects.get(request=held.approval)
    assert (response.status_code, status_of(held)) == (302, "submitting")
    assert (decision.maker, decision.approver) == (actor_of(maker), actor_of(checker))
    assert held.operation.amount_minor == 15_300


def test_nobody_approves_what_they_asked_for(payment):
    # Given
    both = officer("request_refund", "approve_refund")
    refund = refund_asked(payment, actor=actor_of(both))
    assert "another person has to decide" in words(both.get(button(refund, "approve")))

    # When
    digest = approvals.digest_of(refund_payload(refund)).hex()
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = both.post(button(refund, "approve"), {"shown_digest": digest})

    # Then
    assert (response.status_code, status_of(refund)) == (403, "pending_approval")


def test_a_digest_of_something_else_approves_nothing(checker, held):
    for digest in ("", "zz", "00" * 32):
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = checker.post(button(held, "approve"), {"shown_digest": digest})
        assert (response.status_code, status_of(held)) == (409, "pending_approval")


def test_approving_asks_for_a_fresh_second_factor(checker, held, settings, monkeypatch):
    # Given
    settings.STAFF_SECOND_FACTOR = True
    monkeypatch.setattr("config.middleware.is_mfa_enabled", lambda user, types: True)
    digest = {"shown_digest": approvals.digest_of(refund_payload(held)).hex()}

    # When
    with nothing_written():
        refused = checker.post(button(held, "approve"), digest)
    show_second_factor(checker, seconds_ago=10)
    taken = checker.post(button(held, "approve"), digest)

    # Then
    assert refused["Location"].startswith(f"{reverse('mfa_reauthenticate')}?next=")
    assert (taken["Location"], status_of(held)) == (page(held), "submitting")
    assert ApprovalDecision.objects.get().second_factor.startswith("totp ")


def test_a_checker_rejects_with_a_reason_and_the_money_is_free_again(checker, held, payment):
    # When
    press(checker, held, "reject", reason="Goods were used")

    # Then
    assert status_of(held) == "rejected"
    deed = AuditEntry.objects.filter(action="refund.rejected", subject=held.pk).latest("pk")
    assert (deed.actor, deed.reason) == (actor_of(checker), "Goods were used")
    assert refund_asked(payment).amount_minor == 15_300


def test_a_maker_cancels_what_waits(maker, held):
    response = maker.post(button(held, "cancel"), {"reason": "By mistake"}, follow=True)

    assert "Cancelled. No money moved." in words(response)
    assert status_of(held) == "cancelled"
    assert AuditEntry.objects.get(action="refund.cancelled").reason == "By mistake"


def test_what_is_on_its_way_cannot_be_cancelled(maker, payment):
    refund = refund_asked(payment, shares={payment.allocations.first().merchant_id: 100})

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = maker.post(button(refund, "cancel"), {"reason": "Too late"})

    assert (response.status_code, status_of(refund)) == (409, "submitting")

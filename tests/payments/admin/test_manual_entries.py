# ruff: noqa: F811  fixtures are imported
"""Bookings by hand in the back office: looked at before they are asked for, decided by another."""

import re

import pytest
from django.urls import reverse

from ledger.models import AuditEntry
from payments.models import ManualEntry
from tests.books import assert_balances, assert_entry
from tests.factories.manual_entries import (
    reserved_by_hand,
)
from tests.instants import NEXT_NOON
from tests.payments.admin.manual_entry_desk import (  # noqa: F401
    FILLED,
    ask,
    at_noon,
    button,
    checker,
    maker,
    merchant,
    page,
    press,
    status_of,
)
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of

pytestmark = pytest.mark.django_db


# --- asking -------------------------------------------------------------------------------------


def test_the_booking_is_looked_at_before_it_is_asked_for(maker, merchant):
    # When
    filled = {**FILLED, "reason_code": "legal_order"}
    with nothing_written():
        looked = maker.post(button(merchant, "freeze"), filled)

    # Then
    assert "Nothing has been asked for yet." in words(looked)
    assert tables(looked)[0][1:] == [
        ["2002 merchant available", "50.00 CNY", "", "98.00 CNY", "48.00 CNY"],
        ["2004 risk freeze", "", "50.00 CNY", "0.00 CNY", "50.00 CNY"],
    ]

    # and what is changed after that is looked at anew
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', looked.content.decode())
    with nothing_written():
        again = maker.post(
            button(merchant, "freeze"), {**filled, "amount": "60.00", "seen": seen[1]}
        )
    assert "38.00 CNY" in words(again)


def test_a_freeze_is_asked_for_approved_and_ended_by_two_people(maker, checker, merchant):
    # When
    response = ask(maker, merchant, "freeze", **FILLED, reason_code="legal_order")

    # Then
    freeze = ManualEntry.objects.get()
    assert response.url == page(freeze)
    assert (freeze.maker, freeze.refers_to) == (actor_of(maker), "case 7")
    assert_balances(merchant.pk, merchant_available="98.00", risk_freeze="0.00")

    press(checker, freeze, "approve")
    assert status_of(freeze) == "booked"
    assert_entry(f"{freeze.pk}:booked", "Dr 2002 50.00 CNY\nCr 2004 50.00 CNY")

    ask(maker, freeze, "unfreeze", **{**FILLED, "amount": "20"}, reason_code="review_passed")
    unfreeze = ManualEntry.objects.get(kind="unfreeze")
    press(checker, unfreeze, "approve")
    assert_balances(merchant.pk, merchant_available="68.00", risk_freeze="30.00")
    text = words(checker.get(page(freeze)))
    assert "Still frozen 30.00 CNY" in text or "still frozen 30.00 CNY" in text.lower()


@pytest.mark.parametrize(
    ("name", "reason", "kind"),
    [
        ("adjust_in_favour", "goodwill", "adjustment_credit"),
        ("adjust_against", "penalty", "adjustment_debit"),
        ("reserve", "contract", "reserve_hold"),
    ],
)
def test_each_button_asks_for_its_kind(maker, merchant, name, reason, kind):
    ask(maker, merchant, name, **FILLED, reason_code=reason)

    entry = ManualEntry.objects.get()
    assert (entry.kind, entry.amount_minor, entry.reason_code) == (kind, 5_000, reason)


def test_more_than_there_is_is_refused_in_words(maker, merchant):
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = ask(
            maker, merchant, "freeze", **{**FILLED, "amount": "98.01"}, reason_code="legal_order"
        )

    assert response.status_code == 409
    assert "At most 9800 minor units" in words(response)
    assert AuditEntry.objects.get(action="manual_entry.request.refused").subject == merchant.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "x"},
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "1.001"},
        {"account": "USD"},
        {"reason_code": "goodwill"},
        {"note": ""},
        {"note": "4111 1111 1111 1111"},
    ],
)
def test_what_makes_no_sense_is_not_even_shown(maker, merchant, wrong):
    with nothing_written():
        response = maker.post(
            button(merchant, "freeze"), {**FILLED, "reason_code": "legal_order", **wrong}
        )
    assert response.status_code == 200
    assert 'name="seen"' not in response.content.decode()


def test_a_reserve_is_released_on_its_page(maker, checker, merchant):
    # Given
    hold = reserved_by_hand(merchant, 5_000, at=NEXT_NOON)

    # When
    ask(maker, hold, "release", **{**FILLED, "amount": "20"}, reason_code="risk_passed")
    press(checker, ManualEntry.objects.get(kind="reserve_release"), "approve")

    # Then
    assert_balances(merchant.pk, reserve="30.00", merchant_available="68.00")
    response = checker.get(page(hold))
    assert [row[:2] for row in tables(response)[-1][1:]] == [["released", "20.00 CNY"]]
    listed = checker.get(reverse("admin:payments_reservehold_changelist"), {"q": merchant.pk})
    assert [row.pk for row in listed.context["cl"].result_list] == [hold.pk]

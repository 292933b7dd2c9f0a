# ruff: noqa: F811  fixtures are imported
"""Another person decides on a booking by hand, and who may not."""

import pytest
from django.urls import reverse

from ledger.actions.approvals import digest_of
from ledger.models import JournalEntry
from payments.models import ManualEntry, ReserveHold
from payments.queries.manual_entries import manual_entry_payload
from tests.factories.manual_entries import (
    agreed_by_hand,
    asked_by_hand,
    booked_by_hand,
    reserved_by_hand,
)
from tests.instants import NEXT_NOON
from tests.payments.admin.manual_entry_desk import (  # noqa: F401
    ASKS,
    FILLED,
    ask,
    at_noon,
    button,
    checker,
    maker,
    merchant,
    officer,
    page,
    press,
    status_of,
)
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk

pytestmark = pytest.mark.django_db


# --- deciding -----------------------------------------------------------------------------------


def test_the_checker_sees_the_booking_and_its_effect(checker, merchant):
    # Given
    entry = asked_by_hand("adjustment_debit", merchant, 500, at=NEXT_NOON)

    # When
    response = checker.get(button(entry, "approve"))

    # Then
    assert tables(response)[0][1:] == [
        ["2002 merchant available", "5.00 CNY", "", "98.00 CNY", "93.00 CNY"],
        ["4009 adjustments against merchants", "", "5.00 CNY", "0.00 CNY", "5.00 CNY"],
    ]
    text = words(response)
    assert "What is agreed to" in text or "what is agreed to" in text
    assert "Ticket 4711" in text
    assert digest_of(manual_entry_payload(entry)).hex() in text


def test_nobody_approves_their_own(merchant):
    both = officer(*ASKS, "approve_manual_entry")
    ask(both, merchant, "freeze", **FILLED, reason_code="legal_order")
    entry = ManualEntry.objects.get()

    digest = digest_of(manual_entry_payload(entry)).hex()
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = both.post(button(entry, "approve"), {"shown_digest": digest})

    assert response.status_code == 403
    assert status_of(entry) == "pending_approval"
    assert "another person has to decide" in words(both.get(button(entry, "approve")))


def test_what_is_gone_is_neither_approved_nor_booked(checker, merchant):
    # Given
    first = asked_by_hand("freeze", merchant, 9_800, at=NEXT_NOON)
    second = asked_by_hand("freeze", merchant, 1, at=NEXT_NOON)
    agreed_by_hand(first, at=NEXT_NOON)

    # When
    booked = JournalEntry.objects.count()
    response = press(checker, second, "approve")

    # Then
    assert response.status_code == 409
    assert "is not enough" in words(response)
    assert (status_of(second), JournalEntry.objects.count()) == ("pending_approval", booked)


def test_approving_asks_for_a_fresh_second_factor(checker, merchant, settings):
    settings.STAFF_SECOND_FACTOR = True
    entry = asked_by_hand("freeze", merchant, 5_000, at=NEXT_NOON)

    for name in ("approve", "reject"):
        assert checker.post(button(entry, name), {"reason": "Why"}).status_code == 302

    assert status_of(entry) == "pending_approval"


def test_it_is_rejected_and_withdrawn_with_a_reason(maker, checker, merchant):
    # Given
    first, second = (asked_by_hand("freeze", merchant, 1, at=NEXT_NOON) for _ in range(2))

    # When
    press(checker, first, "reject", reason="No case")
    press(maker, second, "cancel", reason="Wrong one")

    # Then
    assert (status_of(first), status_of(second)) == ("rejected", "cancelled")


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (
            "finance_maker",
            {"adjust-in-favour", "adjust-against", "reserve", "recover-debt", "write-off"},
        ),
        ("risk_officer", {"freeze"}),
        ("finance_checker", set()),
        ("finance_head", set()),
        ("auditor", set()),
    ],
)
def test_the_buttons_of_each_role(merchant, role, may):
    response = desk(role).get(page(merchant))
    named = {"adjust-in-favour", "adjust-against", "freeze", "reserve", "recover-debt", "write-off"}
    html = response.content.decode()
    assert {name for name in named if f"{merchant.pk}/{name}/" in html} == may


@pytest.mark.parametrize("name", ["freeze", "adjust_in_favour", "write_off"])
def test_strangers_are_turned_away(checker, merchant, name):
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert checker.post(button(merchant, name), FILLED).status_code == 403


def test_only_checkers_decide(maker, merchant):
    entry = asked_by_hand("freeze", merchant, 1, at=NEXT_NOON)
    with nothing_written(but=ITS_OWN_REFUSAL):
        assert maker.post(button(entry, "approve")).status_code == 403


# --- seeing -------------------------------------------------------------------------------------


def test_a_merchants_page_has_what_is_frozen_reserved_and_booked(checker, merchant):
    # Given
    booked_by_hand("freeze", merchant, 5_000, at=NEXT_NOON)
    reserved_by_hand(merchant, 1_000, at=NEXT_NOON)

    # When
    response = checker.get(page(merchant))

    # Then
    balances, frozen, by_hand, *_ = tables(response)
    assert balances[1][:7] == [
        "CNY",
        "0.00 CNY",
        "38.00 CNY",
        "0.00 CNY",
        "50.00 CNY",
        "10.00 CNY",
        "0.00 CNY",
    ]
    assert frozen[1][1:4] == ["suspected fraud", "50.00 CNY", "50.00 CNY"]
    assert [row[1] for row in by_hand[1:]] == ["reserve hold", "freeze"]


def test_what_waits_is_on_the_home_page(maker, checker, merchant):
    # Given
    entry = asked_by_hand("freeze", merchant, 1, at=NEXT_NOON)

    # When
    waiting = {thing.what: thing for thing in checker.get("/admin/").context["waiting"]}

    # Then
    assert waiting["manual entries to approve"].count == 1
    listed = checker.get(waiting["manual entries to approve"].url)
    assert [row.pk for row in listed.context["cl"].result_list] == [entry.pk]
    found = {thing.what for thing in maker.get("/admin/").context["waiting"]}
    assert "manual entries to approve" not in found


@pytest.mark.parametrize("model", ["manualentry", "reservehold"])
def test_the_lists_ask_the_same_however_long(
    checker, merchant, model, django_assert_max_num_queries
):
    for _ in range(3):
        booked_by_hand("freeze", merchant, 10, at=NEXT_NOON)
        reserved_by_hand(merchant, 10, at=NEXT_NOON)
    with django_assert_max_num_queries(16):
        response = checker.get(reverse(f"admin:payments_{model}_changelist"))
    assert response.status_code == 200
    assert ReserveHold.objects.count() == 3

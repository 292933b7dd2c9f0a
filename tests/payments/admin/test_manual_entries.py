"""Bookings by hand in the back office: looked at before they are asked for, decided by another."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ledger.actions.approvals import digest_of
from ledger.models import AuditEntry, JournalEntry
from payments.actions import maturity
from payments.models import ManualEntry, Merchant, ReserveHold
from payments.queries.manual_entries import manual_entry_payload
from tests.books import assert_balances, assert_entry
from tests.factories.manual_entries import (
    agreed_by_hand,
    asked_by_hand,
    booked_by_hand,
    reserved_by_hand,
)
from tests.factories.payments import MerchantFactory, paid_payment
from tests.instants import FRIDAY, NEXT_NOON
from tests.rig.attacks import check_laws
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk, person, signed_in

pytestmark = pytest.mark.django_db

SEES = ("view_merchant", "view_manualentry", "view_reservehold", "view_auditentry")
ASKS = (
    "request_adjustment",
    "request_freeze",
    "request_reserve",
    "request_debt_recovery",
    "request_write_off",
)
FILLED = {"account": "CNY", "amount": "50.00", "note": "Ticket 4711", "refers_to": "case 7"}


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is Friday noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NEXT_NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


def officer(*rights: str) -> Client:
    user = person()
    user.user_permissions.add(*Permission.objects.filter(codename__in=(*SEES, *rights)))
    return signed_in(user)


@pytest.fixture
def maker() -> Client:
    return officer(*ASKS, "cancel_manual_entry")


@pytest.fixture
def checker() -> Client:
    return officer("approve_manual_entry")


@pytest.fixture
def merchant() -> Merchant:
    """A merchant with 98.00 available."""
    merchant = MerchantFactory(name="Tea Co")
    paid_payment(merchant)
    check_laws()
    maturity.mature(currency="CNY", business_date=FRIDAY, actor="task:t", at=NEXT_NOON)
    return merchant


def page(row: object) -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_change", args=[row.pk])


def button(row: object, name: str) -> str:
    return reverse(f"admin:payments_{row._meta.model_name}_{name}", args=[row.pk])


def ask(client: Client, row: object, name: str, **filled: str):
    """Fill a form in, look at the booking that it shows, and press once more."""
    address = button(row, name)
    looked = client.post(address, filled)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', looked.content.decode())
    assert seen, words(looked)
    return client.post(address, {**filled, "seen": seen[1]})


def press(client: Client, entry: ManualEntry, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(entry, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(entry, name), {**digest, **more})


def status_of(entry: ManualEntry) -> str:
    entry.refresh_from_db()
    return entry.status


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

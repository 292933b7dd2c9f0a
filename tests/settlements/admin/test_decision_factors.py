# ruff: noqa: F811  fixtures are imported
"""The second factor of who decides, and every other button of a settlement."""

import re

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.urls import reverse

from ledger.models import ApprovalDecision, AuditEntry, JournalEntry
from settlements.actions import settlements
from tests.factories.settlements import (
    available_money,
    drafted_settlement,
    settled_merchant,
    shown_digest,
)
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk, show_second_factor
from tests.settlements.admin.decision_desk import (  # noqa: F401
    bank,
    button,
    checker,
    draft,
    maker,
    page,
    press,
    submitted_by,
    without_second_factor,
)

pytestmark = pytest.mark.django_db


# --- the second factor --------------------------------------------------------------------------


@pytest.fixture
def guarded(settings, monkeypatch):
    """Ask for second factors, of people who have enrolled one."""
    settings.STAFF_SECOND_FACTOR = True
    monkeypatch.setattr("config.middleware.is_mfa_enabled", lambda user, types: True)


def test_approving_asks_for_a_second_factor_first(maker, checker, draft, guarded):
    # Given
    submitted_by(maker, draft)

    # When
    with nothing_written():
        looked = checker.get(button(draft, "approve"))
        pressed = checker.post(
            button(draft, "approve"), {"shown_digest": shown_digest(draft).hex()}
        )

    # Then
    there = f"{reverse('mfa_reauthenticate')}?next="
    assert [looked.status_code, pressed.status_code] == [302, 302]
    assert looked["Location"].startswith(there)
    assert pressed["Location"].startswith(there)


def test_a_second_factor_shown_just_now_is_kept_with_the_decision(maker, checker, draft, guarded):
    # Given
    submitted_by(maker, draft)
    show_second_factor(checker, seconds_ago=10)

    # When
    response = press(checker, draft, "approve")

    # Then
    decision = ApprovalDecision.objects.get()
    assert response.status_code == 302
    assert re.fullmatch(r"totp \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", decision.second_factor)


def test_a_second_factor_of_before_is_not_fresh(maker, checker, draft, guarded, settings):
    submitted_by(maker, draft)
    show_second_factor(checker, seconds_ago=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)

    response = checker.get(button(draft, "approve"))

    assert response.status_code == 302


def test_showing_it_leads_back_to_the_button(maker, checker, draft, guarded):
    # Given
    submitted_by(maker, draft)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(User.objects.get(pk=checker.session["_auth_user_id"]), secret)
    there = checker.get(button(draft, "approve"))["Location"]
    _before, counter, _after = totp.yield_hotp_counters_from_time()
    code = totp.format_hotp_value(totp.hotp_value(secret, counter))

    # When
    back = checker.post(there, {"code": code, "next": button(draft, "approve")})

    # Then
    assert (back.status_code, back["Location"]) == (302, button(draft, "approve"))
    assert press(checker, draft, "approve").status_code == 302
    draft.refresh_from_db()
    assert draft.status == "approved"


def test_submitting_asks_for_none(maker, draft, guarded):
    assert submitted_by(maker, draft).status == "submitted"


# --- reject, cancel, release --------------------------------------------------------------------


def test_rejecting_needs_a_reason_and_gives_the_money_back(maker, checker, draft):
    # Given
    submitted_by(maker, draft)
    with nothing_written():
        without = press(checker, draft, "reject", reason=" ")
    assert without.status_code == 200
    assert "This field is required." in words(without)

    # When
    press(checker, draft, "reject", reason="The merchant's name is wrong")

    # Then
    draft.refresh_from_db()
    decision = ApprovalDecision.objects.get()
    assert draft.status == "rejected"
    assert (decision.decision, decision.reason) == ("reject", "The merchant's name is wrong")
    assert JournalEntry.objects.filter(subject=draft.pk, kind="settlement_release").exists()


def test_a_maker_cannot_reject_what_they_submitted(draft):
    boss = desk(is_superuser=True)
    submitted_by(boss, draft)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = boss.post(
            button(draft, "reject"),
            {"shown_digest": shown_digest(draft).hex(), "reason": "changed my mind"},
        )

    assert response.status_code == 403


def test_a_maker_cancels_with_a_reason(maker, draft):
    # When
    response = maker.post(button(draft, "cancel"), {"reason": "Wrong day"}, follow=True)

    # Then
    draft.refresh_from_db()
    assert draft.status == "cancelled"
    assert AuditEntry.objects.get(action="settlement.cancelled").reason == "Wrong day"
    assert "The money is available to the merchant again." in words(response)
    assert "Wrong day" in words(response)


def test_a_risk_officer_releases_what_is_over_a_limit(bank):
    # Given
    merchant = settled_merchant()
    available_money(merchant, amounts_minor=(99_000,) * 11)
    settlement = drafted_settlement(merchant)
    assert settlement.status == "review"
    officer = desk("risk_officer")

    # When
    officer.post(button(settlement, "release_review"), {"reason": "Known seller"})

    # Then
    settlement.refresh_from_db()
    assert settlement.status == "draft"
    assert AuditEntry.objects.filter(subject=settlement.pk, reason="Known seller").exists()


def test_a_deed_that_the_state_forbids_is_refused(maker, draft):
    # Given
    settlements.cancel_settlement(draft.pk, actor="user:9", at=NEXT_NOON, reason="gone")

    # When
    looked = maker.get(button(draft, "submit"))
    with nothing_written(but=ITS_OWN_REFUSAL):
        pressed = maker.post(button(draft, "submit"))

    # Then
    assert "This cannot be done now. Nothing has been done." in words(looked)
    assert pressed.status_code == 409
    assert "A settlement cannot go from cancelled to submitted." in words(pressed)


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("finance_maker", {"Submit settlement", "Cancel settlement"}),
        ("finance_checker", set()),
        ("auditor", set()),
    ],
)
def test_a_page_offers_the_buttons_of_its_state_and_reader(draft, role, offered):
    response = desk(role).get(page(draft))

    shown = {str(each["title"]) for each in response.context["actions_detail"]}
    assert shown == offered


def test_a_button_of_a_settlement_that_is_not_there_is_404(maker):
    url = reverse("admin:settlements_settlement_submit", args=["stl_nonsense"])

    assert maker.get(url).status_code == 404
    assert maker.post(url).status_code == 404

"""The buttons of one settlement: two people, what was shown, and a fresh second factor."""

import re

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ledger.actions.approvals import digest_of
from ledger.models import ApprovalDecision, AuditEntry, JournalEntry
from payments.models import ChannelAccount
from settlements.actions import settlements
from settlements.models import Payout, Settlement
from tests.factories.settlements import (
    available_money,
    destination_of,
    drafted_settlement,
    house,
    settled_merchant,
    shown_digest,
)
from tests.instants import NEXT_NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, desk, show_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_second_factor(settings):
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def bank() -> ChannelAccount:
    return house().bank


@pytest.fixture
def draft(bank) -> Settlement:
    merchant = settled_merchant(account_no="6222020000000004321")
    available_money(merchant, amounts_minor=(10_000, 5_000))
    return drafted_settlement(merchant)


@pytest.fixture
def maker() -> Client:
    return desk("finance_maker")


@pytest.fixture
def checker() -> Client:
    return desk("finance_checker")


def button(settlement: Settlement, name: str) -> str:
    return reverse(f"admin:settlements_settlement_{name}", args=[settlement.pk])


def page(settlement: Settlement) -> str:
    return reverse("admin:settlements_settlement_change", args=[settlement.pk])


def submitted_by(client: Client, settlement: Settlement) -> Settlement:
    client.post(button(settlement, "submit"))
    settlement.refresh_from_db()
    assert settlement.status == "submitted"
    return settlement


def press(client: Client, settlement: Settlement, name: str, **more: str):
    """Press a button as a browser does: with the digest that its page carries."""
    shown = client.get(button(settlement, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(settlement, name), {**digest, **more})


# --- submit -------------------------------------------------------------------------------------


def test_a_maker_submits_and_is_told_what_comes_next(maker, draft):
    # When
    response = maker.post(button(draft, "submit"), follow=True)

    # Then
    draft.refresh_from_db()
    assert response.redirect_chain == [(page(draft), 302)]
    assert "Another person has to approve it now." in words(response)
    assert (draft.status, draft.approval.maker) == ("submitted", actor_of(maker))
    deed = AuditEntry.objects.get(action="settlement.submitted", subject=draft.pk)
    assert (deed.client_ip, len(deed.request_id)) == ("127.0.0.1", 36)


def test_looking_at_a_button_does_nothing(maker, draft):
    with nothing_written():
        response = maker.get(button(draft, "submit"))

    assert "147.00 CNY" in words(response)
    assert "its lines add up to 2 150.00 CNY 3.00 CNY 147.00 CNY" in words(response)


# --- four callers -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["submit", "approve", "reject", "cancel", "release_review"])
def test_a_stranger_is_asked_to_sign_in(client, draft, name):
    with nothing_written():
        response = client.post(button(draft, name), {"reason": "because"})

    assert (response.status_code, response["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("auditor", "submit"),
        ("auditor", "approve"),
        ("finance_maker", "approve"),
        ("finance_maker", "reject"),
        ("finance_maker", "release_review"),
        ("finance_checker", "submit"),
        ("finance_checker", "cancel"),
        ("support", "cancel"),
    ],
)
def test_a_role_without_the_right_is_refused_and_noted(draft, role, name):
    # Given
    client = desk(role)
    before = Settlement.objects.values().get(pk=draft.pk)

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = client.post(button(draft, name), {"reason": "because"})

    # Then
    noted = AuditEntry.objects.latest("pk")
    assert response.status_code == 403
    assert Settlement.objects.values().get(pk=draft.pk) == before
    assert (noted.actor, noted.subject, noted.reason) == (
        actor_of(client),
        draft.pk,
        "permission_denied",
    )
    assert noted.action.endswith(".refused")


def test_two_people_approve_and_a_payout_waits(maker, checker, draft):
    # Given
    submitted_by(maker, draft)

    # When
    response = press(checker, draft, "approve")

    # Then
    draft.refresh_from_db()
    decision = ApprovalDecision.objects.get(request=draft.approval)
    assert (response.status_code, draft.status) == (302, "approved")
    assert (decision.maker, decision.approver) == (actor_of(maker), actor_of(checker))
    assert (decision.client_ip, decision.second_factor) == ("127.0.0.1", "not asked")
    assert bytes(draft.approved_digest) == shown_digest(draft)
    assert Payout.objects.get(settlement=draft).status == "queued"


def test_a_superuser_cannot_approve_what_they_submitted(draft):
    # Given
    boss = desk(is_superuser=True)
    submitted_by(boss, draft)
    shown = boss.get(button(draft, "approve"))

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = boss.post(button(draft, "approve"), {"shown_digest": shown_digest(draft).hex()})

    # Then
    draft.refresh_from_db()
    assert "You submitted this settlement, so another person has to decide" in words(shown)
    assert "shown_digest" not in shown.content.decode()
    assert (response.status_code, draft.status) == (403, "submitted")
    assert "Nobody may approve their own request." in words(response)
    assert "No money has moved and nothing was changed." in words(response)
    noted = AuditEntry.objects.latest("pk")
    assert (noted.action, noted.reason) == ("settlement.approve.refused", "self_approval")


# --- what was shown -----------------------------------------------------------------------------


def test_the_approve_page_shows_what_is_agreed_to(maker, checker, draft):
    # Given
    submitted_by(maker, draft)

    # When
    text = words(checker.get(button(draft, "approve")))

    # Then
    assert "商户甲有限公司" in text
    assert "···· 4321" in text
    assert "6222020000000004321" not in text
    assert "147.00 CNY" in text
    assert "one hundred forty-seven and 00/100 CNY" in text
    assert "This merchant has never been paid before in this currency." in text
    assert "on hold 147.00 CNY −147.00 CNY 0.00 CNY" in text
    assert "ties out 0 0.00 CNY 0.00 CNY 0.00 CNY" in text
    assert digest_of(settlements.settlement_payload(draft)).hex() in text


def test_writes_the_amount_in_capitals_for_chinese_readers(maker, checker, draft):
    submitted_by(maker, draft)

    response = checker.get(button(draft, "approve"), headers={"accept-language": "zh-hans"})

    assert "人民币壹佰肆拾柒元整" in words(response)


def test_a_change_in_between_is_refused_and_ends_the_request(maker, checker, draft):
    # Given
    submitted_by(maker, draft)
    old = shown_digest(draft).hex()
    destination_of(draft.merchant, account_no="6222020000000009999")

    # When
    response = checker.post(button(draft, "approve"), {"shown_digest": old})

    # Then
    draft.refresh_from_db()
    assert (response.status_code, draft.status, draft.status_code) == (
        409,
        "draft",
        "stale_approval",
    )
    assert "The request has changed since it was shown." in words(response)
    assert "so the request is void. It can be asked anew." in words(response)
    assert old not in response.content.decode()
    assert draft.approval.state == "voided"
    voided = AuditEntry.objects.get(action="settlement.approval_voided")
    assert (voided.subject, voided.actor) == (draft.pk, actor_of(checker))
    assert voided.before == {"destination_is_active": True}
    assert voided.after == {"request": draft.approval_id, "destination_is_active": False}

    # And it may be submitted anew, to the account of now
    submitted_by(maker, draft)
    press(checker, draft, "approve")
    draft.refresh_from_db()
    assert draft.status == "approved"


@pytest.mark.parametrize("digest", ["", "nonsense", "00" * 32])
def test_a_digest_that_was_not_shown_is_refused(maker, checker, draft, digest):
    submitted_by(maker, draft)

    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(draft, "approve"), {"shown_digest": digest})

    assert response.status_code == 409


def test_a_button_pressed_twice_tells_that_it_was_done(maker, checker, draft):
    # Given
    submitted_by(maker, draft)
    digest = shown_digest(draft).hex()
    checker.post(button(draft, "approve"), {"shown_digest": digest})

    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = checker.post(button(draft, "approve"), {"shown_digest": digest})

    # Then
    assert response.status_code == 409
    assert "A settlement cannot go from approved to approved." in words(response)


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

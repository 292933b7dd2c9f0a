"""Passwords in the back office: never the digits, and help by two people only."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ledger.models import ApprovalRequest, AuditEntry
from risk.models import PaymentPassword
from risk.pins import PasswordOwner
from risk.queries.passwords import standing
from tests.factories.passwords import (
    PIN,
    guessed_wrong,
    lock_runs_out,
    password_of,
    payers_password,
    typed,
)
from tests.rig.pages import tables, words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import actor_of, person, show_second_factor, signed_in

pytestmark = pytest.mark.django_db

LIST = "admin:risk_paymentpassword_changelist"
SEES = "risk.view_paymentpassword"
ASKS = "risk.request_password_relief"
DECIDES = "risk.decide_password_relief"
BUTTONS = ["ask_unlock", "ask_reset", "approve_unlock", "approve_reset", "reject_unlock"]


@pytest.fixture(autouse=True)
def without_enrolment(monkeypatch):
    """Let staff in who have not enrolled a second factor; decisions ask for it all the same."""
    monkeypatch.setattr("config.middleware._must_enrol", lambda request: False)


def desk(*rights: str) -> Client:
    """Return the browser of somebody new on the staff with exactly these rights."""
    user = person()
    for right in rights:
        app, _, codename = right.partition(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return signed_in(user)


def page(owner: PasswordOwner) -> str:
    return reverse("admin:risk_paymentpassword_change", args=[password_of(owner).pk])


def button(owner: PasswordOwner, name: str) -> str:
    return reverse(f"admin:risk_paymentpassword_{name}", args=[password_of(owner).pk])


def sent_along(client: Client, url: str) -> dict[str, str]:
    """Return what the page of a button sends back unseen."""
    return dict(client.get(url).context["hidden"])


@pytest.fixture
def locked() -> PasswordOwner:
    owner = payers_password()
    guessed_wrong(owner, times=5)
    return owner


class TestLooking:
    def test_shows_how_it_stands_and_never_the_hash(self, locked):
        # Given
        lock_runs_out(locked)
        typed(locked)
        client = desk(SEES)

        # When
        listed = client.get(reverse(LIST))
        shown = client.get(page(locked))

        # Then
        row = password_of(locked)
        assert row.pk in words(listed)
        for response in (listed, shown):
            assert row.encoded not in response.text
            assert "$argon2id$" not in response.text
        [tokens] = [table for table in tables(shown) if table[0][0] == "Made at"]
        assert len(tokens) == 2
        assert "pay_1" in tokens[1]

    def test_without_the_right_nothing_is_seen(self, locked):
        client = desk(ASKS, DECIDES)

        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(page(locked)).status_code == 403
        assert client.get(button(locked, "ask_reset")).status_code == 403

    def test_buttons_are_for_those_who_may(self, locked):
        assert "Ask for unlock" not in words(desk(SEES).get(page(locked)))
        assert "Ask for unlock" in words(desk(SEES, ASKS).get(page(locked)))
        assert "Approve unlock" not in words(desk(SEES, DECIDES).get(page(locked)))

    @pytest.mark.parametrize("name", BUTTONS)
    def test_a_stranger_who_presses_one_is_kept_in_the_audit_trail(self, locked, name):
        client = desk(SEES)

        with nothing_written(but=ITS_OWN_REFUSAL):
            assert client.post(button(locked, name), {"reason": "x"}).status_code == 403


class TestTwoPeople:
    def test_one_asks_and_another_agrees(self, locked):
        # Given
        support, officer = desk(SEES, ASKS), desk(SEES, DECIDES)

        # When
        support.post(button(locked, "ask_unlock"), {"reason": "The payer has called."})
        show_second_factor(officer)
        url = button(locked, "approve_unlock")
        response = officer.post(url, sent_along(officer, url), follow=True)

        # Then
        assert "Unlocked." in words(response)
        assert standing(locked).locked_until is None
        typed(locked)
        entry = AuditEntry.objects.get(action="password.unlocked")
        assert entry.actor == actor_of(officer)
        asked = AuditEntry.objects.get(action="password_unlock.requested")
        assert (asked.actor, asked.reason) == (actor_of(support), "The payer has called.")

    def test_a_reset_takes_the_digits_away(self, locked):
        support, officer = desk(SEES, ASKS), desk(SEES, DECIDES)
        support.post(button(locked, "ask_reset"), {"reason": "Forgotten."})
        show_second_factor(officer)
        url = button(locked, "approve_reset")

        response = officer.post(url, sent_along(officer, url), follow=True)

        assert "The owner sets a new password" in words(response)
        assert password_of(locked).encoded == ""

    def test_nobody_agrees_to_their_own_request(self, locked):
        both = desk(SEES, ASKS, DECIDES)
        both.post(button(locked, "ask_reset"), {"reason": "Forgotten."})
        show_second_factor(both)
        url = button(locked, "approve_reset")
        assert "another person has to decide" in words(both.get(url))

        with nothing_written(but=ITS_OWN_REFUSAL):
            response = both.post(url, sent_along(both, url))

        assert response.status_code == 403
        assert AuditEntry.objects.latest("pk").reason == "self_approval"
        typed_before = password_of(locked)
        assert typed_before.encoded != ""

    def test_without_a_fresh_second_factor_nobody_decides(self, locked):
        desk(SEES, ASKS).post(button(locked, "ask_reset"), {"reason": "Forgotten."})
        officer = desk(SEES, DECIDES)

        with nothing_written():
            response = officer.post(button(locked, "approve_reset"))

        assert response["Location"].startswith(reverse("mfa_reauthenticate"))

    def test_what_was_shown_is_what_is_agreed_to(self, locked):
        # Given
        desk(SEES, ASKS).post(button(locked, "ask_reset"), {"reason": "Forgotten."})
        officer = desk(SEES, DECIDES)
        show_second_factor(officer)
        shown = sent_along(officer, button(locked, "approve_reset"))

        # When
        lock_runs_out(locked)
        typed(locked, PIN)
        with nothing_written(but={"ledger_auditentry": 2}):
            response = officer.post(button(locked, "approve_reset"), shown)

        # Then
        assert response.status_code == 409
        assert "has changed since it was shown" in words(response)
        assert PaymentPassword.objects.exclude(encoded="").count() == 1

    def test_a_no_needs_a_reason_and_changes_nothing(self, locked):
        desk(SEES, ASKS).post(button(locked, "ask_reset"), {"reason": "Forgotten."})
        officer = desk(SEES, DECIDES)
        show_second_factor(officer)
        url = button(locked, "reject_reset")

        with nothing_written():
            officer.post(url, sent_along(officer, url))
        response = officer.post(
            url, {**sent_along(officer, url), "reason": "Nobody called."}, follow=True
        )

        assert "Refused. The password stays as it is." in words(response)
        assert ApprovalRequest.objects.get().state == "rejected"

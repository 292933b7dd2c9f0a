# ruff: noqa: F811  fixtures are imported
"""Changing and resetting the settlement password, and what is never said."""

import logging

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.log import AdminEmailHandler

from ledger.models import AuditEntry
from risk import pins
from risk.queries.passwords import frozen_until
from tests.factories.passwords import (
    OTHER_PIN,
    PIN,
    WRONG_PIN,
    guessed_wrong,
    members_password,
    password_of,
    typed,
)
from tests.rig.pages import words
from tests.rig.rows import nothing_written
from tests.risk.portal.password_browser import NEW, PAGES, browser, member, owner_of, prove  # noqa: F401

pytestmark = pytest.mark.django_db


class TestChanging:
    @pytest.fixture(autouse=True)
    def has_one(self, member):
        members_password(member)

    def change(self, browser: Client, old_pin: str = PIN, new_pin: str = OTHER_PIN):
        form = {"old_pin": old_pin, "new_pin": new_pin, "again": new_pin}
        return browser.post(reverse("portal_password"), form, follow=True)

    def test_needs_the_old_one(self, browser, member):
        response = self.change(browser)

        assert "Your settlement password is changed." in words(response)
        typed(owner_of(member), OTHER_PIN)

    def test_a_wrong_old_one_says_how_many_attempts_are_left(self, browser, member):
        response = self.change(browser, WRONG_PIN)

        assert response.status_code == 403
        assert "The password is wrong. Attempts left: 4." in words(response)
        refusal = AuditEntry.objects.get(action="password.typed.refused")
        assert (refusal.reason, refusal.subject) == (
            "wrong_password",
            owner_of(member).reference,
        )

    def test_a_locked_one_says_until_when(self, browser, member):
        guessed_wrong(owner_of(member), times=5)

        response = self.change(browser)

        assert response.status_code == 423
        assert "The password is locked until" in words(response)
        assert "Locked until" in words(browser.get(reverse("portal_password")))
        assert password_of(owner_of(member)).attempts_ever == 5

    def test_without_the_old_one_it_is_not_changed(self, browser, member):
        browser.post(reverse("portal_password"), {"new_pin": OTHER_PIN, "again": OTHER_PIN})

        typed(owner_of(member), PIN)


class TestResetting:
    def test_puts_new_digits_in_place_and_says_that_payouts_rest(self, browser, member):
        # Given
        owner = members_password(member)

        # When
        response = browser.post(
            reverse("portal_password_reset"),
            {"new_pin": OTHER_PIN, "again": OTHER_PIN},
            follow=True,
        )

        # Then
        assert "You can ask for payouts again in 24 hours." in words(response)
        assert "Payouts rest until" in words(response)
        assert frozen_until(owner) is not None
        typed(owner, OTHER_PIN)

    def test_without_a_password_there_is_nothing_to_reset(self, browser):
        with nothing_written():
            response = browser.post(reverse("portal_password_reset"), NEW)

        assert response["Location"] == reverse("portal_password")

    def test_needs_the_proof_too(self, client, member):
        members_password(member)
        client.force_login(member.user)

        with nothing_written():
            response = client.post(
                reverse("portal_password_reset"), {"new_pin": OTHER_PIN, "again": OTHER_PIN}
            )
        assert response["Location"].startswith(reverse("account_reauthenticate"))


class TestWhatStaysUnsaid:
    @pytest.mark.parametrize("page", PAGES)
    def test_the_form_is_never_filled_in_and_never_kept(self, browser, member, page):
        members_password(member)
        form = {"old_pin": WRONG_PIN, "new_pin": OTHER_PIN, "again": "000000"}

        response = browser.post(reverse(page), form)

        assert not any(pin in response.text for pin in (WRONG_PIN, OTHER_PIN, "000000"))
        assert 'inputmode="numeric"' in response.text
        assert 'autocomplete="off"' in response.text
        assert "no-store" in response["Cache-Control"]

    def test_a_fault_while_it_is_verified_tells_no_digits(
        self, member, monkeypatch, caplog, mailoutbox, settings
    ):
        # Given
        settings.ADMINS = [("Ops", "ops@example.com")]
        owner = members_password(member)
        client = Client(raise_request_exception=False)
        client.force_login(member.user)
        prove(client)

        def fail(*_arguments, **_more):
            raise OSError("the disk is full")

        monkeypatch.setattr(pins, "matches", fail)
        handler = AdminEmailHandler(include_html=True)
        logging.getLogger("django.request").addHandler(handler)

        # When
        try:
            response = client.post(
                reverse("portal_password"),
                {"old_pin": PIN, "new_pin": OTHER_PIN, "again": OTHER_PIN},
            )
        finally:
            logging.getLogger("django.request").removeHandler(handler)

        # Then
        assert response.status_code == 500
        [mail] = mailoutbox
        told = mail.body + str(mail.alternatives) + response.text + caplog.text
        assert "the disk is full" in told
        assert not any(pin in told for pin in (PIN, OTHER_PIN))
        assert password_of(owner).attempts_ever == 1

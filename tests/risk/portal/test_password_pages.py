# ruff: noqa: F811  fixtures are imported
"""The settlement password in the portal: who may, what must be proved, and what is said."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from ledger.models import AuditEntry
from risk.models import PaymentPassword
from tests.factories.passwords import (
    OTHER_PIN,
    PIN,
    typed,
)
from tests.factories.payments import MemberFactory, UserFactory
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.risk.portal.password_browser import NEW, PAGES, browser, member, owner_of, prove  # noqa: F401

pytestmark = pytest.mark.django_db


class TestWhoMay:
    @pytest.mark.parametrize("page", PAGES)
    def test_nobody_is_sent_to_sign_in(self, client, page):
        response = client.post(reverse(page), NEW)

        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_login"))

    @pytest.mark.parametrize("page", PAGES)
    def test_a_person_without_merchant_has_none(self, client, page):
        client.force_login(UserFactory())

        assert client.get(reverse(page)).status_code == 403

    @pytest.mark.parametrize("page", PAGES)
    def test_a_viewer_may_not(self, client, page):
        member = MemberFactory(role="viewer")
        client.force_login(member.user)
        prove(client)

        with nothing_written():
            assert client.get(reverse(page)).status_code == 403
            assert client.post(reverse(page), NEW).status_code == 403
        assert reverse("portal_password") not in client.get(reverse("portal_home")).text

    @pytest.mark.parametrize("role", ["owner", "operator"])
    def test_an_owner_and_an_operator_find_it_in_their_menu(self, client, role):
        client.force_login(MemberFactory(role=role).user)

        assert reverse("portal_password") in client.get(reverse("portal_home")).text
        assert "Not yet" in words(client.get(reverse("portal_password")))

    def test_without_the_token_of_the_form_nothing_is_taken(self, member):
        client = Client(enforce_csrf_checks=True)
        client.force_login(member.user)
        prove(client)

        with nothing_written():
            assert client.post(reverse("portal_password"), NEW).status_code == 403


class TestProving:
    def test_signing_in_alone_shows_no_form(self, client, member):
        client.force_login(member.user)

        response = client.get(reverse("portal_password"))

        assert "Confirm that it is you" in words(response)
        assert 'name="new_pin"' not in response.text
        assert f"{reverse('account_reauthenticate')}?next=" in response.text

    @pytest.mark.parametrize("seconds_ago", [301, -5])
    def test_what_is_typed_without_a_fresh_proof_is_dropped(self, client, member, seconds_ago):
        client.force_login(member.user)
        prove(client, seconds_ago=seconds_ago)

        with nothing_written():
            response = client.post(reverse("portal_password"), NEW)

        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert PIN not in str(dict(client.session))

    def test_who_has_a_second_factor_shows_that_one(self, browser, member):
        TOTP.activate(member.user, generate_totp_secret())

        response = browser.post(reverse("portal_password"), NEW)

        assert response["Location"].startswith(reverse("mfa_reauthenticate"))
        prove(browser, method="mfa")
        assert browser.post(reverse("portal_password"), NEW).status_code == 302
        assert PaymentPassword.objects.exists()

    def test_proving_it_leads_back_to_the_form(self, client, member):
        # Given
        member.user.set_password("correct horse battery")
        member.user.save()
        client.force_login(member.user)

        # When
        response = client.post(
            f"{reverse('account_reauthenticate')}?next={reverse('portal_password')}",
            {"password": "correct horse battery", "next": reverse("portal_password")},
            follow=True,
        )

        # Then
        assert response.redirect_chain[-1][0] == reverse("portal_password")
        assert 'name="new_pin"' in response.text


class TestSetting:
    def test_sets_it(self, browser, member):
        response = browser.post(reverse("portal_password"), NEW, follow=True)

        assert "Your settlement password is set." in words(response)
        typed(owner_of(member), PIN)
        entry = AuditEntry.objects.get(action="password.set")
        assert entry.actor == f"user:{member.user.pk}"

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"new_pin": "12345", "again": "12345"}, "Type six digits."),
            ({"new_pin": " 27182", "again": " 27182"}, "Type six digits."),
            ({"new_pin": "２７１８２８", "again": "２７１８２８"}, "Type six digits."),
            ({}, "Type six digits."),
            ({"new_pin": PIN, "again": OTHER_PIN}, "The two are not the same. Type both again."),
        ],
    )
    def test_says_what_is_wrong_with_the_form(self, browser, form, said):
        with nothing_written():
            response = browser.post(reverse("portal_password"), form)

        assert said in words(response)

    def test_says_that_the_digits_are_weak_and_keeps_the_refusal(self, browser):
        with nothing_written(but=ITS_OWN_REFUSAL):
            response = browser.post(
                reverse("portal_password"), {"new_pin": "123456", "again": "123456"}
            )

        assert response.status_code == 422
        assert "This password cannot be used. It counts up or down" in words(response)
        assert "123456" not in response.text.replace("no 123456", "")

"""The settlement password in the portal: who may, what must be proved, and what is said."""

import logging
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils.log import AdminEmailHandler

from ledger.models import AuditEntry
from payments.models import MerchantMember
from risk import pins
from risk.models import PaymentPassword
from risk.pins import PasswordOwner
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
from tests.factories.payments import MemberFactory, UserFactory
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written

pytestmark = pytest.mark.django_db

PAGES = ["portal_password", "portal_password_reset"]
NEW = {"new_pin": PIN, "again": PIN}


def owner_of(member: MerchantMember) -> PasswordOwner:
    return PasswordOwner.member(member.pk)


def prove(client: Client, *, method: str = "password", seconds_ago: int = 0) -> None:
    """Let the signed-in person have proved that they are here, as allauth notes it."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [
        {
            "method": method,
            "at": time.time() - seconds_ago,  # noqa: TID251  allauth's own clock
            "reauthenticated": True,
        }
    ]
    session.save()


@pytest.fixture
def member() -> MerchantMember:
    return MemberFactory(role="owner")


@pytest.fixture
def browser(client, member) -> Client:
    """The browser of a member who has proved that they are here."""
    client.force_login(member.user)
    prove(client)
    return client


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

"""The pages before and around the portal: sign-in, second factor, language, errors."""

import re

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests.factories.payments import MemberFactory
from tests.rig.pages import words

PASSWORD = "correct horse battery"
INLINE = re.compile(r"\sstyle=|<style|\son[a-z]+=\"|<script(?![^>]*\ssrc=)", re.IGNORECASE)


@pytest.fixture
def person(db):
    return User.objects.create_user("lan", password=PASSWORD)


def sign_in(client):
    client.post(reverse("account_login"), {"login": "lan", "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_inactive"]
)
def test_strangers_pages_are_ours_and_keep_the_policy(client, name):
    response = client.get(reverse(name))

    page = response.content.decode()
    assert response.status_code == 200
    assert "portal/portal.css" in page
    assert "Tianping" in words(response)
    assert INLINE.search(page) is None
    assert "default-src 'self'" in response["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name",
    [
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "account_email",
        "mfa_index",
        "mfa_activate_totp",
    ],
)
def test_peoples_pages_are_ours_and_keep_the_policy(client, person, name):
    # Given
    sign_in(client)

    # When
    response = client.get(reverse(name))

    # Then
    page = response.content.decode()
    assert response.status_code == 200
    assert "portal/portal.css" in page
    assert INLINE.search(page) is None


def test_nobody_signs_up_alone(client, db):
    response = client.post(
        reverse("account_signup"),
        {"email": "a@example.com", "username": "a", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert "By invitation only" in words(response)
    assert not User.objects.exists()


def test_says_what_is_wrong_with_a_sign_in_and_keeps_the_name(client, person):
    response = client.post(reverse("account_login"), {"login": "lan", "password": "wrong"})

    page = response.content.decode()
    assert 'role="alert"' in page
    assert 'value="lan"' in page
    assert "wrong" not in page


def test_offers_the_second_factor_as_a_picture_and_as_a_key(client, person):
    # Given
    sign_in(client)

    # When
    page = client.get(reverse("mfa_activate_totp")).content.decode()

    # Then
    key = client.session["mfa.totp.secret"]
    assert 'src="data:image/svg+xml;base64,' in page
    assert f'<code class="key">{key}</code>' in page


def test_an_address_that_nobody_confirmed_keeps_no_one_from_enrolling(client, person):
    # Given
    person.email = "lan@example.com"
    person.save()
    sign_in(client)
    assert "not verified" in words(client.get(reverse("account_email")))

    # When
    response = client.get(reverse("mfa_activate_totp"))

    # Then
    assert response.status_code == 200
    assert "Set up your authenticator app" in words(response)


def test_leaves_by_one_click_and_forgets(client, db):
    # Given
    client.force_login(MemberFactory().user)
    assert f'action="{reverse("account_logout")}"' in client.get("/portal/").content.decode()

    # When
    response = client.post(reverse("account_logout"))

    # Then
    assert response["Location"] == reverse("account_login")
    assert client.get("/portal/").status_code == 302


@pytest.mark.parametrize(
    ("language", "lang"), [("zh-hans", '<html lang="zh-hans">'), ("en", '<html lang="en">')]
)
def test_speaks_the_language_that_is_chosen(client, db, language, lang):
    # When
    response = client.post(
        reverse("set_language"), {"language": language, "next": "/accounts/login/?next=/portal/"}
    )

    # Then
    assert response["Location"] == "/accounts/login/?next=/portal/"
    page = client.get(response["Location"]).content.decode()
    assert lang in page
    assert 'value="/accounts/login/?next=/portal/"' in page
    assert 'action="/i18n/setlang/"' in page


# --- errors -----------------------------------------------------------------------------------


def test_a_missing_page_says_so_in_the_house(client, db):
    response = client.get("/portal/nowhere/")

    assert response.status_code == 404
    assert "There is no such page" in words(response)
    assert "portal/portal.css" in response.content.decode()


def test_a_stale_form_says_that_nothing_happened(person):
    # Given
    client = Client(enforce_csrf_checks=True)

    # When
    response = client.post(reverse("account_login"), {"login": "lan", "password": PASSWORD})

    # Then
    assert response.status_code == 403
    assert "Nothing was changed and no money moved." in words(response)


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("400.html", "This request makes no sense to us"),
        ("403.html", "This is not yours to open"),
        ("429.html", "Too many tries"),
        ("500.html", "nothing is ever paid twice"),
    ],
)
def test_errors_need_nothing_to_be_shown(template, sentence):
    page = render_to_string(template)

    assert sentence in page
    assert INLINE.search(page) is None
    assert "<form" not in page

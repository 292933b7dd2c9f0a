"""Signing in: who may, how passwords are kept, and how often one may guess."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.models import User
from django.urls import reverse

PASSWORD = "correct horse battery"


def current_code(secret: str, *, later: int = 0) -> str:
    """Return what an authenticator shows, `later` periods from now; one code serves once."""
    _before, now, after = totp.yield_hotp_counters_from_time()
    return totp.format_hotp_value(totp.hotp_value(secret, after if later else now))


@pytest.fixture
def merchant(db):
    return User.objects.create_user("lan", email="lan@example.com", password=PASSWORD)


def test_keeps_passwords_as_argon2id_with_our_parameters(merchant):
    assert merchant.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert identify_hasher(merchant.password).__class__.__name__ == "HouseArgon2PasswordHasher"


@pytest.mark.parametrize("login", ["lan", "lan@example.com"])
def test_signs_in_by_name_or_address(client, merchant, login):
    response = client.post(reverse("account_login"), {"login": login, "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(merchant.id)


def test_refuses_a_wrong_password(client, merchant):
    response = client.post(reverse("account_login"), {"login": "lan", "password": "wrong"})

    assert response.status_code == 200
    assert "_auth_user_id" not in client.session


def test_staff_enrol_a_second_factor_and_are_asked_for_it_from_then_on(client, db):
    # Given
    staff = User.objects.create_user(
        "mei", email="mei@example.com", password=PASSWORD, is_staff=True, is_superuser=True
    )
    credentials = {"login": "mei", "password": PASSWORD}
    client.post(reverse("account_login"), credentials)
    assert client.get("/admin/")["Location"] == reverse("mfa_activate_totp")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    secret = client.session[totp.SECRET_SESSION_KEY]

    # When
    answer = client.post(reverse("mfa_activate_totp"), {"code": current_code(secret)})

    # Then
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    kept = Authenticator.objects.get(user=staff, type=Authenticator.Type.TOTP).data["secret"]
    assert secret not in kept
    assert kept.startswith("v1.test1.")

    # And when signing in again, the password alone opens nothing
    client.post(reverse("account_logout"))
    asked = client.post(reverse("account_login"), credentials)
    assert asked["Location"] == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": current_code(secret, later=1)})
    assert client.get("/admin/").status_code == 200


def test_nobody_signs_up_alone(client, db):
    response = client.post(
        reverse("account_signup"),
        {
            "username": "stranger",
            "email": "stranger@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert response.status_code == 200
    assert not User.objects.filter(username="stranger").exists()


def test_stops_guessing_per_client_address(client, merchant):
    # Given
    for _ in range(10):
        client.post(reverse("account_login"), {"login": "lan", "password": "wrong"})

    # When
    response = client.post(reverse("account_login"), {"login": "lan", "password": PASSWORD})

    # Then
    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in response.content.decode()


def test_the_back_office_has_no_sign_in_of_its_own(client, db):
    response = client.get("/admin/login/", follow=False)

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
    ],
)
def test_pages_carry_safe_headers(client, db, name, value):
    assert client.get(reverse("account_login"))[name] == value


def test_pages_run_nothing_that_is_not_ours(client, db):
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy

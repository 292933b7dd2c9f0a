"""A second factor counts when it was asked anew, a moment ago, of this very person."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from ledger.admin.second_factor import ask_second_factor, fresh_second_factor
from tests.factories.payments import UserFactory
from tests.rig.staff import show_second_factor, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(UserFactory())


def request_of(client, **changes):
    """Make a request with the client's session, its last note about sign-in changed."""
    request = RequestFactory().get("/admin/")
    request.session = SessionStore(session_key=client.session.session_key)
    notes = request.session.get("account_authentication_methods", [])
    if notes:
        notes[-1] |= changes
        request.session["account_authentication_methods"] = notes
    request.user = type(UserFactory()).objects.get(pk=client.session["_auth_user_id"])
    return request


def test_nobody_without_one(client):
    assert fresh_second_factor(request_of(client)) is None


def test_one_shown_just_now_is_named_with_its_instant(client):
    show_second_factor(client, seconds_ago=5)

    assert fresh_second_factor(request_of(client)).startswith("totp 20")


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "password"},
        {"reauthenticated": False},
        {"at": 0},
        {"at": 2**40},
    ],
    ids=["a password", "signing in", "long ago", "in the future"],
)
def test_something_else_does_not_count(client, changes):
    show_second_factor(client)

    assert fresh_second_factor(request_of(client, **changes)) is None


def test_another_persons_does_not_count(client):
    show_second_factor(client)
    request = request_of(client)
    request.user = UserFactory()

    assert fresh_second_factor(request) is None


def test_nobody_has_none(client):
    show_second_factor(client)
    request = request_of(client)
    request.user = AnonymousUser()

    assert fresh_second_factor(request) is None


def test_a_sandbox_may_ask_for_none(client, settings):
    settings.STAFF_SECOND_FACTOR = False

    assert fresh_second_factor(request_of(client)) == "not asked"


def test_asks_and_comes_back(client):
    response = ask_second_factor(request_of(client), then="/admin/x/?a=1&b=2")

    assert response["Location"] == (
        "/accounts/2fa/reauthenticate/?next=%2Fadmin%2Fx%2F%3Fa%3D1%26b%3D2"
    )

"""What the tests of password pages and their neighbours share."""

import time

import pytest
from django.test import Client

from payments.models import MerchantMember
from risk.pins import PasswordOwner
from tests.factories.passwords import (
    PIN,
)
from tests.factories.payments import MemberFactory

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

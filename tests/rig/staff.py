"""People of the staff, as tests play them: with a role, signed in, at the doors of money."""

import time

from django.contrib.auth.models import Group, User
from django.test import Client

from tests.factories.payments import UserFactory


def person(role: str = "", *, is_superuser: bool = False) -> User:
    """Take somebody on: staff with the rights of a role, or with none."""
    user: User = UserFactory(is_staff=True, is_superuser=is_superuser)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


def signed_in(user: User) -> Client:
    """Sign somebody in; views that raise answer as they would to a browser."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def desk(role: str = "", *, is_superuser: bool = False) -> Client:
    """Return the browser of somebody new with a role."""
    return signed_in(person(role, is_superuser=is_superuser))


def actor_of(client: Client) -> str:
    """Return how the audit trail names who sits there."""
    return f"user:{client.session['_auth_user_id']}"


def show_second_factor(client: Client, *, seconds_ago: int = 0) -> None:
    """Let the person have shown their second factor so many seconds ago, as allauth notes it."""
    session = client.session
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session["account_authentication_methods"] = [
        {
            "method": "mfa",
            "type": "totp",
            "id": 1,
            "at": time.time() - seconds_ago,  # noqa: TID251  allauth's own clock
            "reauthenticated": True,
        }
    ]
    session.save()

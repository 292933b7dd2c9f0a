"""What the tests of roles and their neighbours share."""

import pytest
from django.contrib.auth.models import User

from ledger.actions.roles import request_roles
from ledger.models import ApprovalRequest
from tests.instants import NOON
from tests.rig.staff import person


@pytest.fixture
def officers() -> tuple[User, User]:
    """Two security officers: from now on roles take two people."""
    return person("security_admin"), person("security_admin")


@pytest.fixture
def clerk(officers) -> User:
    return person()


def actor(user: User) -> str:
    return f"user:{user.pk}"


def ask(clerk: User, *roles: str, by: User, **other) -> ApprovalRequest:
    told = {"actor": actor(by), "at": NOON, "reason": "joins finance", **other}
    return request_roles(clerk.pk, roles, **told)


def roles_of(user: User) -> list[str]:
    return sorted(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))

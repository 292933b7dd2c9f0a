"""Roles in the back office: a person's page, where two others change what the person may do."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ledger.models import AuditEntry
from tests.instants import NOON
from tests.rig.pages import words
from tests.rig.rows import ITS_OWN_REFUSAL, nothing_written
from tests.rig.staff import desk, person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon(settings, tmp_path):
    """It is noon, and nobody needs a second factor."""
    clock = tmp_path / "clock"
    clock.write_text(NOON.isoformat())
    settings.SANDBOX_CLOCK_FILE = str(clock)
    settings.STAFF_SECOND_FACTOR = False


@pytest.fixture
def officers() -> tuple[Client, Client]:
    """Two security officers, so that roles take two people."""
    return desk("security_admin"), desk("security_admin")


@pytest.fixture
def clerk(officers) -> User:
    return person()


def button(user: User, name: str) -> str:
    return reverse(f"admin:auth_user_{name.replace('-', '_')}", args=[user.pk])


def press(client: Client, user: User, name: str, **more: str):
    shown = client.get(button(user, name)).content.decode()
    found = re.search(r'name="shown_digest" value="([0-9a-f]{64})"', shown)
    digest = {"shown_digest": found[1]} if found else {}
    return client.post(button(user, name), {**digest, **more}, follow=True)


def ask(client: Client, user: User, *roles: str, **more: str):
    filled = {"roles": roles, "is_active": "on", "reason": "joins finance", **more}
    return client.post(button(user, "ask-roles"), filled, follow=True)


def roles_of(user: User) -> list[str]:
    return sorted(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


def test_one_asks_and_another_agrees(officers, clerk):
    # Given
    one, other = officers

    # When
    assert "Asked. Another person has to agree now" in words(ask(one, clerk, "finance_maker"))
    assert roles_of(clerk) == []
    shown = words(other.get(button(clerk, "approve-roles")))
    response = press(other, clerk, "approve-roles")

    # Then
    assert "finance_maker" in shown
    assert "Agreed." in words(response)
    assert roles_of(clerk) == ["finance_maker"]
    assert signed_in(User.objects.get(pk=clerk.pk)).get("/admin/").status_code == 200


def test_who_asked_does_not_agree(officers, clerk):
    # Given
    one, _other = officers
    ask(one, clerk, "finance_maker")

    # When, Then
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = press(one, clerk, "approve-roles")
    assert "Another person has to decide" in words(response)
    assert roles_of(clerk) == []


def test_nobody_asks_for_themselves(officers):
    # Given
    one, _other = officers
    self = User.objects.get(pk=one.session["_auth_user_id"])

    # When, Then
    assert "This is about yourself" in words(one.get(button(self, "ask-roles")))
    with nothing_written(but=ITS_OWN_REFUSAL):
        ask(one, self, "security_admin", "support")


def test_roles_that_nobody_has_together_are_refused_in_words(officers, clerk):
    # When
    with nothing_written(but=ITS_OWN_REFUSAL):
        response = ask(officers[0], clerk, "finance_maker", "finance_checker")

    # Then
    assert response.status_code == 422
    assert "finance_maker and finance_checker together" in words(response)


def test_a_no_needs_its_reason_and_changes_nothing(officers, clerk):
    # Given
    one, other = officers
    ask(one, clerk, "support")

    # When
    press(other, clerk, "reject-roles", reason="not yet")

    # Then
    assert roles_of(clerk) == []
    assert AuditEntry.objects.get(action="staff_roles.rejected").reason == "not yet"


def test_locking_out_signs_the_person_out_at_once(officers, clerk):
    # Given
    there = signed_in(clerk)
    assert there.get("/admin/").status_code == 200

    # When
    response = officers[0].post(button(clerk, "lock-out"), {"reason": "lost laptop"}, follow=True)

    # Then
    assert "Locked out." in words(response)
    assert there.get("/admin/").status_code == 302
    assert AuditEntry.objects.get(action="staff.locked_out").reason == "lost laptop"


@pytest.mark.parametrize("role", ["finance_head", "support", "auditor"])
def test_other_roles_have_no_such_buttons(role):
    # Given somebody who came before there were two security officers
    client, clerk = desk(role), person()

    # When, Then
    for name in ("ask-roles", "approve-roles", "lock-out"):
        with nothing_written(but=ITS_OWN_REFUSAL):
            assert client.post(button(clerk, name), {"reason": "x"}).status_code == 403

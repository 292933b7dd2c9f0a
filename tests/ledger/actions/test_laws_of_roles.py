# ruff: noqa: F811  fixtures are imported
"""What the database refuses of the roles of staff."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from ledger.models import ApprovalRequest
from tests.instants import NOON
from tests.ledger.actions.role_requests import ask, clerk, officers, roles_of  # noqa: F401
from tests.rig.attacks import refused, run_sql
from tests.rig.staff import person


class TestLaws:
    """What the database refuses, once there are two security officers."""

    @pytest.fixture
    def clerk(self, either_role, officers) -> User:
        return person()

    def group(self, name: str = "finance_head") -> Group:
        return Group.objects.get(name=name)

    def test_nobody_gets_a_role_past_two_people(self, clerk):
        with refused("were not agreed to by two people"):
            clerk.groups.add(self.group())
        with refused("were not agreed to by two people"):
            run_sql(
                "INSERT INTO auth_user_groups (user_id, group_id) VALUES (%s, %s)",
                clerk.pk,
                self.group().pk,
            )

    def test_nobody_loses_or_changes_one(self, clerk):
        with refused("were not agreed to by two people"):
            run_sql("DELETE FROM auth_user_groups")
        with refused("were not agreed to by two people"):
            run_sql("UPDATE auth_user_groups SET group_id = %s", self.group().pk)

    def test_fewer_officers_do_not_switch_the_laws_off(self, clerk, officers):
        # When somebody gets past the law to take an officer's role away, or the note of it
        with refused("were not agreed to by two people"):
            run_sql("DELETE FROM auth_user_groups WHERE user_id = %s", officers[0].pk)
        with refused("permission denied|written once"):
            run_sql("DELETE FROM ledger_installation")
        with refused("permission denied|written once"):
            run_sql("UPDATE ledger_installation SET is_installed = false")
        with refused("permission denied|written once"):
            run_sql("TRUNCATE ledger_installation")

        # Then
        with refused("were not agreed to by two people"):
            clerk.groups.add(self.group())

    def test_nobody_becomes_a_superuser(self, clerk):
        with refused("nobody becomes a superuser"):
            User.objects.filter(pk=clerk.pk).update(is_superuser=True)
        with refused("nobody becomes a superuser"):
            User.objects.create_superuser("root", "root@example.com", "x")

    def test_nobody_comes_in_by_one_word(self, clerk):
        # Given
        User.objects.filter(pk=clerk.pk).update(is_active=False, is_staff=False)

        # When, Then
        with refused("was not agreed to by two people"):
            User.objects.filter(pk=clerk.pk).update(is_active=True)
        with refused("was not agreed to by two people"):
            User.objects.filter(pk=clerk.pk).update(is_staff=True)

    @pytest.mark.django_db
    def test_the_application_changes_no_rights_of_a_role(self, officers):
        # Given
        permission = Permission.objects.first()

        # When, Then
        with refused("changed by migrations only"):
            self.group("support").permissions.add(permission)
        with refused("changed by migrations only"):
            person().user_permissions.add(permission)
        with refused("changed by migrations only"):
            Group.objects.create(name="another")
        with refused("changed by migrations only"):
            Group.objects.filter(name="security_admin").update(name="nobody")

    @pytest.mark.django_db
    def test_before_that_an_installation_can_begin(self):
        # When
        clerk = person()
        clerk.groups.add(self.group())

        # Then
        assert roles_of(clerk) == ["finance_head"]


@pytest.mark.django_db
def test_an_agreement_about_another_role_is_worth_nothing(officers, clerk):
    # Given an approved request about support
    request = ask(clerk, "support", by=officers[0])
    run_sql(
        "INSERT INTO ledger_approvaldecision (request_id, maker, approver, decision, digest,"
        " second_factor, reason, at)"
        " SELECT id, maker, 'user:0', 'approve', digest, 'totp', '', created_at"
        " FROM ledger_approvalrequest"
    )
    ApprovalRequest.objects.filter(pk=request.pk).update(state="approved", decided_at=NOON)

    # When, Then
    with refused("were not agreed to by two people"):
        clerk.groups.add(Group.objects.get(name="finance_head"))
    clerk.groups.add(Group.objects.get(name="support"))


def test_migrations_still_change_what_a_role_may_do(scratch):
    # Given two security officers, and the owner of the tables at work
    person("security_admin"), person("security_admin")
    support = Group.objects.get(name="support")

    # When
    support.permissions.clear()

    # Then
    assert support.permissions.count() == 0

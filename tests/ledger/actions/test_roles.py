"""Roles of the staff: asked for by one, agreed to by another, never by the person concerned."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from ledger.actions.approvals import Decider
from ledger.actions.roles import approve_roles, lock_out, reject_roles, request_roles
from ledger.errors import (
    AlreadyDecidedError,
    ApprovalClosedError,
    IncompatibleRolesError,
    LastOfficersError,
    OwnRolesError,
    RoleReasonMissingError,
    RolesNotAskedError,
    RolesUnchangedError,
    SelfApprovalError,
    StaleApprovalError,
    UnknownPersonError,
    UnknownRoleError,
)
from ledger.models import ApprovalRequest, AuditEntry
from ledger.queries.roles import APART
from tests.instants import NEXT_NOON, NOON
from tests.rig.attacks import refused, run_sql
from tests.rig.rows import nothing_written
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


def decider(user: User) -> Decider:
    return Decider(actor(user), client_ip="192.0.2.7", request_id="req_2", second_factor="totp")


def ask(clerk: User, *roles: str, by: User, **other) -> ApprovalRequest:
    told = {"actor": actor(by), "at": NOON, "reason": "joins finance", **other}
    return request_roles(clerk.pk, roles, **told)


def agree(clerk: User, request: ApprovalRequest, *, by: User) -> ApprovalRequest:
    return approve_roles(
        clerk.pk, shown_digest=bytes(request.digest), decider=decider(by), at=NEXT_NOON
    )


def roles_of(user: User) -> list[str]:
    return sorted(User.objects.get(pk=user.pk).groups.values_list("name", flat=True))


@pytest.mark.django_db
class TestRoles:
    """What two people do about a third."""

    def test_are_given_and_taken_when_another_agrees(self, officers, clerk):
        # Given
        one, other = officers
        agree(clerk, ask(clerk, "finance_maker", "support", by=one), by=other)
        assert roles_of(clerk) == ["finance_maker", "support"]

        # When
        request = ask(clerk, "support", by=other)
        assert roles_of(clerk) == ["finance_maker", "support"]
        agree(clerk, request, by=one)

        # Then
        assert roles_of(clerk) == ["support"]
        assert ApprovalRequest.objects.get(pk=request.pk).state == "executed"
        row = AuditEntry.objects.get(action="staff_roles.changed", actor=actor(one))
        assert (row.subject, row.client_ip, row.request_id) == (
            actor(clerk),
            "192.0.2.7",
            "req_2",
        )
        assert row.before["roles"] == ["finance_maker", "support"]
        assert row.after["roles"] == ["support"]

    def test_let_somebody_in_again_who_was_locked_out(self, officers, clerk):
        # Given
        one, other = officers
        lock_out(clerk.pk, actor=actor(one), at=NOON, reason="lost laptop")
        assert not User.objects.get(pk=clerk.pk).is_active

        # When
        agree(clerk, ask(clerk, "support", by=one), by=other)

        # Then
        assert User.objects.get(pk=clerk.pk).is_active
        assert AuditEntry.objects.get(action="staff.locked_out").reason == "lost laptop"

    def test_refuses_who_asked(self, officers, clerk):
        # Given
        one, _other = officers
        request = ask(clerk, "support", by=one)

        # When, Then
        with nothing_written(), pytest.raises(SelfApprovalError):
            agree(clerk, request, by=one)
        assert roles_of(clerk) == []

    def test_refuses_the_person_concerned(self, officers, clerk):
        # Given
        one, other = officers

        # When, Then
        with nothing_written(), pytest.raises(OwnRolesError):
            ask(one, "security_admin", "support", by=one)
        request = ask(other, "security_admin", "support", by=one)
        with nothing_written(), pytest.raises(OwnRolesError):
            agree(other, request, by=other)
        with nothing_written(), pytest.raises(OwnRolesError):
            lock_out(one.pk, actor=actor(one), at=NOON, reason="holiday")

    @pytest.mark.parametrize("pair", APART)
    def test_refuses_roles_that_nobody_has_together(self, officers, clerk, pair):
        with nothing_written(), pytest.raises(IncompatibleRolesError):
            ask(clerk, *pair, by=officers[0])

    def test_refuses_what_cannot_be_meant(self, officers, clerk):
        one, _other = officers
        with nothing_written(), pytest.raises(UnknownRoleError):
            ask(clerk, "emperor", by=one)
        with nothing_written(), pytest.raises(RolesUnchangedError):
            ask(clerk, by=one)
        with nothing_written(), pytest.raises(RoleReasonMissingError):
            ask(clerk, "support", by=one, reason="  ")
        with nothing_written(), pytest.raises(UnknownPersonError):
            request_roles(10**9, ["support"], actor=actor(one), at=NOON, reason="a ghost")

    def test_two_officers_remain(self, officers):
        # Given
        one, other = officers
        with nothing_written(), pytest.raises(LastOfficersError):
            ask(other, by=one)

        # When there is a third
        third = person()
        agree(third, ask(third, "security_admin", by=one), by=other)

        # Then
        agree(other, ask(other, by=one), by=third)
        assert roles_of(other) == []

    def test_one_request_about_a_person_waits_at_a_time(self, officers, clerk):
        # Given
        ask(clerk, "support", by=officers[0])

        # When, Then
        with nothing_written(), pytest.raises(ApprovalClosedError):
            ask(clerk, "finance_maker", by=officers[1])

    def test_refuses_what_has_changed_since_it_was_shown(self, officers, clerk):
        # Given the person was locked out after the request
        one, other = officers
        request = ask(clerk, "support", by=one)
        lock_out(clerk.pk, actor=actor(other), at=NOON, reason="lost laptop")

        # When, Then
        with nothing_written(), pytest.raises(StaleApprovalError):
            agree(clerk, request, by=other)

    def test_a_no_leaves_them_as_they_were(self, officers, clerk):
        # Given
        one, other = officers
        request = ask(clerk, "support", by=one)

        # When
        reject_roles(
            clerk.pk,
            shown_digest=bytes(request.digest),
            decider=decider(other),
            at=NEXT_NOON,
            reason="not yet",
        )

        # Then
        assert roles_of(clerk) == []
        with nothing_written(), pytest.raises((RolesNotAskedError, AlreadyDecidedError)):
            agree(clerk, request, by=other)


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

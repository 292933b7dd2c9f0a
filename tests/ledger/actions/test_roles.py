# ruff: noqa: F811  fixtures are imported
"""Roles of the staff: asked for by one, agreed to by another, never by the person concerned."""

import pytest
from django.contrib.auth.models import User

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
from tests.ledger.actions.role_requests import actor, ask, clerk, officers, roles_of  # noqa: F401
from tests.rig.rows import nothing_written
from tests.rig.staff import person


def decider(user: User) -> Decider:
    return Decider(actor(user), client_ip="192.0.2.7", request_id="req_2", second_factor="totp")


def agree(clerk: User, request: ApprovalRequest, *, by: User) -> ApprovalRequest:
    return approve_roles(
        clerk.pk, shown_digest=bytes(request.digest), decider=decider(by), at=NEXT_NOON
    )


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

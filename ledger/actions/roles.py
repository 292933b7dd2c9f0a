"""What people of the staff may do: asked for by one, agreed to by another, never by themselves.

Roles are groups that migrations made. The database gives and takes them only while a request
about exactly these is approved; it does so from the moment on that two people are security
officers, so that an installation can begin.
"""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group, User
from django.db import transaction

from ledger import locks
from ledger.actions import approvals
from ledger.actions.approvals import Decider
from ledger.actions.audit import record_audit
from ledger.errors import (
    IncompatibleRolesError,
    LastOfficersError,
    OutsiderRolesError,
    OwnRolesError,
    RoleReasonMissingError,
    RolesNotAskedError,
    RolesUnchangedError,
    StaleApprovalError,
    UnknownPersonError,
    UnknownRoleError,
)
from ledger.models import ApprovalRequest
from ledger.queries.roles import (
    APART,
    OFFICERS_MIN,
    ROLES_KIND,
    SECURITY_OFFICER,
    acts_for_others,
    officers_besides,
    open_role_request,
    roles_payload,
)
from ledger.states import ApprovalState


@transaction.atomic(durable=True)
def request_roles(
    user_id: int,
    roles: Collection[str],
    *,
    is_active: bool = True,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> ApprovalRequest:
    """Ask that a person has exactly these roles, and may sign in. Nothing changes before.

    Raises RoleReasonMissingError, UnknownPersonError, UnknownRoleError, IncompatibleRolesError
    for roles that nobody may have together, OutsiderRolesError for somebody who acts for a
    merchant, OwnRolesError for the person concerned, RolesUnchangedError, LastOfficersError, or
    ApprovalClosedError when it was asked for before; nothing is written then.
    """
    _require_reason(reason)
    user = _locked(user_id)
    wanted = sorted(set(roles))
    _require_together(wanted)
    _require_insider(user, wanted)
    if actor == f"user:{user.pk}":
        raise OwnRolesError
    payload = roles_payload(user, wanted, is_active=is_active)
    if (payload["roles"], is_active) == (payload["roles_was"], user.is_active):
        raise RolesUnchangedError(person=user.get_username())
    _require_officers(user, payload["roles_was"], wanted)
    request = approvals.request_approval(
        kind=ROLES_KIND,
        object_type="user",
        object_id=str(user.pk),
        payload=payload,
        maker=actor,
        at=at,
    )
    record_audit(
        action="staff_roles.requested",
        subject=f"user:{user.pk}",
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"roles": payload["roles_was"], "is_active": user.is_active},
        after={"roles": wanted, "is_active": is_active},
    )
    return request


@transaction.atomic(durable=True)
def approve_roles(
    user_id: int, *, shown_digest: bytes, decider: Decider, at: datetime
) -> ApprovalRequest:
    """Agree to the roles that were shown; they are given and taken at once.

    Raises RolesNotAskedError, LastOfficersError, OwnRolesError for the person concerned,
    OutsiderRolesError for who acts for a merchant by now, SelfApprovalError for who asked,
    StaleApprovalError when the person's roles have changed since, ApprovalExpiredError or
    AlreadyDecidedError; nothing is written then.
    """
    user = _locked(user_id)
    asked = _asked(user)
    if decider.actor == f"user:{user.pk}":
        raise OwnRolesError
    wanted, is_active = list(asked.payload["roles"]), bool(asked.payload["is_active"])
    request = approvals.decide(
        asked.pk, is_approved=True, shown_digest=shown_digest, decider=decider, at=at
    )
    if request.state != ApprovalState.APPROVED:
        return request
    payload = roles_payload(user, wanted, is_active=is_active)
    if approvals.digest_of(payload) != bytes(request.digest):
        raise StaleApprovalError(object_id=user.get_username())
    _require_officers(user, payload["roles_was"], wanted)
    _require_insider(user, wanted)
    user.groups.set(Group.objects.filter(name__in=wanted))
    user.is_staff = bool(wanted) or user.is_staff
    user.is_active = is_active
    user.save(update_fields=["is_staff", "is_active"])
    approvals.execute_unchanged({request.pk: payload}, at=at)
    record_audit(
        action="staff_roles.changed",
        subject=f"user:{user.pk}",
        actor=decider.actor,
        at=at,
        client_ip=decider.client_ip,
        request_id=decider.request_id,
        before={"roles": payload["roles_was"], "is_active": payload["is_active_was"]},
        after={"roles": wanted, "is_active": is_active},
    )
    return request


@transaction.atomic(durable=True)
def reject_roles(
    user_id: int, *, shown_digest: bytes, decider: Decider, at: datetime, reason: str
) -> ApprovalRequest:
    """Say no: the person's roles stay as they are.

    Raises RoleReasonMissingError and what `approve_roles` raises; nothing is written then.
    """
    _require_reason(reason)
    user = _locked(user_id)
    if decider.actor == f"user:{user.pk}":
        raise OwnRolesError
    return approvals.decide(
        _asked(user).pk,
        is_approved=False,
        shown_digest=shown_digest,
        decider=decider,
        at=at,
        reason=reason,
    )


@transaction.atomic(durable=True)
def lock_out(
    user_id: int,
    *,
    actor: str,
    at: datetime,
    reason: str,
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Let a person sign in no more, at once and by one person's word; whoever is in is put out.

    Letting them in again takes two people. Doing it again changes nothing.

    Raises RoleReasonMissingError, UnknownPersonError or OwnRolesError; nothing is written then.
    """
    _require_reason(reason)
    user = _locked(user_id)
    if actor == f"user:{user.pk}":
        raise OwnRolesError
    if not user.is_active:
        return
    user.is_active = False
    user.save(update_fields=["is_active"])
    record_audit(
        action="staff.locked_out",
        subject=f"user:{user.pk}",
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"is_active": True},
        after={"is_active": False},
    )


def _locked(user_id: int) -> User:
    try:
        return locks.locked_user(user_id)
    except User.DoesNotExist:
        raise UnknownPersonError from None


def _asked(user: User) -> ApprovalRequest:
    request = open_role_request(user.pk)
    if request is None:
        raise RolesNotAskedError(person=user.get_username())
    return request


def _require_together(wanted: Collection[str]) -> None:
    """Refuse roles that are none, and those that would let one person do two people's part."""
    known = set(Group.objects.filter(name__in=wanted).values_list("name", flat=True))
    if unknown := sorted(set(wanted) - known):
        raise UnknownRoleError(role=unknown[0])
    for one, other in APART:
        if one in wanted and other in wanted:
            raise IncompatibleRolesError(one=one, other=other)


def _require_insider(user: User, wanted: Collection[str]) -> None:
    """Refuse any role to who acts for others: under two names one person would be two people."""
    if wanted and acts_for_others(user.pk):
        raise OutsiderRolesError(person=user.get_username())


def _require_officers(user: User, was: Collection[str], wanted: Collection[str]) -> None:
    """Refuse to leave fewer security officers than can agree on anything."""
    is_taken = SECURITY_OFFICER in was and SECURITY_OFFICER not in wanted
    if is_taken and officers_besides(user) < OFFICERS_MIN:
        raise LastOfficersError


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise RoleReasonMissingError

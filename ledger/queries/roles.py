"""What people of the staff may do, what is asked for, and which roles are kept apart."""

from collections.abc import Callable, Collection
from typing import Any, Final

from django.contrib.auth.models import User

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState

ROLES_KIND: Final = "staff_roles"
"""The kind of requests about a person's roles."""

SECURITY_OFFICER: Final = "security_admin"
"""The role that asks for and agrees to roles."""

OFFICERS_MIN: Final = 2
"""Fewer could not agree on anything any more."""

APART: Final = (
    ("finance_maker", "finance_checker"),
    ("finance_maker", "finance_head"),
    ("finance_maker", "security_admin"),
    ("finance_checker", "security_admin"),
    ("finance_head", "security_admin"),
    ("auditor", "finance_maker"),
    ("auditor", "finance_checker"),
    ("auditor", "finance_head"),
    ("auditor", "risk_officer"),
    ("auditor", "security_admin"),
)
"""Roles that one person never has together: who prepares does not approve, who gives roles has
none about money, and who looks on does nothing."""


_outsiders: list[Callable[[int], bool]] = []


def keep_outsiders_apart(is_outsider: Callable[[int], bool]) -> None:
    """Let an app say, by the key of a user, who acts for others and so is never staff."""
    if is_outsider not in _outsiders:
        _outsiders.append(is_outsider)


def acts_for_others(user_id: int) -> bool:
    """Tell whether a person acts for others at some door, and so may not decide in the house."""
    return any(is_outsider(user_id) for is_outsider in _outsiders)


def roles_payload(user: User, wanted: Collection[str], *, is_active: bool) -> dict[str, Any]:
    """Return what people are shown and agree to: the roles that are asked for, and those that are.

    Roles are in order of their names, so that the same roles give the same digest.
    """
    return {
        "user": f"user:{user.pk}",
        "username": user.get_username(),
        "roles": sorted(wanted),
        "roles_was": sorted(user.groups.values_list("name", flat=True)),
        "is_active": is_active,
        "is_active_was": user.is_active,
    }


def officers_besides(user: User) -> int:
    """Count the security officers other than this person."""
    return User.objects.filter(groups__name=SECURITY_OFFICER).exclude(pk=user.pk).count()


def open_role_request(user_id: int) -> ApprovalRequest | None:
    """Return the request about a person's roles that waits for a decision."""
    return ApprovalRequest.objects.filter(
        kind=ROLES_KIND, object_id=str(user_id), state=ApprovalState.PENDING
    ).first()


def latest_role_request(user_id: int) -> ApprovalRequest | None:
    """Return the newest request about a person's roles, decided or not."""
    return (
        ApprovalRequest.objects.filter(kind=ROLES_KIND, object_id=str(user_id))
        .order_by("-created_at", "-pk")
        .first()
    )

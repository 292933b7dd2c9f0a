"""The ledger's only locks on rows that Python takes; balances are locked by their trigger."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState


def locked_approval(request_id: str) -> ApprovalRequest:
    """Return the request, locked until the transaction ends.

    Raises ApprovalRequest.DoesNotExist.
    """
    return ApprovalRequest.objects.select_for_update().get(pk=request_id)


def locked_approvals(request_ids: Collection[str]) -> list[ApprovalRequest]:
    """Return requests in id order, locked until the transaction ends."""
    return list(
        ApprovalRequest.objects.select_for_update().filter(pk__in=request_ids).order_by("pk")
    )


def locked_expired_approval(*, kind: str, object_id: str, at: datetime) -> ApprovalRequest | None:
    """Return the request about an object that nobody decided on in time, locked, or None."""
    return (
        ApprovalRequest.objects.select_for_update()
        .filter(kind=kind, object_id=object_id, state=ApprovalState.PENDING, expires_at__lte=at)
        .first()
    )


def locked_user(user_id: int) -> User:
    """Return the person, locked until the transaction ends. Raises User.DoesNotExist."""
    return User.objects.select_for_update().get(pk=user_id)

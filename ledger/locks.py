"""The ledger's only locks on rows that Python takes; balances are locked by their trigger."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models.functions import Now

from ledger.models import ApprovalRequest, Job
from ledger.states import ApprovalState

_OPEN = (ApprovalState.PENDING, ApprovalState.APPROVED)


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
    """Return the request about an object whose time ran out before its deed, locked, or None."""
    return (
        ApprovalRequest.objects.select_for_update()
        .filter(kind=kind, object_id=object_id, state__in=_OPEN, expires_at__lte=at)
        .first()
    )


def locked_user(user_id: int) -> User:
    """Return the person, locked until the transaction ends. Raises User.DoesNotExist."""
    return User.objects.select_for_update().get(pk=user_id)


def locked_job(job_id: int) -> tuple[Job, datetime]:
    """Return the job, locked until the transaction ends, and the machines' time (UTC).

    Raises Job.DoesNotExist.
    """
    job = Job.objects.select_for_update().annotate(machine_at=Now()).get(pk=job_id)
    return job, job.machine_at


def locked_due_approvals(*, at: datetime, limit: int) -> list[ApprovalRequest]:
    """Return open requests whose time has run out, locked, in id order.

    Those that somebody else works on are left for the next time.
    """
    return list(
        ApprovalRequest.objects.select_for_update(skip_locked=True)
        .filter(state__in=_OPEN, expires_at__lte=at)
        .order_by("pk")[:limit]
    )

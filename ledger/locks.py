"""The ledger's only locks on rows that Python takes; balances are locked by their trigger."""

from collections.abc import Collection

from ledger.models import ApprovalRequest


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

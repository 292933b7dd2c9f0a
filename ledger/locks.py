"""The ledger's only locks on rows that Python takes; balances are locked by their trigger."""

from ledger.models import ApprovalRequest


def locked_approval(request_id: str) -> ApprovalRequest:
    """Return the request, locked until the transaction ends.

    Raises ApprovalRequest.DoesNotExist.
    """
    return ApprovalRequest.objects.select_for_update().get(pk=request_id)

"""Asking a channel now what became of a refund, because a person wants to know."""

from datetime import datetime

from django.db import transaction

from ledger import jobs
from ledger.actions.audit import record_audit
from ledger.errors import IllegalMoveError
from payments import states
from payments.actions.operations import ASKABLE
from payments.actions.refund_submissions import locked_refund
from payments.models import Refund
from payments.states import OperationStatus

ANSWERABLE = (*ASKABLE, OperationStatus.MANUAL_REVIEW)
"""Where an order may stand when a person has it asked about; one at rest is asked once more."""


def may_be_asked_about(refund: Refund) -> bool:
    """Tell whether a channel can be asked what became of a refund."""
    return refund.operation is not None and refund.operation.status in ANSWERABLE


@transaction.atomic(durable=True)
def ask_about_refund(
    refund_id: str,
    *,
    actor: str,
    at: datetime,
    client_ip: str | None = None,
    request_id: str = "",
) -> Refund:
    """Have a worker ask the channel after COMMIT. Only its verified answer moves the refund.

    Asking twice asks once, while the first question waits.

    Raises RefundNotFoundError, or IllegalMoveError when nothing of it is open at a channel;
    nothing is written then.
    """
    refund = locked_refund(refund_id)
    if not may_be_asked_about(refund):
        status = refund.get_status_display()
        raise IllegalMoveError(noun=states.REFUND.noun, current=status, new=status)
    assert refund.operation is not None, "what may be asked about has its order"
    is_at_rest = refund.operation.status == OperationStatus.MANUAL_REVIEW
    jobs.defer(
        "payments.query_refund",
        at=at,
        queueing_lock=f"{refund.pk}:asked",
        refund_id=refund.pk,
        is_notified=is_at_rest,
    )
    record_audit(
        action="refund.asked_about",
        subject=refund.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
    )
    return refund

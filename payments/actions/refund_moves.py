"""Moving a refund to its next state, with all that is told of it."""

from datetime import datetime

from ledger import jobs
from ledger.actions.audit import record_audit
from payments import states
from payments.actions import parked_moves
from payments.actions.events import record_event
from payments.models import Refund
from payments.states import RefundStatus


def move(
    refund: Refund,
    status: RefundStatus,
    *,
    actor: str,
    at: datetime,
    code: str = "",
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Move a locked refund on, with its event and audit row. A part.

    Raises IllegalMoveError.
    """
    was = refund.status
    states.REFUND.require_move(was, status)
    refund.status = status
    refund.status_code = code[:80]
    refund.save(
        update_fields=[
            "status",
            "status_code",
            "operation",
            "approval",
            "succeeded_at",
            "payer_minor",
            "settled_minor",
        ]
    )
    if refund.parked_id is not None:
        parked_moves.follow_refund(refund, actor=actor, at=at)
    tell(
        refund,
        actor=actor,
        at=at,
        was=was,
        reason=reason,
        client_ip=client_ip,
        request_id=request_id,
    )


def contradict(refund: Refund, *, actor: str, at: datetime) -> None:
    """Note that the channel says it made a refund that failed here. A part; twice tells once.

    The refund stays failed and nothing is booked: its money was given back, and people decide. So
    does one that was paid by hand: its payer has the money twice.
    """
    if refund.status_code in (states.CONTRADICTED, states.CONTRADICTION_ENDED):
        return
    refund.status_code = states.CONTRADICTED
    refund.save(update_fields=["status_code"])
    tell(refund, kind="refund.contradicted", actor=actor, at=at)


def tell(
    refund: Refund,
    *,
    actor: str,
    at: datetime,
    kind: str = "",
    was: str = "",
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Write the event and the audit row of a refund's new state, or of `kind`. A part.

    `was` is the status that it came from, where that changed.
    """
    snapshot = {
        "status": refund.status,
        "payment": refund.payment_id,
        "amount": refund.amount_minor,
        "currency": refund.currency,
        "merchant_refund_no": refund.merchant_refund_no,
    }
    if refund.status_code:
        snapshot["code"] = refund.status_code
    kind = kind or f"refund.{refund.status}"
    record_event(kind=kind, subject=refund.pk, at=at, payload=snapshot)
    record_audit(
        action=kind,
        subject=refund.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"status": was} if was else {},
        after=snapshot,
    )


def call_the_waiting(*, at: datetime) -> None:
    """Have refunds that wait for their merchants' money tried again, if there are any. A part."""
    if Refund.objects.filter(status=RefundStatus.FUNDING_REQUIRED).exists():
        jobs.defer("payments.fund_refunds", at=at, queueing_lock="payments.fund_refunds")

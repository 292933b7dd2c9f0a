"""Moving a payment to its next state, with all that is told of it."""

from datetime import datetime

from ledger.actions.audit import record_audit
from payments.actions.events import record_event
from payments.models import Payment
from payments.states import PaymentStatus


def move(
    payment: Payment, status: PaymentStatus, *, actor: str, at: datetime, code: str = ""
) -> None:
    """Move a locked payment on, with its event and audit row. A part."""
    was = payment.status
    payment.status = status
    payment.status_code = code
    payment.save(
        update_fields=[
            "status",
            "status_code",
            "method",
            "client_ip",
            "payer_account",
            "paid_at",
        ]
    )
    tell(payment, f"payment.{status}", actor=actor, at=at, was=was)


def tell_code(payment: Payment, kind: str, *, code: str, actor: str, at: datetime) -> None:
    """Keep a reason on a locked payment that stays where it is, and tell it. A part."""
    payment.status_code = code
    payment.save(update_fields=["status_code", "method", "client_ip", "payer_account"])
    tell(payment, kind, actor=actor, at=at)


def tell(payment: Payment, kind: str, *, actor: str, at: datetime, was: str = "") -> None:
    """Write the event and the audit row of what just happened to the payment. A part.

    `was` is the status that it came from, where that changed.
    """
    snapshot = {
        "status": payment.status,
        "amount": payment.amount_minor,
        "currency": payment.currency,
        "merchant_order_no": payment.merchant_order_no,
    }
    if payment.status_code:
        snapshot["code"] = payment.status_code
    record_event(kind=kind, subject=payment.id, at=at, payload=snapshot)
    record_audit(
        action=kind,
        subject=payment.id,
        actor=actor,
        at=at,
        before={"status": was} if was else {},
        after=snapshot,
    )

"""Moving a capture to its next state, with all that is told of it."""

from datetime import datetime

from ledger.actions.audit import record_audit
from payments import capture_states
from payments.actions.events import record_event
from payments.capture_states import CaptureStatus
from payments.models import Capture
from payments.states import CONTRADICTED, CONTRADICTION_ENDED


def move(
    capture: Capture, status: CaptureStatus, *, actor: str, at: datetime, code: str = ""
) -> None:
    """Move a locked capture on, with its event and audit row. A part.

    Raises IllegalMoveError.
    """
    was = capture.status
    capture_states.CAPTURE.require_move(was, status)
    capture.status = status
    capture.status_code = code[:80]
    changed = ["status", "status_code", "succeeded_at", "payer_minor", "settled_minor"]
    capture.save(update_fields=changed)
    tell(capture, actor=actor, at=at, was=was)


def contradict(capture: Capture, *, actor: str, at: datetime) -> None:
    """Note that the channel says it took what failed here. A part; twice tells once.

    The capture stays failed and nothing is booked: its share was freed, and people decide.
    """
    if capture.status_code in (CONTRADICTED, CONTRADICTION_ENDED):
        return
    capture.status_code = CONTRADICTED
    capture.save(update_fields=["status_code"])
    tell(capture, kind="capture.contradicted", actor=actor, at=at)


def tell(
    capture: Capture,
    *,
    actor: str,
    at: datetime,
    kind: str = "",
    was: str = "",
    reason: str = "",
    client_ip: str | None = None,
    request_id: str = "",
) -> None:
    """Write the event and the audit row of a capture's state, or of `kind`. A part.

    `was` is the status that it came from, where that changed.
    """
    snapshot = {
        "status": capture.status,
        "payment": capture.payment_id,
        "amount": capture.amount_minor,
        "currency": capture.currency,
        "is_final": capture.is_final,
    }
    if capture.status_code:
        snapshot["code"] = capture.status_code
    kind = kind or f"capture.{capture.status}"
    record_event(kind=kind, subject=capture.pk, at=at, payload=snapshot)
    record_audit(
        action=kind,
        subject=capture.pk,
        actor=actor,
        at=at,
        client_ip=client_ip,
        request_id=request_id,
        reason=reason,
        before={"status": was} if was else {},
        after=snapshot,
    )

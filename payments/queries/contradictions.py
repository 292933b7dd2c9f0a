"""What people are asked to agree to of an order whose channel contradicts how it ended here."""

from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ledger.models import ApprovalRequest
from payments.capture_states import CaptureStatus
from payments.models import Capture, ChannelOperation, OperationKind, Refund, Void
from payments.queries.order_resolutions import Resolution
from payments.states import CONTRADICTED, CONTRADICTION_ENDED

APPROVAL_KIND = "contradiction"

Noun = Refund | Capture | Void

IN_DOUBT = (CONTRADICTED, CONTRADICTION_ENDED)
"""Of what people may say what is true; better evidence may come after they have said it."""


class TruthOf(TextChoices):
    """What really became of an order."""

    MADE = "made", _("the channel did it")
    NOT_MADE = "not_made", _("the channel did not do it")


def noun_of(operation: ChannelOperation) -> Noun | None:
    """Return the refund, capture or void that an order serves; None for others."""
    if operation.kind == OperationKind.REFUND:
        return Refund.objects.filter(pk=operation.subject).first()
    if operation.kind == OperationKind.CAPTURE:
        return Capture.objects.filter(pk=operation.subject).first()
    if operation.kind == OperationKind.VOID:
        return Void.objects.filter(pk=operation.subject).first()
    return None


def is_contradicted(operation: ChannelOperation) -> bool:
    """Tell whether the channel says of an order that it went otherwise than it ended here.

    Also where two people have ended that: they may say otherwise by better evidence.
    """
    noun = noun_of(operation)
    return noun is not None and noun.status_code in IN_DOUBT


def has_ended_otherwise(noun: Noun) -> bool:
    """Tell whether a void failed, and what it was to give back is held no more all the same."""
    return (
        isinstance(noun, Void)
        and noun.status == CaptureStatus.FAILED
        and noun.authorisation.ended_at is not None
    )


def latest_contradiction(operation_id: str) -> ApprovalRequest | None:
    """Return the newest request about what really became of an order, open or not."""
    requests = ApprovalRequest.objects.filter(kind=APPROVAL_KIND, object_id=operation_id)
    return requests.order_by("created_at", "pk").last()


def contradiction_payload(
    operation: ChannelOperation, noun: Noun, truth: Resolution
) -> dict[str, Any]:
    """Return what two people agree to: which order, what really became of it, and the proof."""
    return {
        "order": operation.pk,
        "kind": operation.kind,
        "serves": operation.subject,
        "channel_account": operation.channel_account_id,
        "channel_no": operation.channel_no,
        "amount_minor": operation.amount_minor,
        "currency": operation.currency,
        "status": noun.status,
        "way": truth.outcome,
        "evidence": truth.evidence,
        "reference": truth.reference,
        "note": truth.note,
    }


def truth_of(request: ApprovalRequest) -> Resolution:
    """Return what a request says."""
    asked = request.payload
    return Resolution(
        outcome=str(asked["way"]),
        evidence=str(asked["evidence"]),
        reference=str(asked["reference"]),
        note=str(asked["note"]),
    )

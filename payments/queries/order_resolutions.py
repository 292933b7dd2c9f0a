"""What people were asked to agree to of an order that no channel answered for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from ledger.models import ApprovalRequest
from ledger.states import ApprovalState
from payments.channels import registry
from payments.channels.base import NumberedOrder
from payments.models import Capturing, ChannelOperation, OperationKind, Payment, RefundRemedy


class ResolvedAs(TextChoices):
    """What became of an order, by its evidence."""

    SUCCEEDED = "succeeded", _("the channel did it")
    FAILED = "failed", _("the channel did not and will not do it")


class Evidence(TextChoices):
    """What shows what became of an order."""

    CHANNEL_BILL = "channel_bill", _("the channel's bill of the day and the next")
    CHANNEL_LETTER = "channel_letter", _("the channel's written answer")
    CHANNEL_PORTAL = "channel_portal", _("the channel's own merchant pages")
    BANK_STATEMENT = "bank_statement", _("a bank statement")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What somebody says became of an order: the proof, where it is found, and what it says.

    `happened_at` is when the channel did it, aware UTC, as the proof says; None if it does not.
    `channel_ref` is the channel's own number of what it did, as the proof says; "" if it does not.
    """

    outcome: str
    evidence: str
    reference: str
    note: str
    happened_at: datetime | None = None
    channel_ref: str = ""


def latest_resolution(operation_id: str) -> ApprovalRequest | None:
    """Return the newest request about an order's outcome, open or not."""
    return _requests_about(operation_id).order_by("created_at", "pk").last()


def agreed_resolution(operation: ChannelOperation) -> ApprovalRequest | None:
    """Return what two people agreed became of an order in review and a worker is to record yet.

    Whatever was asked for after it. What they agreed to is of one review: an order that was
    delivered another way since, which only a refund is, comes into review anew.
    """
    agreed = _requests_about(operation.pk).filter(state=ApprovalState.EXECUTED)
    request = agreed.order_by("created_at", "pk").last()
    if request is None or request.pk == operation.resolution:
        return None
    is_since = Q(approval__created_at__gt=request.created_at) | Q(
        approval__created_at=request.created_at, approval_id__gt=request.pk
    )
    ways = RefundRemedy.objects.filter(
        is_since, refund__operation=operation, approval__state=ApprovalState.EXECUTED
    )
    is_of_before = operation.kind == OperationKind.REFUND and ways.exists()
    return None if is_of_before else request


def _requests_about(operation_id: str) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(kind="operation_resolution", object_id=operation_id)


def resolution_of(request: ApprovalRequest) -> Resolution:
    """Return what a request asks for."""
    asked = request.payload
    return Resolution(
        outcome=str(asked["outcome"]),
        evidence=str(asked["evidence"]),
        reference=str(asked["reference"]),
        note=str(asked["note"]),
        happened_at=datetime.fromisoformat(told) if (told := asked.get("happened_at")) else None,
        channel_ref=str(asked.get("channel_ref", "")),
    )


def needs_number(operation: ChannelOperation) -> bool:
    """Tell whether what may come after an order has to name it by the channel's own number."""
    kind = OperationKind(operation.kind)
    if kind not in (OperationKind.PAY, OperationKind.CAPTURE):
        return False
    what = NumberedOrder.CAPTURE
    if kind == OperationKind.PAY:
        held = Payment.objects.filter(
            attempts__operation=operation, capture_mode=Capturing.MANUAL
        ).exists()
        what = NumberedOrder.HOLD if held else NumberedOrder.PAYMENT
    return what in registry.TRAITS[operation.channel_account.channel].needs_number_of


def resolution_payload(operation: ChannelOperation, resolution: Resolution) -> dict[str, Any]:
    """Return what two people agree to: which order, what became of it, and the proof."""
    return {
        "order": operation.pk,
        "kind": operation.kind,
        "serves": operation.subject,
        "channel_account": operation.channel_account_id,
        "channel_no": operation.channel_no,
        "amount_minor": operation.amount_minor,
        "currency": operation.currency,
        "status": operation.status,
        "outcome": resolution.outcome,
        "evidence": resolution.evidence,
        "reference": resolution.reference,
        "note": resolution.note,
        **({"happened_at": told.isoformat()} if (told := resolution.happened_at) else {}),
        **({"channel_ref": resolution.channel_ref} if resolution.channel_ref else {}),
    }

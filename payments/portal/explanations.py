"""What the states of payments and refunds mean to the merchant whose money it is."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from payments.capture_states import CaptureStatus
from payments.models import MemberRole, Refund
from payments.states import CONTRADICTED, PaymentStatus, RefundStatus

MAY_REFUND = (MemberRole.OWNER, MemberRole.OPERATOR)
"""Who may ask for refunds; a viewer only looks."""

PAYMENT_TONES = {
    PaymentStatus.PAID: "good",
    PaymentStatus.AUTHORIZED: "wait",
    PaymentStatus.PAID_LATE: "wait",
    PaymentStatus.CONFLICTED: "bad",
    PaymentStatus.RISK_REVIEW: "wait",
    PaymentStatus.AWAITING_PAYMENT: "wait",
    PaymentStatus.REJECTED: "bad",
}
"""How a status looks; what is not named here looks neutral."""

CAPTURE_TONES = {CaptureStatus.SUCCEEDED: "good", CaptureStatus.FAILED: "bad"}
"""How a capture's status looks; the others ask for patience."""

REFUND: dict[RefundStatus, str | Promise] = {
    RefundStatus.REQUESTED: _("Asked for. No money has moved yet."),
    RefundStatus.PENDING_APPROVAL: _(
        "Waits until a person of the platform approves it. No money has moved yet."
    ),
    RefundStatus.FUNDING_REQUIRED: _(
        "Your balance is not enough for it. No money has moved yet; it goes on by itself as soon"
        " as enough is available."
    ),
    RefundStatus.SUBMITTING: _(
        "The money was taken from your balance, and the channel is being asked to give it back."
    ),
    RefundStatus.PROCESSING: _(
        "The money was taken from your balance. The channel is giving it back to the payer."
    ),
    RefundStatus.UNKNOWN: _(
        "The money was taken from your balance. The channel has not said yet whether the payer"
        " has it; we go on asking. Do not refund it a second time."
    ),
    RefundStatus.ABNORMAL: _(
        "The channel could not deliver the money to the payer. It is kept for them; people of"
        " the platform look after it. Do not refund it a second time."
    ),
    RefundStatus.SUCCEEDED: _("The channel has given the payer the money back."),
    RefundStatus.FAILED: _(
        "The channel refused it. The payer got nothing, and the money is yours again."
    ),
    RefundStatus.REJECTED: _("Not approved. No money has moved."),
    RefundStatus.CANCELLED: _("Given up. No money has moved."),
    RefundStatus.SETTLED_BY_HAND: _(
        "The payer was given the money in another way, by people of the platform."
    ),
    RefundStatus.REVERSED: _(
        "The channel had given the payer the money, and it came back. It is kept for them; people"
        " of the platform look after it. Do not refund it a second time."
    ),
}

REFUND_TONES = {
    RefundStatus.SUCCEEDED: "good",
    RefundStatus.SETTLED_BY_HAND: "good",
    RefundStatus.PENDING_APPROVAL: "wait",
    RefundStatus.FUNDING_REQUIRED: "wait",
    RefundStatus.UNKNOWN: "wait",
    RefundStatus.ABNORMAL: "wait",
    RefundStatus.FAILED: "bad",
    RefundStatus.REJECTED: "bad",
    RefundStatus.REVERSED: "wait",
}
"""How a status looks; what is not named here looks neutral."""

_CONTRADICTED = _(
    "The channel refused it, and the money is yours again. It says now that the payer has got it"
    " after all; people of the platform look at it. Do not refund it a second time."
)


def of_refund(refund: Refund) -> str | Promise:
    """Return what the state of a refund means, and what to do or not to do now."""
    if refund.status_code == CONTRADICTED:
        return _CONTRADICTED
    return REFUND[RefundStatus(refund.status)]

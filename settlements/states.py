"""The moves that settlements and payouts may make (see docs: states)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.states import StateTable


class SettlementStatus(models.TextChoices):
    """Where one merchant's settlement stands on its way to the bank."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("over a limit")
    SUBMITTED = "submitted", _("submitted")
    APPROVED = "approved", _("approved")
    APPROVAL_EXPIRED = "approval_expired", _("approval expired")
    ON_HOLD = "on_hold", _("on hold")
    PAYING = "paying", _("being paid out")
    PAID = "paid", _("paid out")
    PAY_FAILED = "pay_failed", _("payout failed")
    RETURNED = "returned", _("payout returned")
    REJECTED = "rejected", _("rejected")
    CANCELLED = "cancelled", _("cancelled")


SETTLEMENT = StateTable(
    SettlementStatus,
    noun=_("A settlement"),
    moves={
        SettlementStatus.DRAFT: {
            SettlementStatus.SUBMITTED,
            SettlementStatus.REVIEW,
            SettlementStatus.ON_HOLD,
            SettlementStatus.CANCELLED,
        },
        SettlementStatus.REVIEW: {SettlementStatus.DRAFT, SettlementStatus.CANCELLED},
        SettlementStatus.SUBMITTED: {
            SettlementStatus.APPROVED,
            SettlementStatus.REJECTED,
            SettlementStatus.DRAFT,
            SettlementStatus.ON_HOLD,
            SettlementStatus.CANCELLED,
        },
        SettlementStatus.APPROVED: {
            SettlementStatus.PAYING,
            SettlementStatus.APPROVAL_EXPIRED,
            SettlementStatus.ON_HOLD,
            SettlementStatus.CANCELLED,
        },
        SettlementStatus.APPROVAL_EXPIRED: {SettlementStatus.DRAFT},
        # Back to where it was when risk put it on hold.
        SettlementStatus.ON_HOLD: {
            SettlementStatus.DRAFT,
            SettlementStatus.SUBMITTED,
            SettlementStatus.APPROVED,
        },
        SettlementStatus.PAYING: {SettlementStatus.PAID, SettlementStatus.PAY_FAILED},
        SettlementStatus.PAY_FAILED: {SettlementStatus.PAYING, SettlementStatus.CANCELLED},
        SettlementStatus.PAID: {SettlementStatus.RETURNED},
        SettlementStatus.RETURNED: {SettlementStatus.PAYING, SettlementStatus.CANCELLED},
    },
)
"""Finance prepares, another person approves, the payout's outcome does the rest.

The money is held in 2003 from draft on and stands in 2401 while paying.
"""


class OpeningStatus(models.TextChoices):
    """Where a file of opening balances stands on its way into the books."""

    ASKED = "asked", _("waits for approval")
    APPROVED = "approved", _("being booked")
    BOOKED = "booked", _("booked")
    REJECTED = "rejected", _("rejected")


OPENING = StateTable(
    OpeningStatus,
    noun=_("An opening"),
    moves={
        OpeningStatus.ASKED: {OpeningStatus.APPROVED, OpeningStatus.REJECTED},
        OpeningStatus.APPROVED: {OpeningStatus.BOOKED},
    },
)
"""One person hands the file in, another decides, a worker books it chunk by chunk."""


class PayoutStatus(models.TextChoices):
    """Where one try to pay out one settlement stands; `exported` is a file at the bank."""

    QUEUED = "queued", _("queued")
    SENDING = "sending", _("sending")
    PROCESSING = "processing", _("processing")
    AWAITING_RECIPIENT = "awaiting_recipient", _("awaiting the recipient")
    EXPORTED = "exported", _("exported to the bank")
    UNKNOWN = "unknown", _("outcome unknown")
    MANUAL_REVIEW = "manual_review", _("manual review")
    SUCCEEDED = "succeeded", _("succeeded")
    RETURNED = "returned", _("returned")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


_RESOLUTIONS = {PayoutStatus.SUCCEEDED, PayoutStatus.FAILED, PayoutStatus.MANUAL_REVIEW}

PAYOUT = StateTable(
    PayoutStatus,
    noun=_("A payout"),
    moves={
        PayoutStatus.QUEUED: {PayoutStatus.SENDING},
        PayoutStatus.SENDING: {
            PayoutStatus.QUEUED,
            PayoutStatus.SUCCEEDED,
            PayoutStatus.FAILED,
            PayoutStatus.PROCESSING,
            PayoutStatus.AWAITING_RECIPIENT,
            PayoutStatus.EXPORTED,
            PayoutStatus.UNKNOWN,
        },
        PayoutStatus.PROCESSING: _RESOLUTIONS,
        PayoutStatus.EXPORTED: _RESOLUTIONS,
        # A question may find that the channel has the order and works on it (docs/adr/0011).
        PayoutStatus.UNKNOWN: {*_RESOLUTIONS, PayoutStatus.PROCESSING},
        PayoutStatus.AWAITING_RECIPIENT: {
            PayoutStatus.PROCESSING,
            PayoutStatus.SUCCEEDED,
            PayoutStatus.EXPIRED,
            PayoutStatus.CANCELLED,
        },
        # Two people with evidence, as for every order to a channel.
        PayoutStatus.MANUAL_REVIEW: {PayoutStatus.SUCCEEDED, PayoutStatus.FAILED},
        PayoutStatus.SUCCEEDED: {PayoutStatus.RETURNED},
    },
)
"""Back to `queued` only when the order certainly never left."""

CONTRADICTED = "contradicted"
"""The code of a failed payout that the channel said afterwards was made: nobody pays it again."""

LIVE_PAYOUTS = (
    PayoutStatus.QUEUED,
    PayoutStatus.SENDING,
    PayoutStatus.PROCESSING,
    PayoutStatus.AWAITING_RECIPIENT,
    PayoutStatus.EXPORTED,
    PayoutStatus.UNKNOWN,
    PayoutStatus.MANUAL_REVIEW,
)
"""States in which a payout may still move money: at most one of a settlement."""

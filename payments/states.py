"""The moves that payments and orders to channels may make (see docs: states)."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.states import StateTable


class OperationStatus(models.TextChoices):
    """Where one order to a channel stands; `unknown` means that only a query can tell."""

    PREPARED = "prepared", _("prepared")
    SENDING = "sending", _("sending")
    AWAITING_PAYER = "awaiting_payer", _("awaiting the payer")
    PROCESSING = "processing", _("processing")
    UNKNOWN = "unknown", _("outcome unknown")
    MANUAL_REVIEW = "manual_review", _("manual review")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    CLOSED = "closed", _("closed")


_RESOLUTIONS = {
    OperationStatus.SUCCEEDED,
    OperationStatus.FAILED,
    OperationStatus.CLOSED,
    OperationStatus.MANUAL_REVIEW,
}

OPERATION = StateTable(
    OperationStatus,
    noun=_("An order to a channel"),
    moves={
        OperationStatus.PREPARED: {OperationStatus.SENDING},
        OperationStatus.SENDING: {
            OperationStatus.PREPARED,
            OperationStatus.SUCCEEDED,
            OperationStatus.FAILED,
            OperationStatus.AWAITING_PAYER,
            OperationStatus.PROCESSING,
            OperationStatus.UNKNOWN,
        },
        OperationStatus.AWAITING_PAYER: {*_RESOLUTIONS, OperationStatus.UNKNOWN},
        OperationStatus.PROCESSING: {*_RESOLUTIONS, OperationStatus.UNKNOWN},
        # A query may find that the order exists and waits (docs/adr/0011).
        OperationStatus.UNKNOWN: {
            *_RESOLUTIONS,
            OperationStatus.AWAITING_PAYER,
            OperationStatus.PROCESSING,
        },
        # Back to `unknown` when two people sent an abnormal refund elsewhere (docs/adr/0022);
        # closed when an order was not paid: its channel may still confirm money.
        OperationStatus.MANUAL_REVIEW: {
            OperationStatus.SUCCEEDED,
            OperationStatus.FAILED,
            OperationStatus.CLOSED,
            OperationStatus.UNKNOWN,
        },
        # A channel may confirm money on an order that was closed (docs/adr/0015).
        OperationStatus.CLOSED: {OperationStatus.SUCCEEDED},
        # A refund's money came back; what failed was made after all, or paid (docs/adr/0025, 0028).
        OperationStatus.SUCCEEDED: {OperationStatus.MANUAL_REVIEW},
        OperationStatus.FAILED: {OperationStatus.SUCCEEDED},
    },
)
"""Moved by the engine's claim, a verified answer, the bill, or two people with evidence.

Back to `prepared` only when the bytes certainly never left: same number, after a pause.
"""

# An attempt shows its operation's state and is moved with it, in the same transaction.
AttemptStatus = OperationStatus

ATTEMPT = StateTable(
    AttemptStatus,
    noun=_("A payment attempt"),
    moves={was: now for was, now in OPERATION.moves.items() if was != OperationStatus.SUCCEEDED},
)
"""Mirrors its operation, move by move; what was paid stays so."""

LIVE_ATTEMPTS = (
    AttemptStatus.PREPARED,
    AttemptStatus.SENDING,
    AttemptStatus.AWAITING_PAYER,
    AttemptStatus.PROCESSING,
    AttemptStatus.UNKNOWN,
    AttemptStatus.MANUAL_REVIEW,
)
"""States in which an attempt may still take the payer's money: at most one of a payment."""


class PaymentStatus(models.TextChoices):
    """What partners see of a payment; refunds and disputes are shown from their own rows."""

    CREATED = "created", _("created")
    RISK_REVIEW = "risk_review", _("under review")
    AWAITING_PAYMENT = "awaiting_payment", _("awaiting payment")
    AUTHORIZED = "authorized", _("authorized")
    CLOSING = "closing", _("closing")
    PAID = "paid", _("paid")
    CONFLICTED = "conflicted", _("conflicted")
    PAID_LATE = "paid_late", _("paid late")
    REFUNDING_LATE = "refunding_late", _("refunding a late payment")
    REFUNDED_LATE = "refunded_late", _("late payment refunded")
    CLOSED = "closed", _("closed")
    REJECTED = "rejected", pgettext_lazy("payment", "rejected")


PAID_TWICE = "paid_twice"
"""The reason code of a paid payment for which money came a second time; that is in suspense."""

CONTRADICTED = "contradicted"
"""The reason code of what its channel says went otherwise than it ended here; people look."""

CONTRADICTION_ENDED = "contradiction_ended"
"""The reason code of what two people found to stand as it ended, whatever its channel said."""

PAYMENT = StateTable(
    PaymentStatus,
    noun=_("A payment"),
    moves={
        PaymentStatus.CREATED: {
            PaymentStatus.AWAITING_PAYMENT,
            PaymentStatus.RISK_REVIEW,
            PaymentStatus.REJECTED,
            PaymentStatus.CLOSED,
        },
        PaymentStatus.RISK_REVIEW: {PaymentStatus.CREATED, PaymentStatus.REJECTED},
        PaymentStatus.AWAITING_PAYMENT: {
            PaymentStatus.AUTHORIZED,
            PaymentStatus.PAID,
            PaymentStatus.CONFLICTED,
            PaymentStatus.CLOSING,
        },
        PaymentStatus.AUTHORIZED: {PaymentStatus.PAID, PaymentStatus.CLOSING},
        PaymentStatus.CLOSING: {
            PaymentStatus.CLOSED,
            PaymentStatus.PAID,
            PaymentStatus.CONFLICTED,
        },
        # Not the end: a channel may confirm a payment after we closed it.
        PaymentStatus.CLOSED: {PaymentStatus.PAID_LATE},
        PaymentStatus.PAID_LATE: {PaymentStatus.PAID, PaymentStatus.REFUNDING_LATE},
        PaymentStatus.REFUNDING_LATE: {PaymentStatus.REFUNDED_LATE},
        PaymentStatus.CONFLICTED: {PaymentStatus.PAID, PaymentStatus.REFUNDING_LATE},
    },
)
"""A risk officer decides on reviews, two people on conflicts; the channel's answer on the rest."""


class RefundStatus(models.TextChoices):
    """Where one refund stands; no clock ever closes one that was submitted."""

    REQUESTED = "requested", _("requested")
    PENDING_APPROVAL = "pending_approval", _("pending approval")
    FUNDING_REQUIRED = "funding_required", _("funding required")
    SUBMITTING = "submitting", _("submitting")
    PROCESSING = "processing", _("processing")
    UNKNOWN = "unknown", _("outcome unknown")
    ABNORMAL = "abnormal", _("abnormal")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    REJECTED = "rejected", pgettext_lazy("refund", "rejected")
    CANCELLED = "cancelled", _("cancelled")
    SETTLED_BY_HAND = "settled_by_hand", _("settled by hand")
    REVERSED = "reversed", _("reversed")


# What came back, and could not be delivered elsewhere, is reversed again.
_REFUND_RESULTS = {
    *(RefundStatus.SUCCEEDED, RefundStatus.FAILED),
    *(RefundStatus.ABNORMAL, RefundStatus.REVERSED),
}

REFUND = StateTable(
    RefundStatus,
    noun=_("A refund"),
    moves={
        RefundStatus.REQUESTED: {
            RefundStatus.PENDING_APPROVAL,
            RefundStatus.FUNDING_REQUIRED,
            RefundStatus.SUBMITTING,
        },
        RefundStatus.PENDING_APPROVAL: {
            RefundStatus.SUBMITTING,
            RefundStatus.FUNDING_REQUIRED,
            RefundStatus.REJECTED,
            RefundStatus.CANCELLED,
        },
        RefundStatus.FUNDING_REQUIRED: {RefundStatus.SUBMITTING, RefundStatus.CANCELLED},
        RefundStatus.SUBMITTING: {
            RefundStatus.PROCESSING,
            RefundStatus.UNKNOWN,
            *_REFUND_RESULTS,
        },
        RefundStatus.PROCESSING: {RefundStatus.UNKNOWN, *_REFUND_RESULTS},
        RefundStatus.UNKNOWN: {RefundStatus.PROCESSING, *_REFUND_RESULTS},
        RefundStatus.ABNORMAL: {RefundStatus.SUBMITTING, RefundStatus.SETTLED_BY_HAND},
        RefundStatus.SUCCEEDED: {RefundStatus.REVERSED},
        # It is owed to the payer again until two people end it (docs/adr/0025).
        RefundStatus.REVERSED: {
            RefundStatus.SUBMITTING,
            RefundStatus.SETTLED_BY_HAND,
            RefundStatus.FAILED,
        },
        # Two people found that the channel, which says so, made it after all.
        RefundStatus.FAILED: {RefundStatus.SUCCEEDED},
    },
)
"""Moved by who asked, by two people above a threshold, by the channel's verified answer."""

DEAD_REFUNDS = (
    RefundStatus.FAILED,
    RefundStatus.REJECTED,
    RefundStatus.CANCELLED,
)
"""States in which a refund has given its share of the payment back: nothing was refunded."""

REFUNDS_IN_FLIGHT = (
    RefundStatus.SUBMITTING,
    RefundStatus.PROCESSING,
    RefundStatus.UNKNOWN,
    RefundStatus.ABNORMAL,
    RefundStatus.REVERSED,
)
"""States in which a refund was funded and its payer does not have the money: 2101."""


class ManualEntryStatus(models.TextChoices):
    """Where a booking that people decide on stands."""

    PENDING_APPROVAL = "pending_approval", _("pending approval")
    BOOKED = "booked", pgettext_lazy("manual entry", "booked")
    REJECTED = "rejected", pgettext_lazy("manual entry", "rejected")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", pgettext_lazy("manual entry", "expired")


MANUAL_ENTRY = StateTable(
    ManualEntryStatus,
    noun=_("A manual entry"),
    moves={
        ManualEntryStatus.PENDING_APPROVAL: {
            ManualEntryStatus.BOOKED,
            ManualEntryStatus.REJECTED,
            ManualEntryStatus.CANCELLED,
            ManualEntryStatus.EXPIRED,
        },
    },
)
"""The last approval books it, so nothing that was agreed to waits; a clock ends what nobody saw."""


class Verdict(models.TextChoices):
    """What a notification turned out to be. Only a genuine one makes us ask, and only once."""

    RECEIVED = "received", _("not judged yet")
    GENUINE = "genuine", _("genuine")
    REPEATED = "repeated", _("repeated")
    FORGED = "forged", _("forged")
    MALFORMED = "malformed", _("malformed")
    PROBE = "probe", _("probe")


_BELIEVED = {Verdict.GENUINE, Verdict.REPEATED}

NOTIFICATION = StateTable(
    Verdict,
    noun=_("A notification"),
    moves={
        Verdict.RECEIVED: {*_BELIEVED, Verdict.FORGED, Verdict.MALFORMED, Verdict.PROBE},
        Verdict.FORGED: _BELIEVED,
        Verdict.MALFORMED: _BELIEVED,
    },
)
"""A verdict moves once, and again only when other keys show that a refusal was wrong."""


class KeySetStatus(models.TextChoices):
    """Where keys stand that are not in use."""

    PROPOSED = "proposed", _("waits for another person")
    DROPPED = "dropped", _("not agreed to")
    FORMER = "former", _("replaced, verifies for a while")
    RETIRED = "retired", _("retired")


KEY_SET = StateTable(
    KeySetStatus,
    noun=_("A key set"),
    moves={
        KeySetStatus.PROPOSED: {KeySetStatus.FORMER, KeySetStatus.DROPPED},
        KeySetStatus.FORMER: {KeySetStatus.RETIRED},
    },
)
"""Once agreed to, what was in use before takes the place of what was proposed."""

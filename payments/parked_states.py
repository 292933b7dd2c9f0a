"""The moves of money that came otherwise than asked, and of other ways for refunds."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.states import StateTable


class ParkedKind(models.TextChoices):
    """How money came otherwise than asked."""

    CONFLICTED = "conflicted", _("another amount or currency")
    PAID_LATE = "paid_late", _("after the payment was closed")
    PAID_TWICE = "paid_twice", _("once more than owed")


class ParkedStatus(models.TextChoices):
    """Where money stands that came otherwise than asked."""

    WAITING = "waiting", _("waits for a decision")
    RETURNING = "returning", _("goes back to the payer")
    RETURNED = "returned", _("went back to the payer")
    ACCEPTED = "accepted", _("taken as the payment")


PARKED = StateTable(
    ParkedStatus,
    noun=_("Money in suspense"),
    moves={
        ParkedStatus.WAITING: {ParkedStatus.ACCEPTED, ParkedStatus.RETURNING},
        # A refund may fail, and one that was made may come back: it waits again.
        ParkedStatus.RETURNING: {ParkedStatus.RETURNED, ParkedStatus.WAITING},
        ParkedStatus.RETURNED: {ParkedStatus.WAITING},
    },
)
"""Two people decide, or of late money the merchants' terms; then its refund says the rest."""


class ResolutionWay(models.TextChoices):
    """What becomes of money in suspense."""

    ACCEPT = "accept", _("take it as the payment")
    REFUND = "refund", _("give it back to the payer")


class LateMoney(models.TextChoices):
    """What a merchant wants to become of money that came after its payment was closed."""

    ASK = "ask", _("two people decide")
    ACCEPT = "accept", _("take it as paid")
    REFUND = "refund", _("give it back")


class RemedyKind(models.TextChoices):
    """How a payer gets the money that their own account did not take back."""

    PAYER_CARD = "payer_card", _("to a bank card of the payer's")
    BY_HAND = "by_hand", _("by hand, from our bank account")
    OUR_ACCOUNT = "our_account", _("to our own bank account, by the channel")
    MERCHANTS = "merchants", _("back to its merchants")


class RemedyStatus(models.TextChoices):
    """Where another way for a refund stands."""

    PENDING_APPROVAL = "pending_approval", _("pending approval")
    ORDERED = "ordered", _("ordered at the channel")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    REJECTED = "rejected", pgettext_lazy("remedy", "rejected")
    EXPIRED = "expired", pgettext_lazy("remedy", "expired")


REMEDY = StateTable(
    RemedyStatus,
    noun=_("Another way for a refund"),
    moves={
        RemedyStatus.PENDING_APPROVAL: {
            RemedyStatus.ORDERED,
            RemedyStatus.DONE,
            RemedyStatus.REJECTED,
            RemedyStatus.EXPIRED,
        },
        RemedyStatus.ORDERED: {RemedyStatus.DONE, RemedyStatus.FAILED},
    },
)
"""Two people decide; then the channel's answer to its refund does."""

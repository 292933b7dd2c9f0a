"""Bookings that people decide on: adjustments, freezes, reserves, recoveries and write-offs."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest, JournalEntry
from payments.models.merchants import MerchantAccount
from payments.models.reserves import ReserveHold
from payments.states import ManualEntryStatus


class ManualEntryKind(models.TextChoices):
    """What is booked by hand; also the kind of its journal entry."""

    ADJUSTMENT_CREDIT = "adjustment_credit", _("adjustment in the merchant's favour")
    ADJUSTMENT_DEBIT = "adjustment_debit", _("adjustment against the merchant")
    FREEZE = "freeze", pgettext_lazy("manual entry", "freeze")
    UNFREEZE = "unfreeze", pgettext_lazy("manual entry", "unfreeze")
    RESERVE_HOLD = "reserve_hold", _("reserve hold")
    RESERVE_RELEASE = "reserve_release", _("reserve release")
    DEBT_RECOVERY = "debt_recovery", _("debt recovery")
    DEBT_WRITE_OFF = "debt_write_off", _("debt write-off")


class ManualReason(models.TextChoices):
    """Why something is booked by hand: a closed list, so that reasons can be counted."""

    FEE_CORRECTION = "fee_correction", _("correction of a fee")
    COMPENSATION = "compensation", _("compensation for a fault of ours")
    GOODWILL = "goodwill", _("goodwill")
    RECONCILIATION = "reconciliation", _("correction after reconciliation")
    PENALTY = "penalty", _("penalty under the contract")
    SUSPECTED_FRAUD = "suspected_fraud", _("suspected fraud")
    MERCHANT_REVIEW = "merchant_review", _("review of the merchant")
    LEGAL_ORDER = "legal_order", _("order of a court or an authority")
    REVIEW_PASSED = "review_passed", _("review passed")
    ORDER_LIFTED = "order_lifted", _("order lifted")
    EXPECTED_REFUNDS = "expected_refunds", _("refunds or disputes expected")
    CONTRACT = "contract", _("agreed in the contract")
    RISK_PASSED = "risk_passed", _("the risk has passed")
    MERCHANT_AGREED = "merchant_agreed", _("agreed with the merchant")
    OVERDUE = "overdue", _("overdue")
    INSOLVENT = "insolvent", _("merchant insolvent")
    UNCOLLECTABLE = "uncollectable", _("cannot be collected")
    TOO_SMALL = "too_small", _("too small to collect")
    MISTAKE = "mistake", _("booked by mistake before")


REASONS: Mapping[ManualEntryKind, tuple[ManualReason, ...]] = MappingProxyType(
    {
        ManualEntryKind.ADJUSTMENT_CREDIT: (
            ManualReason.FEE_CORRECTION,
            ManualReason.COMPENSATION,
            ManualReason.GOODWILL,
            ManualReason.RECONCILIATION,
            ManualReason.MISTAKE,
        ),
        ManualEntryKind.ADJUSTMENT_DEBIT: (
            ManualReason.FEE_CORRECTION,
            ManualReason.RECONCILIATION,
            ManualReason.PENALTY,
            ManualReason.MISTAKE,
        ),
        ManualEntryKind.FREEZE: (
            ManualReason.SUSPECTED_FRAUD,
            ManualReason.MERCHANT_REVIEW,
            ManualReason.LEGAL_ORDER,
        ),
        ManualEntryKind.UNFREEZE: (
            ManualReason.REVIEW_PASSED,
            ManualReason.ORDER_LIFTED,
            ManualReason.MISTAKE,
        ),
        ManualEntryKind.RESERVE_HOLD: (
            ManualReason.EXPECTED_REFUNDS,
            ManualReason.CONTRACT,
        ),
        ManualEntryKind.RESERVE_RELEASE: (
            ManualReason.RISK_PASSED,
            ManualReason.CONTRACT,
            ManualReason.MISTAKE,
        ),
        ManualEntryKind.DEBT_RECOVERY: (
            ManualReason.OVERDUE,
            ManualReason.MERCHANT_AGREED,
        ),
        ManualEntryKind.DEBT_WRITE_OFF: (
            ManualReason.INSOLVENT,
            ManualReason.UNCOLLECTABLE,
            ManualReason.TOO_SMALL,
        ),
    }
)
"""Which reasons each kind may have; the database says the same."""


def _reason_of_its_kind() -> Q:
    fitting = Q()
    for kind, reasons in REASONS.items():
        fitting |= Q(kind=kind.value, reason_code__in=[reason.value for reason in reasons])
    return fitting


class ManualEntry(models.Model):
    """One booking about one merchant's money that one person asked for and others decide on.

    An unfreeze names the freeze it ends, a reserve release the hold; `refers_to` is the payment,
    settlement or case that it is about, in the maker's words. `entry` is its booking, made by the
    last approval. Moved by `payments.actions.manual_entries` as `payments.states.MANUAL_ENTRY`
    says; PostgreSQL books none without its people.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "man")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ManualEntryKind.choices)
    merchant_account = models.ForeignKey(
        MerchantAccount,
        on_delete=models.PROTECT,
        related_name="manual_entries",
        verbose_name=_("merchant account"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    reason_code = models.CharField(_("reason code"), max_length=20, choices=ManualReason.choices)
    note = models.CharField(_("note"), max_length=500)
    refers_to = models.CharField(_("refers to"), max_length=64, blank=True, default="")
    freeze = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="unfreezes",
        verbose_name=_("ends the freeze"),
    )
    reserve_hold = models.ForeignKey(
        ReserveHold,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="releases",
        verbose_name=_("releases the reserve"),
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=ManualEntryStatus.choices,
        default=ManualEntryStatus.PENDING_APPROVAL,
    )
    maker = models.CharField(_("maker"), max_length=90)
    approval = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="+", verbose_name=_("approval")
    )
    entry = models.OneToOneField(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("journal entry"),
    )
    created_at = models.DateTimeField(_("created at"))
    booked_at = models.DateTimeField(_("booked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("manual entry")
        verbose_name_plural = _("manual entries")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_manual_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ManualEntryStatus.values), name="payments_manual_status"
            ),
            models.CheckConstraint(condition=_reason_of_its_kind(), name="payments_manual_reason"),
            models.CheckConstraint(
                condition=Q(kind="unfreeze", freeze__isnull=False)
                | (~Q(kind="unfreeze") & Q(freeze__isnull=True)),
                name="payments_manual_freeze",
            ),
            models.CheckConstraint(
                condition=Q(kind="reserve_release", reserve_hold__isnull=False)
                | (~Q(kind="reserve_release") & Q(reserve_hold__isnull=True)),
                name="payments_manual_reserve",
            ),
            models.CheckConstraint(
                condition=Q(status="booked", entry__isnull=False, booked_at__isnull=False)
                | (~Q(status="booked") & Q(entry__isnull=True, booked_at__isnull=True)),
                name="payments_manual_booked",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payments_manual_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(status="pending_approval"),
                name="payments_manual_waiting",
            ),
        ]
        permissions = [
            ("request_adjustment", _("Can request adjustments")),
            ("request_freeze", _("Can request freezes and their end")),
            ("request_reserve", _("Can request reserves and their release")),
            ("request_debt_recovery", _("Can request that debts are recovered")),
            ("request_write_off", _("Can request that debts are written off")),
            ("approve_manual_entry", _("Can approve manual entries")),
            ("cancel_manual_entry", _("Can cancel manual entries")),
        ]

    def __str__(self) -> str:
        return self.id

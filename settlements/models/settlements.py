"""Settlements: what one merchant is to be paid, line by line."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest, JournalEntry
from payments.models import BalanceTransaction, Merchant
from risk.models import Screening
from settlements.models.destinations import Destination
from settlements.states import SettlementStatus


class SettlementBatch(models.Model):
    """One run of settlement: everything available on one business day in one currency."""

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "stb")
    )
    currency = models.CharField(_("currency"), max_length=3)
    business_date = models.DateField(_("business day"))
    started_at = models.DateTimeField(_("started at"))

    class Meta:
        verbose_name = _("settlement run")
        verbose_name_plural = _("settlement runs")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "business_date"], name="settlements_batch_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business_date} {self.currency}"


class Settlement(models.Model):
    """One merchant's money of one currency, a list of balance transactions, on its way out.

    `net_minor` is the sum of its items and what its hold entry (E07a) moved to 2003; a deferred
    trigger says so. `approved_digest` is what two people agreed to; the database refuses to go
    on without an approved request of that digest. Moves are those of `settlements.states`.

    A run's settlement has its `batch`; one that the merchant asked for has their own number for
    it, unique for ever, and the actor who asked. `released_screening` is the judgement that a
    risk officer let pass: what was found then does not stop it again.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "stl")
    )
    batch = models.ForeignKey(
        SettlementBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        verbose_name=_("run"),
    )
    merchant_settlement_no = models.CharField(
        _("merchant's number"), max_length=64, blank=True, default=""
    )
    requested_by = models.CharField(_("requested by"), max_length=90, blank=True, default="")
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="settlements", verbose_name=_("merchant")
    )
    destination = models.ForeignKey(
        Destination,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="settlements",
        verbose_name=_("destination"),
    )
    currency = models.CharField(_("currency"), max_length=3)
    gross_minor = models.BigIntegerField(_("gross"))
    fee_minor = models.BigIntegerField(_("fee"))
    net_minor = models.BigIntegerField(_("net"))
    item_count = models.PositiveIntegerField(_("lines"))
    status = models.CharField(
        _("status"),
        max_length=18,
        choices=SettlementStatus.choices,
        default=SettlementStatus.DRAFT,
    )
    status_code = models.CharField(_("reason code"), max_length=60, blank=True, default="")
    hold_entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, related_name="+", verbose_name=_("hold entry")
    )
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )
    approved_digest = models.BinaryField(_("approved digest"), max_length=32, null=True, blank=True)
    released_screening = models.ForeignKey(
        Screening,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("judgement let pass"),
    )
    business_date = models.DateField(_("business day"))
    created_at = models.DateTimeField(_("created at"))
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "merchant"], name="settlements_settlement_once_a_run"
            ),
            models.UniqueConstraint(
                fields=["merchant", "merchant_settlement_no"],
                condition=~Q(merchant_settlement_no=""),
                name="settlements_settlement_no_once",
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=False, merchant_settlement_no="", requested_by="")
                | (Q(batch=None) & ~Q(merchant_settlement_no="") & ~Q(requested_by="")),
                name="settlements_settlement_origin",
            ),
            models.CheckConstraint(
                condition=Q(net_minor__gt=0) & Q(net_minor=F("gross_minor") - F("fee_minor")),
                name="settlements_settlement_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SettlementStatus.values),
                name="settlements_settlement_status",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "-created_at", "-id"], name="settlements_newest_of_merchant"
            ),
        ]
        permissions = [
            ("submit_settlement", _("Can submit settlements")),
            ("approve_settlement", _("Can approve settlements")),
            ("cancel_settlement", _("Can cancel settlements")),
            ("review_settlement", _("Can release settlements that are over a limit")),
            ("run_settlement", _("Can run settlement")),
        ]

    def __str__(self) -> str:
        return self.id


class SettlementItem(models.Model):
    """One line in one settlement. `released_at` frees the line when the settlement is given up.

    Millions of these are written by one statement: what foreign keys would check row by row, a
    trigger checks once per statement (`0002_settlements_are_law.sql`). Ask for a line's live
    item with `released_at=None`; that is what is indexed.
    """

    settlement = models.ForeignKey(
        Settlement,
        on_delete=models.PROTECT,
        related_name="items",
        db_constraint=False,
        verbose_name=_("settlement"),
    )
    balance_transaction = models.ForeignKey(
        BalanceTransaction,
        on_delete=models.PROTECT,
        related_name="settlement_items",
        db_constraint=False,
        db_index=False,
        verbose_name=_("balance transaction"),
    )
    net_minor = models.BigIntegerField(_("net"))
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        verbose_name = _("settlement item")
        verbose_name_plural = _("settlement items")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["balance_transaction"],
                condition=Q(released_at=None),
                name="settlements_item_one_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.settlement_id} {self.net_minor}"

"""A merchant's lines: what statements show, settlements pay and the API lists."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import JournalEntry
from payments.models.merchants import Merchant


class LineKind(models.TextChoices):
    """What a line stands for, in words that a merchant may read."""

    ADJUSTMENT = "adjustment", pgettext_lazy("line", "adjustment")
    FREEZE = "freeze", pgettext_lazy("line", "set aside for review")
    OPENING = "opening", pgettext_lazy("line", "opening balance")
    PAYMENT = "payment", pgettext_lazy("line", "payment")
    PAYOUT_FEE = "payout_fee", _("payout fee")
    REFUND = "refund", pgettext_lazy("line", "refund")
    REFUND_FAILED = "refund_failed", _("failed refund")
    RESERVE_HOLD = "reserve_hold", _("reserve held")
    RESERVE_RELEASE = "reserve_release", _("reserve released")
    UNFREEZE = "unfreeze", pgettext_lazy("line", "released after review")
    WRITE_OFF = "write_off", pgettext_lazy("line", "debt waived")


class BalanceTransaction(models.Model):
    """One line of a merchant's money: gross, fee, net, and the day it becomes available.

    Written in the transaction of its journal entry and never changed; a deferred trigger keeps
    lines and books equal. `available_on` is a business day in BUSINESS_TIME_ZONE, fixed when
    the money is taken. `source` is the id of what it stands for: an allocation (also for what was
    reserved of it), a refund allocation, a settlement, a manual entry, or for reserves of many
    payments that came due the merchant.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "txn")
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        related_name="balance_transactions",
        verbose_name=_("merchant"),
    )
    entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("journal entry"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=LineKind.choices)
    source = models.CharField(_("stands for"), max_length=ID_MAX_LENGTH, db_index=True)
    currency = models.CharField(_("currency"), max_length=3)
    gross_minor = models.BigIntegerField(_("gross"))
    fee_minor = models.BigIntegerField(_("fee"))
    net_minor = models.BigIntegerField(_("net"))
    effective_date = models.DateField(_("business day"))
    available_on = models.DateField(_("available on"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("balance transaction")
        verbose_name_plural = _("balance transactions")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(net_minor=F("gross_minor") - F("fee_minor")),
                name="payments_line_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=LineKind.values), name="payments_line_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "currency", "available_on"], name="payments_line_available"
            ),
            models.Index(fields=["merchant", "-created_at", "-id"], name="payments_line_newest"),
            models.Index(
                fields=["merchant", "currency", "effective_date", "created_at", "id"],
                name="payments_line_statement",
            ),
        ]

    def __str__(self) -> str:
        return self.id

"""Payouts, and the files that carry them to the bank."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest, JournalEntry
from payments.models import ChannelAccount, ChannelOperation
from settlements.models.destinations import Destination
from settlements.models.settlements import Settlement
from settlements.states import LIVE_PAYOUTS, PayoutStatus


class PaymentFile(models.Model):
    """One pain.001 file for one bank account, made once and never changed.

    The bytes hold account numbers and are kept encrypted, bound to this row; `sha256` is that
    of the plain bytes. `message_id` is ours and unique at the bank.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pf")
    )
    bank_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="payment_files",
        verbose_name=_("bank account"),
    )
    message_id = models.CharField(_("message id"), max_length=35, unique=True)
    execution_date = models.DateField(_("execution date"))
    payout_count = models.PositiveIntegerField(_("payouts"))
    total_minor = models.BigIntegerField(_("total"))
    currency = models.CharField(_("currency"), max_length=3)
    sha256 = models.BinaryField(_("SHA-256"), max_length=32)
    content_encrypted = models.TextField(_("content (encrypted)"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("payment file")
        verbose_name_plural = _("payment files")
        ordering = ["-created_at", "-id"]
        permissions = [
            ("export_paymentfile", _("Can export payment files")),
            ("download_paymentfile", _("Can download payment files")),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def content_place(self) -> str:
        """Name the place that the encrypted content is bound to."""
        return f"settlements_paymentfile|content|{self.pk}"


class Payout(models.Model):
    """One try to pay one settlement. At most one of a settlement is live.

    Its order to the bank or the channel is `operation`, whose number is the EndToEndId in the
    file, or the number of the transfer. `destination` is where this try goes, `approval` what two
    people agreed to for it. `entry` is E08, `confirmed_entry` E09 when the bank's statement showed
    the debit, or E09w when the channel said that its transfer was made.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "po")
    )
    settlement = models.ForeignKey(
        Settlement, on_delete=models.PROTECT, related_name="payouts", verbose_name=_("settlement")
    )
    operation = models.OneToOneField(
        ChannelOperation, on_delete=models.PROTECT, related_name="+", verbose_name=_("operation")
    )
    destination = models.ForeignKey(
        Destination,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payouts",
        verbose_name=_("destination"),
    )
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )
    payment_file = models.ForeignKey(
        PaymentFile,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payouts",
        verbose_name=_("payment file"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(
        _("status"), max_length=18, choices=PayoutStatus.choices, default=PayoutStatus.QUEUED
    )
    status_code = models.CharField(_("reason code"), max_length=60, blank=True, default="")
    entry = models.OneToOneField(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("instruction entry"),
    )
    confirmed_entry = models.ForeignKey(
        JournalEntry,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("bank entry"),
    )
    bank_reference = models.CharField(_("bank reference"), max_length=64, blank=True, default="")
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-created_at", "-id"]
        permissions = [
            ("ask_payout", _("Can ask channels what became of a payout")),
            ("retry_payout", _("Can ask that a settlement is paid again")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["settlement"],
                condition=Q(status__in=[status.value for status in LIVE_PAYOUTS]),
                name="settlements_payout_one_live",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="settlements_payout_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=PayoutStatus.values), name="settlements_payout_status"
            ),
        ]

    def __str__(self) -> str:
        return self.id

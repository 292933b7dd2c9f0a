"""What is kept back of merchants' money against later refunds, and what became of it."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import JournalEntry
from payments.models.authorisations import CaptureShare
from payments.models.merchants import MerchantAccount
from payments.models.payments import PaymentAllocation


class ReserveHold(models.Model):
    """One amount that was put into a merchant's reserve (2005) by one entry.

    Of a payment (`allocation`, and `capture_share` of what was captured) with the day on which
    it goes back, or by hand and without one.
    `left_minor` is what is still held, moved by PostgreSQL with each `ReserveUse`; nobody else
    may change a row. `release_on` is a day in BUSINESS_TIME_ZONE.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "rsv")
    )
    merchant_account = models.ForeignKey(
        MerchantAccount,
        on_delete=models.PROTECT,
        related_name="reserve_holds",
        verbose_name=_("merchant account"),
    )
    allocation = models.ForeignKey(
        PaymentAllocation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reserve_holds",
        verbose_name=_("allocation"),
    )
    capture_share = models.OneToOneField(
        CaptureShare,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reserve_hold",
        verbose_name=_("share of a capture"),
    )
    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, related_name="+", verbose_name=_("journal entry")
    )
    amount_minor = models.BigIntegerField(_("amount"))
    left_minor = models.BigIntegerField(_("still held"))
    release_on = models.DateField(_("goes back on"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("reserve hold")
        verbose_name_plural = _("reserve holds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(left_minor__gte=0)
                & Q(left_minor__lte=F("amount_minor")),
                name="payments_reserve_left",
            ),
            models.CheckConstraint(
                condition=Q(allocation__isnull=True, release_on__isnull=True)
                | Q(allocation__isnull=False, release_on__isnull=False),
                name="payments_reserve_day",
            ),
            models.UniqueConstraint(
                fields=["allocation"],
                condition=Q(capture_share=None),
                name="payments_reserve_once_of_payment",
            ),
        ]
        indexes = [
            # Refunds take the oldest first, maturity those that are due; both of what is left.
            models.Index(
                fields=["merchant_account", "created_at", "id"],
                condition=Q(left_minor__gt=0),
                name="payments_reserve_oldest",
            ),
            models.Index(
                fields=["merchant_account", "release_on"],
                condition=Q(left_minor__gt=0),
                name="payments_reserve_due",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class ReserveUseKind(models.TextChoices):
    """What became of reserved money."""

    RELEASED = "released", pgettext_lazy("reserve", "released")
    CONSUMED = "consumed", pgettext_lazy("reserve", "paid for a refund")


class ReserveUse(models.Model):
    """What one entry took of one hold: given back, or paid to a payer. Append-only.

    Writing it lowers what is left of the hold, and what is left never falls below zero.
    """

    hold = models.ForeignKey(
        ReserveHold, on_delete=models.PROTECT, related_name="uses", verbose_name=_("reserve hold")
    )
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="+", verbose_name=_("journal entry")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ReserveUseKind.choices)
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("use of a reserve")
        verbose_name_plural = _("uses of reserves")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["hold", "entry"], name="payments_reserve_use_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(kind__in=ReserveUseKind.values),
                name="payments_reserve_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor}"

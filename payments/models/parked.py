"""Money that came otherwise than asked: it waits in suspense until somebody decides."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest, JournalEntry
from payments.models.payments import Payment, PaymentAttempt
from payments.parked_states import ParkedKind, ParkedStatus


class ParkedMoney(models.Model):
    """What one try brought otherwise than asked, and what became of it.

    `amount_minor` of `currency` is what the channel says came, `accepted_minor` what of it was
    taken as its payment; the rest is in suspense (2901) until a refund gives it back. `approval`
    is the newest agreement that was carried out; a deed by the merchant's terms has none. Moved by
    `payments.actions.resolutions` and by its refunds, as `payments.parked_states.PARKED` says.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "prk")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="parked", verbose_name=_("payment")
    )
    attempt = models.OneToOneField(
        PaymentAttempt,
        on_delete=models.PROTECT,
        related_name="parked",
        verbose_name=_("payment attempt"),
    )
    kind = models.CharField(_("how it came"), max_length=12, choices=ParkedKind.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    accepted_minor = models.BigIntegerField(_("taken as the payment"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, related_name="+", verbose_name=_("journal entry")
    )
    status = models.CharField(
        _("status"), max_length=12, choices=ParkedStatus.choices, default=ParkedStatus.WAITING
    )
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )
    came_at = models.DateTimeField(_("came at"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("money in suspense")
        verbose_name_plural = _("money in suspense")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(accepted_minor__gte=0)
                & Q(accepted_minor__lte=F("amount_minor")),
                name="payments_parked_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ParkedStatus.values) & Q(kind__in=ParkedKind.values),
                name="payments_parked_status",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payments_parked_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(status="waiting"),
                name="payments_parked_waiting",
            ),
        ]
        permissions = [
            ("request_parked", _("Can ask what becomes of money in suspense")),
            ("approve_parked", _("Can approve what becomes of money in suspense")),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def left_minor(self) -> int:
        """Return what of it was not taken as the payment."""
        return self.amount_minor - self.accepted_minor

"""Payment links: a price that a merchant shows, for whoever has the address to pay."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.merchants import Merchant


class PaymentLink(models.Model):
    """One address, `/checkout/link/<code>`, at which anybody may pay one merchant one amount.

    Each payer who begins gets a payment of their own; with `is_single_use` there is one payment
    that counts, and once it is paid the link is used up. It ends at `expires_at`, or when it is
    cancelled; what somebody began before may still be paid. `created_by` is the actor. Changed by
    `payments.actions.links`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "lnk")
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="links", verbose_name=_("merchant")
    )
    code = models.CharField(_("code"), max_length=40, unique=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    description = models.CharField(_("description"), max_length=120)
    is_single_use = models.BooleanField(_("may be paid once"), default=True)
    created_by = models.CharField(_("created by"), max_length=80)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment link")
        verbose_name_plural = _("payment links")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(amount_minor__lte=10**13),
                name="payments_link_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-created_at", "-id"], name="payments_link_newest"),
        ]
        permissions = [
            ("create_link", _("Can create payment links for merchants")),
            ("cancel_link", _("Can cancel payment links")),
        ]

    def __str__(self) -> str:
        return self.id

"""Addresses: the networks that somebody is bound to, and those that a payer has used."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models import Payer


class BoundKind(models.TextChoices):
    """Who is bound to networks."""

    PAYER = "payer", _("payer")
    MERCHANT = "merchant", _("merchant")


class BoundNetwork(models.Model):
    """One network from which one payer may pay, or one merchant ask for settlements.

    Who has none may come from anywhere. Ended, never deleted. A credential's networks stand on
    the credential itself.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "net")
    )
    subject_kind = models.CharField(_("binds"), max_length=10, choices=BoundKind.choices)
    subject_id = models.CharField(_("whom"), max_length=ID_MAX_LENGTH)
    network = models.CharField(_("network"), max_length=43)
    reason = models.CharField(_("reason"), max_length=500)
    created_by = models.CharField(_("bound by"), max_length=80)
    created_at = models.DateTimeField(_("created at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bound network")
        verbose_name_plural = _("bound networks")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_kind__in=BoundKind.values), name="risk_bound_kind"
            ),
            models.UniqueConstraint(
                fields=["subject_id", "network"],
                condition=Q(ended_at=None),
                name="risk_bound_once",
            ),
        ]
        permissions = [("bind_network", _("Can bind payers and merchants to networks"))]

    def __str__(self) -> str:
        return f"{self.subject_id} · {self.network}"


class PayerAddress(models.Model):
    """One address that one payer has paid from, where it was, and when it was last used (UTC).

    The place is what the locator knew at that moment; both are empty if it knew nothing. Payers
    are never deleted, so nothing is checked for each payment anew.
    """

    payer = models.ForeignKey(
        Payer,
        on_delete=models.PROTECT,
        related_name="addresses",
        db_constraint=False,
        verbose_name=_("payer"),
    )
    address = models.GenericIPAddressField(_("address"))
    country = models.CharField(_("country"), max_length=2, blank=True, default="")
    province = models.CharField(_("province"), max_length=60, blank=True, default="")
    first_used_at = models.DateTimeField(_("first used at"))
    last_used_at = models.DateTimeField(_("last used at"))

    class Meta:
        verbose_name = _("payer's address")
        verbose_name_plural = _("payers' addresses")
        ordering = ["-last_used_at"]
        constraints = [
            models.UniqueConstraint(fields=["payer", "address"], name="risk_payer_address_once"),
        ]
        indexes = [models.Index(fields=["payer", "-last_used_at"], name="risk_address_latest")]

    def __str__(self) -> str:
        return f"{self.payer_id} · {self.address}"

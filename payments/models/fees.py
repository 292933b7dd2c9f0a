"""What the platform charges."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.pricing import FeeTerms


class FeePlan(models.Model):
    """One version of what merchants on this plan are charged. Never changed: a new version is made.

    A payment's fee is gross × `fee_bps` / 10,000 + `fixed_minor`, kept between `minimum_minor` and
    `maximum_minor` and never over the gross. `payout_fee_minor` is charged per settlement.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "fpl")
    )
    name = models.CharField(_("name"), max_length=60)
    version = models.PositiveIntegerField(_("version"), default=1)
    currency = models.CharField(_("currency"), max_length=3)
    fee_bps = models.PositiveIntegerField(_("fee in basis points"))
    fixed_minor = models.BigIntegerField(_("fixed fee"), default=0)
    minimum_minor = models.BigIntegerField(_("minimum fee"), default=0)
    maximum_minor = models.BigIntegerField(_("maximum fee"), null=True, blank=True)
    payout_fee_minor = models.BigIntegerField(_("payout fee"), default=0)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("fee plan")
        verbose_name_plural = _("fee plans")
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="payments_fee_plan_version"),
            models.CheckConstraint(
                condition=Q(fee_bps__lte=10_000)
                & Q(fixed_minor__gte=0)
                & Q(minimum_minor__gte=0)
                & Q(payout_fee_minor__gte=0)
                & (Q(maximum_minor=None) | Q(maximum_minor__gte=F("minimum_minor"))),
                name="payments_fee_plan_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @property
    def terms(self) -> FeeTerms:
        """Return the plan as pricing reads it."""
        return FeeTerms(
            bps=self.fee_bps,
            fixed_minor=self.fixed_minor,
            minimum_minor=self.minimum_minor,
            maximum_minor=self.maximum_minor,
        )

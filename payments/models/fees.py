"""What the platform charges."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.pricing import FeeTerms


class RefundPolicy(models.TextChoices):
    """What of the platform's fee goes back to the merchant with a refund.

    `return_full`: all of it with the last minor unit refunded, nothing before.
    `return_proportional`: the share that is refunded. `keep`: nothing.
    """

    RETURN_FULL = "return_full", _("returned when all is refunded")
    RETURN_PROPORTIONAL = "return_proportional", _("returned in proportion")
    KEEP = "keep", _("kept")


class FeePlan(models.Model):
    """One version of what merchants on this plan are charged. Never changed: a new version is made.

    A payment's fee is gross × `fee_bps` / 10,000 + `fixed_minor`, kept between `minimum_minor` and
    `maximum_minor` and never over the gross. `payout_fee_minor` is charged per settlement. Of the
    fee, `vat_bps` / (10,000 + `vat_bps`) is value-added tax (E03v). `refund_policy` says what of
    the fee goes back with a refund.
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
    vat_bps = models.PositiveIntegerField(_("value-added tax in basis points"), default=0)
    refund_policy = models.CharField(
        _("fee on refund"),
        max_length=20,
        choices=RefundPolicy.choices,
        default=RefundPolicy.RETURN_PROPORTIONAL,
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("fee plan")
        verbose_name_plural = _("fee plans")
        ordering = ["name", "-version"]
        permissions = [
            ("request_terms", _("Can ask for other terms")),
            ("approve_terms", _("Can agree to other terms")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="payments_fee_plan_version"),
            models.CheckConstraint(
                condition=Q(fee_bps__lte=10_000)
                & Q(vat_bps__lte=10_000)
                & Q(refund_policy__in=RefundPolicy.values)
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

"""Limits on amounts, and how much of each is used."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH
from risk.rules.base import OWNER_KINDS, LimitDeed, LimitSubject, LimitWindow

LIMIT_MINOR_MAX = 10**18
"""A counter that stands just below it still holds the largest payment: no sum overflows."""


class LimitQuerySet(models.QuerySet["Limit"]):
    """Adjectives of limits."""

    def in_force(self, at: datetime) -> "LimitQuerySet":
        """Keep those in force at an instant (UTC)."""
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=at), valid_from__lte=at)


class Limit(models.Model):
    """At most `value_minor` of `currency` for one deed of one subject in one window.

    Without a `subject_id` it is the default for every subject of its kind; a row with one goes
    before the default, and of the limits per transaction only the most specific binds. In force
    from `valid_from` until `valid_until` (UTC, half open). Never changed but to end it: a new
    value is a new row, by `risk.actions.limits.set_limit`.
    """

    subject_kind = models.CharField(_("binds"), max_length=10, choices=LimitSubject.choices)
    subject_id = models.CharField(
        _("one of them only"), max_length=ID_MAX_LENGTH, blank=True, default=""
    )
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    window = models.CharField(_("window"), max_length=12, choices=LimitWindow.choices)
    currency = models.CharField(_("currency"), max_length=3)
    value_minor = models.BigIntegerField(_("at most"))
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)

    objects = LimitQuerySet.as_manager()

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["deed", "subject_kind", "subject_id", "currency", "window", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value_minor__gte=0) & Q(value_minor__lte=LIMIT_MINOR_MAX),
                name="risk_limit_value",
            ),
            models.CheckConstraint(
                condition=Q(window__in=LimitWindow.values)
                & (
                    Q(deed__in=LimitDeed.values, subject_kind=LimitSubject.PLATFORM, subject_id="")
                    | Q(
                        deed=LimitDeed.PAYMENT,
                        subject_kind=OWNER_KINDS[LimitDeed.PAYMENT],
                    )
                    | Q(
                        deed=LimitDeed.SETTLEMENT,
                        subject_kind=OWNER_KINDS[LimitDeed.SETTLEMENT],
                    )
                ),
                name="risk_limit_is_judged",
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="risk_limit_currency_code"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="risk_limit_validity",
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "deed", "window", "currency"],
                condition=Q(valid_until=None),
                name="risk_limit_one_in_force",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "deed", "currency"], name="risk_limit_of_subject")
        ]

    def __str__(self) -> str:
        bound = self.subject_id or self.get_subject_kind_display()
        return f"{self.get_deed_display()} · {bound} · {self.get_window_display()}"


class LimitCounter(models.Model):
    """What one subject has used of its limits on one business day.

    Filled by the guarded UPSERT of `risk_consume_limits`, emptied by a `LimitRelease`; a row may
    stand at zero. `subject_id` is a payer's or a merchant's id, or `platform`.
    """

    subject_id = models.CharField(_("subject"), max_length=ID_MAX_LENGTH)
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    currency = models.CharField(_("currency"), max_length=3)
    business_date = models.DateField(_("business day"))
    used_minor = models.BigIntegerField(_("used"))

    class Meta:
        verbose_name = _("limit counter")
        verbose_name_plural = _("limit counters")
        ordering = ["-business_date", "subject_id", "deed", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "deed", "currency", "business_date"],
                name="risk_counter_once",
            ),
            models.CheckConstraint(
                condition=Q(used_minor__gte=0), name="risk_counter_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} · {self.business_date} · {self.currency}"

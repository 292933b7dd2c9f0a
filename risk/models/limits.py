"""Limits on amounts, and how much of each is used."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH


class LimitSubject(models.TextChoices):
    """Whom a limit binds."""

    PAYER = "payer", _("payer")
    MERCHANT = "merchant", _("merchant")
    PLATFORM = "platform", _("platform")


class LimitDeed(models.TextChoices):
    """What a limit is about."""

    PAYMENT = "payment", _("payment")
    SETTLEMENT = "settlement", _("settlement")


class LimitWindow(models.TextChoices):
    """Over what time a limit counts; days are those of BUSINESS_TIME_ZONE."""

    TRANSACTION = "transaction", _("per transaction")
    DAY = "day", _("per day")


class Limit(models.Model):
    """At most `value_minor` of `currency` for one deed of one subject in one window.

    Without a `subject_id` it is the default for every subject of its kind; a row with one goes
    before the default. In force from `valid_from` until `valid_until` (UTC, half open).
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

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ["deed", "subject_kind", "subject_id", "currency", "window"]
        constraints = [
            models.CheckConstraint(condition=Q(value_minor__gte=0), name="risk_limit_value"),
            models.CheckConstraint(
                condition=Q(subject_kind__in=LimitSubject.values)
                & Q(deed__in=LimitDeed.values)
                & Q(window__in=LimitWindow.values),
                name="risk_limit_choices",
            ),
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "deed", "window", "currency"],
                condition=Q(valid_until=None),
                name="risk_limit_one_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.subject_kind} {self.window} {self.value_minor} {self.currency}"


class LimitCounter(models.Model):
    """What one subject has used of its limit in one window. Moved by one guarded UPSERT."""

    subject_id = models.CharField(_("subject"), max_length=ID_MAX_LENGTH)
    deed = models.CharField(_("deed"), max_length=12, choices=LimitDeed.choices)
    currency = models.CharField(_("currency"), max_length=3)
    business_date = models.DateField(_("business day"))
    used_minor = models.BigIntegerField(_("used"))

    class Meta:
        verbose_name = _("limit counter")
        verbose_name_plural = _("limit counters")
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
        return f"{self.subject_id} {self.business_date} {self.used_minor} {self.currency}"

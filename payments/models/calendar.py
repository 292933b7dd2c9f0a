"""The business calendar, confirmed by finance year by year."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BusinessDay(models.Model):
    """One day of the calendar in BUSINESS_TIME_ZONE, and whether banks work on it.

    A day without a row is a business day from Monday to Friday.
    """

    date = models.DateField(_("date"), primary_key=True)
    is_business_day = models.BooleanField(pgettext_lazy("calendar", "business day"))
    name = models.CharField(_("name"), max_length=80, blank=True, default="")
    is_confirmed = models.BooleanField(_("confirmed by finance"), default=False)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("business calendar")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"

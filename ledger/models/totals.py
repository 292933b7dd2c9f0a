"""Control accounts: the sum of the accounts of one number and currency."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ControlTotal(models.Model):
    """One number of the chart in one currency, as the sum of its owners' accounts. A view.

    The subsidiary ledger below it is the accounts of the same `code` and `currency`. `id` is both,
    `1101:CNY`; `balance_minor` is on the normal side.
    """

    id = models.CharField(_("id"), max_length=10, primary_key=True)
    code = models.CharField(_("code"), max_length=4)
    currency = models.CharField(_("currency"), max_length=3)
    accounts = models.BigIntegerField(_("accounts"))
    debits_minor = models.BigIntegerField(_("debits"))
    credits_minor = models.BigIntegerField(_("credits"))
    balance_minor = models.BigIntegerField(_("balance"))

    class Meta:
        managed = False
        db_table = "ledger_controltotal"
        verbose_name = _("control total")
        verbose_name_plural = _("control totals")
        ordering = ["code", "currency"]

    def __str__(self) -> str:
        return f"{self.code} · {self.currency}"

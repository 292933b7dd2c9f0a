"""Those who pay."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.merchants import Merchant


class Payer(models.Model):
    """One person who pays, as one partner knows them; limits and history hang on this row.

    `merchant` is whose credential names them; None means the platform. One number of two
    partners is two people: neither reads, nor locks out, whom the other knows by it.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pyr")
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payers",
        verbose_name=_("merchant"),
    )
    external_no = models.CharField(_("partner's number"), max_length=64)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        ordering = ["-created_at", "-id"]
        constraints = [
            # The number comes first: it is also looked for without knowing whose it is.
            models.UniqueConstraint(
                fields=["external_no", "merchant"],
                nulls_distinct=False,
                name="payments_payer_number",
            ),
        ]

    def __str__(self) -> str:
        return self.external_no

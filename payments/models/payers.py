"""Those who pay."""

from functools import partial

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id


class Payer(models.Model):
    """One person who pays, as the partner knows them; limits and history hang on this row."""

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "pyr")
    )
    external_no = models.CharField(_("partner's number"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.external_no

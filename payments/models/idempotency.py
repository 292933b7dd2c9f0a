"""What makes a retried request harmless."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.credentials import ApiCredential


class IdempotencyRecord(models.Model):
    """One request that was carried out under one key of one credential, and its answer.

    Written in the deed's own transaction by `payments.actions.idempotency.run_once`: no row is
    ever visible unfinished. May be pruned after 30 days; the partner's own numbers never are.
    """

    credential = models.ForeignKey(
        ApiCredential,
        on_delete=models.PROTECT,
        related_name="idempotency_records",
        verbose_name=_("credential"),
    )
    key = models.CharField(_("key"), max_length=128)
    operation = models.CharField(_("operation"), max_length=120)
    fingerprint = models.BinaryField(_("fingerprint"), max_length=32)
    response_status = models.PositiveSmallIntegerField(_("status"), null=True)
    response_body = models.JSONField(_("body"), null=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(fields=["credential", "key"], name="payments_idempotency_key"),
            models.CheckConstraint(
                condition=Q(key__regex=r"^[A-Za-z0-9_.:-]{16,128}$"),
                name="payments_idempotency_key_shape",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"

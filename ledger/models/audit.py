"""The audit trail: who did what, when, from where, and why."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AuditEntry(models.Model):
    """One deed or one refusal about money, written in the deed's own transaction. Append-only.

    `actor` and `subject` are references (`user:17`, `stl_…`): actors are not only users, and the
    ledger knows no nouns of the apps above it (docs/adr/0009).
    """

    action = models.CharField(_("action"), max_length=60)
    subject = models.CharField(_("subject"), max_length=90, db_index=True)
    actor = models.CharField(_("actor"), max_length=90, db_index=True)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True, default="")
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    before = models.JSONField(_("before"), default=dict, blank=True)
    after = models.JSONField(_("after"), default=dict, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["request_id"],
                condition=~models.Q(request_id=""),
                name="ledger_audit_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject} {self.actor}"

"""The configuration's history: what was set to what, and when."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ChangeOperation(models.TextChoices):
    """What happened to the row."""

    START = "S", _("found when the history began")
    INSERT = "I", _("added")
    UPDATE = "U", _("changed")
    DELETE = "D", _("deleted")
    TRUNCATE = "T", _("table emptied")


class ConfigurationChange(models.Model):
    """One change of one row of configuration, as the database itself saw it. Append-only.

    Written by the trigger `ledger_keep_history` and by nothing else: also what raw SQL changes is
    here, whoever ran it. `before` and `after` hold the columns that the trigger names; of a secret
    they hold the SHA-256. `database_role` is who was connected; which person, request and reason
    it was is told by the audit rows of the same transaction.
    """

    table_name = models.CharField(_("table"), max_length=63)
    row_id = models.CharField(_("row"), max_length=64, blank=True)
    operation = models.CharField(_("what happened"), max_length=1, choices=ChangeOperation.choices)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    database_role = models.CharField(_("database role"), max_length=63)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("configuration change")
        verbose_name_plural = _("configuration history")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(operation__in=ChangeOperation.values),
                name="ledger_configurationchange_operation",
            ),
        ]
        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="ledger_history_of_row"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} {self.row_id} {self.get_operation_display()}"

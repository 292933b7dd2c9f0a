"""What the outside is told."""

from functools import partial

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id


class Event(models.Model):
    """One thing that happened to one subject, in order; the outbox. Append-only.

    `sequence` counts 1, 2, 3 … per subject. `payload` is a small snapshot stored once.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "evt")
    )
    kind = models.CharField(_("kind"), max_length=60)
    subject = models.CharField(_("subject"), max_length=ID_MAX_LENGTH)
    sequence = models.PositiveIntegerField(_("sequence"))
    payload = models.JSONField(_("payload"), default=dict)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "sequence"], name="payments_event_sequence"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

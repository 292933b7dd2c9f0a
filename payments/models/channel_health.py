"""How channels answer: each exchange with one, for a while; and what examinations of them found."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.channels import ChannelAccount


class CallResult(models.TextChoices):
    """How an exchange with a channel ended, seen from the line: who answered has answered."""

    ANSWERED = "answered", _("answered")
    FAILED = "failed", _("failed")
    UNKNOWN = "unknown", _("unknown")
    NO_ANSWER = "no_answer", _("no answer")
    NOT_CONNECTED = "not_connected", _("not connected")


class ChannelCall(models.Model):
    """One exchange with a channel, however many requests it took. Kept for two days.

    Machine time: `called_at` is when its outcome was recorded, by the database's clock. Nobody
    decides anything about money by it.
    """

    id = models.BigAutoField(_("id"), primary_key=True)
    # Accounts are never deleted, so looking for one with every call would tell nothing.
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("channel account"),
    )
    called_at = models.DateTimeField(_("called at"))
    result = models.CharField(_("result"), max_length=13, choices=CallResult.choices)
    millis = models.PositiveIntegerField(_("milliseconds"))

    class Meta:
        verbose_name = _("call of a channel")
        verbose_name_plural = _("calls of channels")
        default_permissions = ()
        indexes = [
            models.Index(fields=["channel_account", "called_at"], name="payments_call_recent")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(result__in=CallResult.values), name="payments_call_result"
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ChannelExamination(models.Model):
    """What one examination of a channel account found, sentence by sentence. Written once.

    `findings` is a list of objects with `check`, `level`, `code` and `parameters`, as in
    `payments.actions.channel_findings.Finding`; older rows have sentences, `seen` and `todo`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "exm")
    )
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="examinations",
        verbose_name=_("channel account"),
    )
    asked_by = models.CharField(_("asked by"), max_length=90)
    examined_at = models.DateTimeField(_("examined at"))
    errors = models.PositiveIntegerField(_("errors"))
    warnings = models.PositiveIntegerField(_("warnings"))
    findings = models.JSONField(_("findings"))

    class Meta:
        verbose_name = _("examination of a channel account")
        verbose_name_plural = _("examinations of channel accounts")
        ordering = ["-id"]
        permissions = [("examine_channelaccount", _("Can have channel accounts examined"))]

    def __str__(self) -> str:
        return str(self.id)

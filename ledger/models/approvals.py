"""Four eyes: a request of one person, decided by others."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.states import ApprovalState


class ApprovalDecisionChoice(models.TextChoices):
    """What a checker may say."""

    APPROVE = "approve", _("approve")
    REJECT = "reject", _("reject")


class ApprovalRequest(models.Model):
    """One person asks that something be done; others decide on exactly what `digest` covers.

    `maker` is an actor reference. `payload` is what was shown, `digest` its SHA-256: when the
    thing changes, the digest differs and the approval is worth nothing. Only `state`, `version`
    and `decided_at` ever change, by `ledger.actions.approvals`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "apr")
    )
    kind = models.CharField(_("kind"), max_length=40)
    object_type = models.CharField(_("object type"), max_length=40)
    object_id = models.CharField(_("object"), max_length=ID_MAX_LENGTH, db_index=True)
    payload = models.JSONField(_("what was shown"))
    digest = models.BinaryField(_("digest"), max_length=32)
    maker = models.CharField(_("maker"), max_length=90)
    required = models.PositiveSmallIntegerField(_("approvals required"), default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=ApprovalState.choices, default=ApprovalState.PENDING
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id"],
                condition=Q(state__in=["pending", "approved"]),
                name="ledger_approval_one_open",
            ),
            # What decisions copy of a request, so that nobody can decide on their own.
            models.UniqueConstraint(fields=["id", "maker"], name="ledger_approval_maker"),
            models.CheckConstraint(condition=Q(required__gte=1), name="ledger_approval_required"),
            models.CheckConstraint(
                condition=Q(state__in=ApprovalState.values), name="ledger_approval_state"
            ),
        ]
        permissions = [("decide_approvals", _("Can decide on requests of others"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"


class ApprovalDecision(models.Model):
    """One person's word on a request. Append-only; the CHECK keeps maker and approver apart."""

    request = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        related_name="decisions",
        verbose_name=_("request"),
    )
    maker = models.CharField(_("maker"), max_length=90)
    approver = models.CharField(_("approver"), max_length=90)
    decision = models.CharField(_("decision"), max_length=8, choices=ApprovalDecisionChoice.choices)
    digest = models.BinaryField(_("digest"), max_length=32)
    second_factor = models.CharField(_("second factor"), max_length=60, blank=True, default="")
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("approval decision")
        verbose_name_plural = _("approval decisions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "approver"], name="ledger_decision_once_each"
            ),
            models.CheckConstraint(
                condition=~Q(approver=F("maker")), name="ledger_decision_two_people"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=ApprovalDecisionChoice.values),
                name="ledger_decision_choice",
            ),
            models.CheckConstraint(
                condition=Q(decision="approve") | ~Q(reason=""),
                name="ledger_decision_rejection_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.approver}"

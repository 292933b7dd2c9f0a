"""Four eyes: a request of one person, decided by others."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.states import ApprovalState

APPROVER_FORM = r"^user:(0|[1-9][0-9]*)$"
MAKER_FORM = r"^(user:(0|[1-9][0-9]*)|(?!user:)[a-z]+:[^\s]+)$"
"""One way only to write a person, so that two references that differ are two people."""


class ApprovalDecisionChoice(models.TextChoices):
    """What a checker may say."""

    APPROVE = "approve", _("approve")
    REJECT = "reject", _("reject")


class ApprovalRequest(models.Model):
    """One person asks that something be done; others decide on exactly what `digest` covers.

    `maker` is an actor reference. `payload` is what was shown, `digest` its SHA-256: when the
    thing changes, the digest differs and the approval is worth nothing. `amount_minor` is what
    the deed moves, in minor units of `currency`; null where it moves no money. Only `state`,
    `version` and `decided_at` ever change, by `ledger.actions.approvals`.
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
    amount_minor = models.BigIntegerField(_("amount"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="", db_default="")
    required = models.PositiveSmallIntegerField(_("approvals required"), default=1)
    needs_head = models.BooleanField(
        _("a finance head among them"), default=False, db_default=False
    )
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
            models.CheckConstraint(
                condition=Q(amount_minor=None, currency="")
                | (Q(amount_minor__gte=0) & ~Q(currency="")),
                name="ledger_approval_amount",
            ),
            # NOT VALID in the database, as is the form of approvers: rows from before stay.
            models.CheckConstraint(
                condition=Q(maker__regex=MAKER_FORM), name="ledger_approval_maker_form"
            ),
        ]
        permissions = [
            ("decide_approvals", _("Can decide on requests of others")),
            ("decide_as_head", _("Can decide as finance head")),
            ("request_roles", _("Can ask for other roles of people")),
            ("approve_roles", _("Can agree to other roles of people")),
            ("lock_out_staff", _("Can lock people out")),
        ]

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
    as_head = models.BooleanField(_("as finance head"), default=False, db_default=False)
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
            # NOT VALID in the database: decisions from before the law may lack it.
            models.CheckConstraint(
                condition=~Q(decision="approve") | ~Q(second_factor=""),
                name="ledger_decision_second_factor",
            ),
            models.CheckConstraint(
                condition=Q(approver__regex=APPROVER_FORM), name="ledger_decision_approver_form"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} {self.approver}"


class ApprovalTier(models.Model):
    """How many people must agree above an amount. Append-only: the newest version counts.

    `kind` '' is any kind. `currency` '' is of requests that move no money, and the floor for
    currencies that have no tier of their own; those need two people at least. The tier that
    counts is of the most specific kind and currency, with the highest `above_minor` (minor units)
    that the amount exceeds; 0 includes all amounts. The lookup is SQL, `ledger_tier_of`, as the
    law asks it too.
    """

    kind = models.CharField(_("kind"), max_length=40, blank=True, default="")
    currency = models.CharField(_("currency"), max_length=3, blank=True, default="")
    above_minor = models.BigIntegerField(_("above"), default=0)
    required = models.PositiveSmallIntegerField(_("approvals required"))
    needs_head = models.BooleanField(_("a finance head among them"), default=False)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.CharField(_("created by"), max_length=90)
    approval = models.OneToOneField(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        # The law compares it with the request, which nobody deletes; seeds have none.
        db_constraint=False,
        related_name="+",
        verbose_name=_("approval"),
    )

    class Meta:
        verbose_name = _("approval tier")
        verbose_name_plural = _("approval tiers")
        ordering = ["kind", "currency", "above_minor", "-id"]
        indexes = [
            models.Index(
                fields=["kind", "currency", "above_minor", "-id"], name="ledger_tier_newest"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(required__gte=1, required__lte=5), name="ledger_tier_required"
            ),
            models.CheckConstraint(
                condition=Q(above_minor=0) | (Q(above_minor__gt=0) & ~Q(currency="")),
                name="ledger_tier_above",
            ),
            # Who sets the tiers is watched by a finance head, whatever else they agree on.
            models.CheckConstraint(
                condition=~Q(kind="approval_tier") | Q(needs_head=True),
                name="ledger_tier_of_tiers",
            ),
        ]
        permissions = [
            ("request_tier", _("Can ask for another approval tier")),
            ("approve_tier", _("Can approve another approval tier")),
        ]

    def __str__(self) -> str:
        return f"{self.kind or '*'} {self.currency or '*'} > {self.above_minor}"

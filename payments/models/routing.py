"""Which channel account takes a payment, and which scenes are closed."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from payments.models.channels import ChannelAccount
from payments.models.merchants import Merchant
from payments.models.payments import PaymentMethod


class RoutingRule(models.Model):
    """Which account takes what: the first rule that is on and fits decides, by priority.

    What is empty fits everything. Amounts are minor units, `from_minor` fits and `to_minor` does
    not; times of day are in BUSINESS_TIME_ZONE, alike, and may pass midnight. A rule never
    changes: another one is written. It is put in force by two people, since it sends money to
    another account, and switched off by one.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "rou")
    )
    priority = models.PositiveIntegerField(_("priority"))
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="routing_rules",
        verbose_name=_("merchant"),
    )
    method = models.CharField(
        _("method"), max_length=20, choices=PaymentMethod.choices, blank=True, default=""
    )
    currency = models.CharField(_("currency"), max_length=3)
    from_minor = models.BigIntegerField(_("amount from"), default=0)
    to_minor = models.BigIntegerField(_("amount below"), null=True, blank=True)
    starts_at = models.TimeField(_("time of day from"), null=True, blank=True)
    ends_at = models.TimeField(_("time of day until"), null=True, blank=True)
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="routing_rules",
        verbose_name=_("goes to"),
    )
    is_enabled = models.BooleanField(_("in force"), default=False)
    created_at = models.DateTimeField(_("created at"))
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["priority", "id"]
        permissions = [
            ("request_routing", _("Can ask for other routing of payments")),
            ("approve_routing", _("Can agree to other routing of payments")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(from_minor__gte=0)
                & (Q(to_minor=None) | Q(to_minor__gt=F("from_minor"))),
                name="payments_routing_amounts",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None)
                | (Q(starts_at__isnull=False, ends_at__isnull=False) & ~Q(starts_at=F("ends_at"))),
                name="payments_routing_times",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MethodSwitch(models.Model):
    """A scene that is closed, at one channel account or at all, until somebody opens it again.

    Nobody is offered it and nothing new is taken by it; orders that are under way go on.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "msw")
    )
    method = models.CharField(_("method"), max_length=20, choices=PaymentMethod.choices)
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="method_switches",
        verbose_name=_("channel account"),
    )
    reason = models.CharField(_("reason"), max_length=500)
    closed_by = models.CharField(_("closed by"), max_length=90)
    closed_at = models.DateTimeField(_("closed at"))
    opened_by = models.CharField(_("opened by"), max_length=90, blank=True, default="")
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)

    class Meta:
        verbose_name = _("closed scene")
        verbose_name_plural = _("closed scenes")
        ordering = ["-closed_at", "-id"]
        permissions = [("switch_method", _("Can close and open scenes of payment"))]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "channel_account"],
                condition=Q(opened_at=None),
                nulls_distinct=False,
                name="payments_method_closed_once",
            ),
        ]

    def __str__(self) -> str:
        return str(PaymentMethod(self.method).label)

"""What keeps orders from being sent: a channel that does not answer, and people who said stop."""

from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from payments.models.channels import ChannelAccount


class MaySend(models.Func):
    """Ask PostgreSQL whether no hold keeps an order from being sent: its account, its kind.

    It waits for whoever is placing a hold at this moment, and lets nobody place one before this
    transaction has ended: nothing is claimed after a hold's COMMIT.
    """

    function = "payments_may_send"
    output_field = models.BooleanField()


class ChannelBreaker(models.Model):
    """How one channel account answers: closed while it does, open while it does not (R11).

    Machine time: all instants are the database's. `failed_at` are the newest failures since the
    last answer, `opened_at` is when they became too many, `probe_at` when one order may try it.
    `pauses` counts the tries since. Changed by `payments.actions.breakers` only; an account
    without a row has never failed.
    """

    channel_account = models.OneToOneField(
        ChannelAccount,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="breaker",
        verbose_name=_("channel account"),
    )
    failed_at = ArrayField(models.DateTimeField(), verbose_name=_("last failures"), default=list)
    opened_at = models.DateTimeField(_("open since"), null=True, blank=True)
    probe_at = models.DateTimeField(_("next try at"), null=True, blank=True)
    pauses = models.PositiveIntegerField(_("tries since"), default=0)
    reason = models.CharField(_("last failure"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("breaker")
        verbose_name_plural = _("breakers")
        constraints = [
            models.CheckConstraint(
                condition=Q(opened_at=None, probe_at=None)
                | Q(opened_at__isnull=False, probe_at__isnull=False),
                name="payments_breaker_is_tried",
            )
        ]

    def __str__(self) -> str:
        return str(self.channel_account_id)


class HoldCover(models.TextChoices):
    """What a hold keeps from being sent. Questions are never held back."""

    PAYOUTS = "payouts", _("payouts")
    EVERYTHING = "everything", _("everything that is sent")


class SendingHold(models.Model):
    """A stop: while it stands nothing that it covers is sent, by any channel account or by one.

    Placed by one person or by a proof that failed, with a reason; released by two people. Several
    may stand at once, and each is released for itself. Changed by `payments.actions.holds` only.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "hld")
    )
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sending_holds",
        verbose_name=_("channel account"),
    )
    covers = models.CharField(_("holds back"), max_length=10, choices=HoldCover.choices)
    reason = models.CharField(_("reason"), max_length=500)
    placed_by = models.CharField(_("placed by"), max_length=90)
    placed_at = models.DateTimeField(_("placed at"))
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("release asked for"),
    )
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        verbose_name = _("hold of sending")
        verbose_name_plural = _("holds of sending")
        ordering = ["-placed_at", "-id"]
        permissions = [
            ("place_sendinghold", _("Can hold back what is sent to channels")),
            ("request_release", _("Can ask that a hold of sending is released")),
            ("approve_release", _("Can agree that a hold of sending is released")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(covers__in=HoldCover.values), name="payments_hold_covers"
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(approval__isnull=False),
                name="payments_hold_released_by_two",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel_account"],
                condition=Q(released_at=None),
                name="payments_hold_stands",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

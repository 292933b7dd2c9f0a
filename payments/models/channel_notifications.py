"""What channels tell us unasked: kept as it came, and what was found out about it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.models.channels import ChannelAccount
from payments.states import Verdict


class ChannelNotification(models.Model):
    """One message as its raw bytes and headers, kept before it is believed.

    The message never changes. Its verdict moves once; one that was refused may become genuine
    when it is judged again with other keys. `came_at` is the database's clock, by which a message
    is fresh or stale, however late it is judged; `received_at` is the business's instant.
    `subject` is whose order it is about (att_…, rfd_…, po_…), empty for a number that nobody here
    gave. In which a channel told a card's number, that is kept without the number (`is_masked`):
    it was judged as it came, and cannot be judged again. What is genuine stays; the rest is
    forgotten after a while.
    """

    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="notifications",
        verbose_name=_("channel account"),
    )
    verdict = models.CharField(
        _("verdict"), max_length=10, choices=Verdict.choices, default=Verdict.RECEIVED
    )
    doubt = models.CharField(_("why it was refused"), max_length=200, blank=True, default="")
    notification_id = models.CharField(
        _("channel's notification id"), max_length=128, blank=True, default=""
    )
    channel_no = models.CharField(
        _("our number"), max_length=64, db_index=True, blank=True, default=""
    )
    about = models.CharField(_("about"), max_length=10, blank=True, default="")
    subject = models.CharField(_("whose order"), max_length=64, blank=True, default="")
    claimed_status = models.CharField(_("status it claims"), max_length=40, blank=True, default="")
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    body = models.BinaryField(_("body"), max_length=65_536)
    is_masked = models.BooleanField(_("a card's number was blotted out"), default=False)
    client_ip = models.GenericIPAddressField(_("client address"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"))
    came_at = models.DateTimeField(_("came at, by the database"), db_default=Now())
    judged_at = models.DateTimeField(_("judged at"), null=True, blank=True)

    class Meta:
        verbose_name = _("channel notification")
        verbose_name_plural = _("channel notifications")
        ordering = ["-id"]
        permissions = [
            ("reverify_notification", _("Can have kept notifications verified again")),
            ("replay_notification", _("Can have the owner of a notification ask again")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel_account", "notification_id"],
                condition=Q(verdict=Verdict.GENUINE),
                name="payments_notification_once",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="payments_notification_verdict"
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=[Verdict.GENUINE, Verdict.REPEATED])
                | (~Q(notification_id="") & ~Q(channel_no="")),
                name="payments_notification_named",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel_account", "came_at"],
                condition=~Q(verdict=Verdict.GENUINE),
                name="payments_notification_doubted",
            ),
            models.Index(
                fields=["id"],
                condition=Q(verdict=Verdict.GENUINE, subject=""),
                name="payments_notification_nobodys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_no} {self.claimed_status}".strip() or self.get_verdict_display()


class RefusedCount(models.Model):
    """How many messages one account was sent in one hour that were not kept, since many were."""

    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="refused_counts",
        verbose_name=_("channel account"),
    )
    hour = models.DateTimeField(_("hour"))
    count = models.PositiveIntegerField(_("not kept"), default=0)

    class Meta:
        verbose_name = _("notifications that were not kept")
        verbose_name_plural = _("notifications that were not kept")
        ordering = ["-hour", "channel_account"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel_account", "hour"], name="payments_refused_count_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_account_id} {self.hour:%Y-%m-%d %H}"

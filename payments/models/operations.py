"""Orders to a channel: one order, one number, for ever."""

from datetime import timedelta
from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models.channels import ChannelAccount
from payments.states import OperationStatus

UNSENT_AFTER = timedelta(minutes=1)
"""How long an order may wait for the job that shall send it, before the janitor sends another."""


class DatabaseClock(models.Func):
    """The database's clock at this very moment, which moves on inside a transaction."""

    template = "clock_timestamp()"
    output_field = models.DateTimeField()


class OperationKind(models.TextChoices):
    """What the channel is asked to do."""

    PAY = "pay", _("take a payment")
    PAYOUT = "payout", _("pay out")
    REFUND = "refund", _("refund")
    CAPTURE = "capture", _("capture what was authorised")
    VOID = "void", _("give an authorisation back")


class ChannelOperation(models.Model):
    """One order to a channel and all that is known of its outcome.

    Written and committed before the channel is called. `channel_no` is our number for it and
    never changes. `subject` is the id of the attempt, refund or payout that it serves. While
    somebody speaks to the channel about it they hold `lease_token` until `lease_until` (database
    time). Changed by `payments.actions.operations` only.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "opr")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=OperationKind.choices)
    channel_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        related_name="operations",
        verbose_name=_("channel account"),
    )
    channel_no = models.CharField(_("our number at the channel"), max_length=64, unique=True)
    subject = models.CharField(_("serves"), max_length=ID_MAX_LENGTH, db_index=True)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(
        _("status"),
        max_length=16,
        choices=OperationStatus.choices,
        default=OperationStatus.PREPARED,
    )
    code = models.CharField(_("channel's code"), max_length=80, blank=True, default="")
    message = models.CharField(_("channel's words"), max_length=300, blank=True, default="")
    raw_answer = models.TextField(_("last raw answer"), blank=True, default="")
    channel_ref = models.CharField(
        _("channel's number"), max_length=80, blank=True, default="", db_index=True
    )
    # The id of the request of two people by which its outcome was recorded last; carried out once.
    resolution = models.CharField(
        _("outcome by evidence"), max_length=ID_MAX_LENGTH, blank=True, default="", db_default=""
    )
    lease_token = models.UUIDField(_("lease"), null=True, blank=True)
    lease_until = models.DateTimeField(_("lease ends"), null=True, blank=True)
    sends = models.PositiveIntegerField(_("times sent"), default=0)
    queries = models.PositiveIntegerField(_("times asked"), default=0)
    first_sent_at = models.DateTimeField(_("first sent at"), null=True, blank=True)
    # When it was claimed to be sent last, or when the channel answered to that.
    last_sent_at = models.DateTimeField(_("last sent at"), null=True, blank=True)
    # From birth: were the job that shall send it lost, the janitor would find it by this.
    next_query_at = models.DateTimeField(
        _("next question at"), null=True, blank=True, db_default=DatabaseClock() + UNSENT_AFTER
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("channel operation")
        verbose_name_plural = _("channel operations")
        ordering = ["-created_at", "-id"]
        permissions = [
            ("request_resolution", _("Can ask that an order's outcome is taken from evidence")),
            ("approve_resolution", _("Can agree to an order's outcome by evidence")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OperationStatus.values), name="payments_operation_status"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=OperationKind.values), name="payments_operation_kind"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_operation_positive"
            ),
            models.CheckConstraint(
                # Payouts by file wait for their file, and for the bank's word: nobody can ask it.
                condition=~Q(status__in=["prepared", "awaiting_payer", "processing", "unknown"])
                | Q(next_query_at__isnull=False)
                | Q(kind="payout"),
                name="payments_operation_is_not_forgotten",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_query_at"],
                condition=Q(
                    status__in=["prepared", "sending", "awaiting_payer", "processing", "unknown"]
                ),
                name="payments_operation_due",
            )
        ]

    def __str__(self) -> str:
        return self.channel_no

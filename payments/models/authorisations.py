"""Authorisations: money that a channel holds for us, what was taken of it, and given back."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.capture_states import DEAD_CAPTURES, CaptureStatus
from payments.models.credentials import ApiCredential
from payments.models.operations import ChannelOperation
from payments.models.payments import Payment, PaymentAllocation, PaymentAttempt
from payments.states import CONTRADICTED


class Authorisation(models.Model):
    """What a channel holds of a payer's money by one try, until `expires_at` (UTC).

    No money moved, so no book knows of it. One that nobody wanted (`is_spare`: its payment was
    being closed, had another one, or asked for another amount) is given back and never taken.
    `ended_at` is when nothing of it is held any more, and `ended_code` says why.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "aut")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="authorisations", verbose_name=_("payment")
    )
    attempt = models.OneToOneField(
        PaymentAttempt,
        on_delete=models.PROTECT,
        related_name="authorisation",
        verbose_name=_("payment attempt"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    is_spare = models.BooleanField(_("not wanted"), default=False)
    authorised_at = models.DateTimeField(_("authorised at"))
    expires_at = models.DateTimeField(_("held until"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_code = models.CharField(_("ended because"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("authorisation")
        verbose_name_plural = _("authorisations")
        ordering = ["-authorised_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(is_spare=False),
                name="payments_authorisation_one_wanted",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="payments_authorisation_positive"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(ended_at=None),
                name="payments_authorisation_open",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Capture(models.Model):
    """One amount that is taken of an authorisation, under one number for ever.

    Its shares and `unallocated_minor` add up to the amount, and all living captures of a payment
    to what was authorised at most: the database says so. With `is_final` nothing more is taken.
    `payer_minor` and `settled_minor` are as of a `PaymentAttempt`.
    Moves are those of `payments.capture_states.CAPTURE`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "cap")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="captures", verbose_name=_("payment")
    )
    authorisation = models.ForeignKey(
        Authorisation,
        on_delete=models.PROTECT,
        related_name="captures",
        verbose_name=_("authorisation"),
    )
    created_by = models.ForeignKey(
        ApiCredential,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by credential"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    unallocated_minor = models.BigIntegerField(_("belongs to no merchant"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    is_final = models.BooleanField(_("the last one"))
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=CaptureStatus.choices,
        default=CaptureStatus.SUBMITTING,
    )
    status_code = models.CharField(_("reason code"), max_length=80, blank=True, default="")
    requested_by = models.CharField(_("asked by"), max_length=80)
    operation = models.OneToOneField(
        ChannelOperation,
        on_delete=models.PROTECT,
        related_name="capture",
        verbose_name=_("operation"),
    )
    created_at = models.DateTimeField(_("created at"))
    succeeded_at = models.DateTimeField(_("succeeded at"), null=True, blank=True)
    payer_minor = models.BigIntegerField(_("paid by the payer"), null=True, blank=True)
    settled_minor = models.BigIntegerField(_("owed by the channel"), null=True, blank=True)

    class Meta:
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(unallocated_minor__gte=0),
                name="payments_capture_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=CaptureStatus.values), name="payments_capture_status"
            ),
            models.UniqueConstraint(
                fields=["authorisation"],
                condition=Q(is_final=True) & ~Q(status__in=DEAD_CAPTURES),
                name="payments_capture_one_final",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payments_capture_newest"),
            models.Index(
                fields=["authorisation"],
                condition=Q(status_code=CONTRADICTED),
                name="payments_capture_contradicted",
            ),
        ]
        permissions = [("request_capture", _("Can take what was authorised"))]

    def __str__(self) -> str:
        return self.id


class CaptureShare(models.Model):
    """What of one capture belongs to one merchant's allocation, and at which fee. Never changes."""

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "csh")
    )
    capture = models.ForeignKey(
        Capture, on_delete=models.PROTECT, related_name="shares", verbose_name=_("capture")
    )
    allocation = models.ForeignKey(
        PaymentAllocation,
        on_delete=models.PROTECT,
        related_name="capture_shares",
        verbose_name=_("allocation"),
    )
    place = models.PositiveSmallIntegerField(_("place"))
    amount_minor = models.BigIntegerField(_("amount"))
    fee_minor = models.BigIntegerField(_("fee"))

    class Meta:
        verbose_name = _("share of a capture")
        verbose_name_plural = _("shares of captures")
        ordering = ["capture_id", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["capture", "allocation"], name="payments_capture_share_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(fee_minor__gte=0)
                & Q(fee_minor__lte=F("amount_minor")),
                name="payments_capture_share_amounts",
            ),
        ]

    def __str__(self) -> str:
        return self.id


class Void(models.Model):
    """One order to give back what is left of an authorisation; `code` says why.

    At most one of an authorisation is alive. Moves are those of `payments.capture_states.VOID`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "void")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="voids", verbose_name=_("payment")
    )
    authorisation = models.ForeignKey(
        Authorisation,
        on_delete=models.PROTECT,
        related_name="voids",
        verbose_name=_("authorisation"),
    )
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    code = models.CharField(_("why"), max_length=60)
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=CaptureStatus.choices,
        default=CaptureStatus.SUBMITTING,
    )
    status_code = models.CharField(_("reason code"), max_length=80, blank=True, default="")
    requested_by = models.CharField(_("asked by"), max_length=80)
    operation = models.OneToOneField(
        ChannelOperation,
        on_delete=models.PROTECT,
        related_name="void",
        verbose_name=_("operation"),
    )
    created_at = models.DateTimeField(_("created at"))
    succeeded_at = models.DateTimeField(_("succeeded at"), null=True, blank=True)

    class Meta:
        verbose_name = _("void")
        verbose_name_plural = _("voids")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payments_void_positive"),
            models.CheckConstraint(
                condition=Q(status__in=CaptureStatus.values), name="payments_void_status"
            ),
            models.UniqueConstraint(
                fields=["authorisation"],
                condition=~Q(status__in=DEAD_CAPTURES),
                name="payments_void_one_alive",
            ),
        ]
        indexes = [
            models.Index(
                fields=["authorisation"],
                condition=Q(status_code=CONTRADICTED),
                name="payments_void_contradicted",
            ),
        ]
        permissions = [("request_void", _("Can give authorisations back"))]

    def __str__(self) -> str:
        return self.id

"""Refunds: money that goes back to a payer, and whose it was."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from payments.models.authorisations import Capture
from payments.models.credentials import ApiCredential
from payments.models.merchants import Merchant
from payments.models.operations import ChannelOperation
from payments.models.parked import ParkedMoney
from payments.models.payments import Payment, PaymentAllocation
from payments.states import RefundStatus


class Refund(models.Model):
    """One amount that goes back to the payer of one payment, under one number for ever.

    `merchant` is whose credential or member asked; None means the platform. The sum of its
    allocations and `unallocated_minor` is the amount, and no refunds of an allocation pass what
    was paid: the database says so. With `parked` it gives back money that came otherwise than
    asked: nobody's, out of suspense, beside what was paid. Of a payment that was authorised first
    it is of one `capture`. Its order to the channel is `operation`, written once it is funded.
    What came back, or was made after all, is booked anew: its entries bear the `turn`.
    Moves are those of `payments.states.REFUND`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "ref")
    )
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, related_name="refunds", verbose_name=_("payment")
    )
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("asked by merchant"),
    )
    created_by = models.ForeignKey(
        ApiCredential,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by credential"),
    )
    parked = models.ForeignKey(
        ParkedMoney,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("money in suspense"),
    )
    capture = models.ForeignKey(
        Capture,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refunds",
        verbose_name=_("of the capture"),
    )
    merchant_refund_no = models.CharField(_("merchant's refund number"), max_length=64)
    amount_minor = models.BigIntegerField(_("amount"))
    unallocated_minor = models.BigIntegerField(_("belongs to no merchant"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    reason = models.CharField(_("reason"), max_length=80)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=RefundStatus.choices, default=RefundStatus.REQUESTED
    )
    status_code = models.CharField(_("reason code"), max_length=80, blank=True, default="")
    requested_by = models.CharField(_("asked by"), max_length=80)
    operation = models.OneToOneField(
        ChannelOperation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="refund",
        verbose_name=_("operation"),
    )
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approval"),
    )
    turn = models.PositiveSmallIntegerField(_("turn"), default=1)
    created_at = models.DateTimeField(_("created at"))
    succeeded_at = models.DateTimeField(_("succeeded at"), null=True, blank=True)
    payer_minor = models.BigIntegerField(_("given to the payer"), null=True, blank=True)
    settled_minor = models.BigIntegerField(_("taken by the channel"), null=True, blank=True)

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "merchant_refund_no"],
                nulls_distinct=False,
                name="payments_refund_no",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) & Q(unallocated_minor__gte=0),
                name="payments_refund_amounts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RefundStatus.values), name="payments_refund_status"
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="payments_refund_newest"),
            models.Index(fields=["status", "created_at"], name="payments_refund_waiting"),
            models.Index(fields=["merchant_refund_no"], name="payments_refund_number"),
            models.Index(
                fields=["created_at"],
                condition=Q(status_code="contradicted"),
                name="payments_refund_contradicted",
            ),
        ]
        permissions = [
            ("request_refund", _("Can request refunds")),
            ("approve_refund", _("Can approve refunds")),
            ("cancel_refund", _("Can cancel refunds")),
            ("ask_refund", _("Can ask channels what became of a refund")),
        ]

    def __str__(self) -> str:
        return self.id


class RefundAllocation(models.Model):
    """What of one refund comes from one merchant's allocation of the payment. Never changes.

    `fee_returned_minor` is what of the platform's fee the merchant gets back, fixed when the
    refund is requested.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "ral")
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="allocations", verbose_name=_("refund")
    )
    allocation = models.ForeignKey(
        PaymentAllocation,
        on_delete=models.PROTECT,
        related_name="refund_allocations",
        verbose_name=_("allocation"),
    )
    place = models.PositiveSmallIntegerField(_("place"))
    amount_minor = models.BigIntegerField(_("amount"))
    fee_returned_minor = models.BigIntegerField(_("fee returned"))

    class Meta:
        verbose_name = _("refund allocation")
        verbose_name_plural = _("refund allocations")
        ordering = ["refund_id", "place"]
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "allocation"], name="payments_refund_allocation_once"
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(fee_returned_minor__gte=0)
                & Q(fee_returned_minor__lte=models.F("amount_minor")),
                name="payments_refund_allocation_amounts",
            ),
        ]

    def __str__(self) -> str:
        return self.id

"""What two people do about a refund that its channel could not deliver."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import ApprovalRequest
from payments.models.channels import ChannelAccount
from payments.models.refunds import Refund
from payments.parked_states import RemedyKind, RemedyStatus


class RefundRemedy(models.Model):
    """One way to give the money of an abnormal refund to its payer after all.

    `payer_card` asks the channel to pay it to a card of the payer's, under the refund's own number:
    `bank` is the channel's word for their bank, the account and its holder are encrypted and
    forgotten when it ends; `card_index` (keyed hash) binds them to what people agree to, and stays.
    `by_hand` says that it left `bank_account` on `paid_date`, as the bank's
    `bank_reference` proves. `our_account` asks the channel to pay it to our own bank account, from
    where it is paid by hand; `merchants` gives what came back to those who had paid it. Moved by
    `payments.actions.refund_remedies`, as `payments.parked_states.REMEDY` says.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "rmd")
    )
    refund = models.ForeignKey(
        Refund, on_delete=models.PROTECT, related_name="remedies", verbose_name=_("refund")
    )
    kind = models.CharField(_("way"), max_length=12, choices=RemedyKind.choices)
    bank = models.CharField(_("payer's bank"), max_length=40, blank=True, default="")
    account_encrypted = models.TextField(_("account, encrypted"), blank=True, default="")
    holder_encrypted = models.TextField(_("holder, encrypted"), blank=True, default="")
    card_index = models.BinaryField(_("index of number and holder"), max_length=32, default=b"")
    account_tail = models.CharField(_("account ends in"), max_length=4, blank=True, default="")
    bank_account = models.ForeignKey(
        ChannelAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("left our account"),
    )
    bank_reference = models.CharField(_("bank's reference"), max_length=64, blank=True, default="")
    paid_date = models.DateField(_("left on"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500)
    maker = models.CharField(_("maker"), max_length=90)
    approval = models.OneToOneField(
        ApprovalRequest, on_delete=models.PROTECT, related_name="+", verbose_name=_("approval")
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=RemedyStatus.choices,
        default=RemedyStatus.PENDING_APPROVAL,
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("other way for a refund")
        verbose_name_plural = _("other ways for refunds")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["refund"],
                condition=Q(status__in=["pending_approval", "ordered"]),
                name="payments_remedy_one_open",
            ),
            models.CheckConstraint(
                condition=Q(status__in=RemedyStatus.values)
                & (
                    Q(kind="payer_card", bank_account=None, paid_date=None)
                    | Q(
                        kind__in=["our_account", "merchants"],
                        bank_account=None,
                        paid_date=None,
                        account_encrypted="",
                        holder_encrypted="",
                    )
                    | Q(
                        kind="by_hand",
                        bank_account__isnull=False,
                        paid_date__isnull=False,
                        account_encrypted="",
                        holder_encrypted="",
                    )
                ),
                name="payments_remedy_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending_approval", "ordered"])
                | Q(account_encrypted="", holder_encrypted=""),
                name="payments_remedy_forgets",
            ),
        ]
        permissions = [
            ("request_remedy", _("Can ask for another way for a refund")),
            ("approve_remedy", _("Can approve another way for a refund")),
        ]

    def __str__(self) -> str:
        return self.id

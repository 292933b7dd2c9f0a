"""Where a merchant's money goes."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from payments.models import Merchant


class DestinationKind(models.TextChoices):
    """By which way the money goes."""

    BANK = "bank", _("bank account")
    ALIPAY = "alipay", _("Alipay account")


class AccountType(models.TextChoices):
    """What kind of name an account at a channel has; a bank's has a number."""

    LOGON_ID = "logon_id", _("login (e-mail address or phone number)")
    USER_ID = "user_id", _("user id")


class Destination(models.Model):
    """One account of a merchant to which payouts may go. Never changed: a new one replaces it.

    The account number is kept encrypted, bound to this row; `account_tail` is what people see,
    `account_index` (keyed hash) finds equal numbers. For an Alipay account it is the login or the
    user id, as `account_type` says. At most one is active per currency, of whatever kind.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "dst")
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="destinations", verbose_name=_("merchant")
    )
    kind = models.CharField(
        _("kind"), max_length=10, choices=DestinationKind.choices, default=DestinationKind.BANK
    )
    currency = models.CharField(_("currency"), max_length=3)
    holder_name = models.CharField(_("account holder"), max_length=70)
    bank_name = models.CharField(_("bank"), max_length=70, blank=True, default="")
    bank_code = models.CharField(_("bank code"), max_length=20, blank=True, default="")
    account_type = models.CharField(
        _("kind of name"), max_length=10, choices=AccountType.choices, blank=True, default=""
    )
    account_encrypted = models.TextField(_("account number (encrypted)"))
    account_tail = models.CharField(_("account ends with"), max_length=4)
    account_index = models.BinaryField(_("account index"), max_length=32, db_index=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "currency"],
                condition=Q(is_active=True),
                name="settlements_destination_one_active",
            ),
            models.UniqueConstraint(
                fields=["merchant", "currency", "version"],
                name="settlements_destination_version",
            ),
            models.CheckConstraint(
                condition=Q(kind="bank", account_type="")
                | Q(kind="alipay", account_type__in=AccountType.values),
                name="settlements_destination_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder_name} ···· {self.account_tail}"

    @property
    def account_place(self) -> str:
        """Name the place that the encrypted account number is bound to."""
        return f"settlements_destination|account|{self.pk}"

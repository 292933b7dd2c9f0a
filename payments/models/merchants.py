"""Merchants, their people, and their place in the books."""

from functools import partial

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models import Account
from payments.parked_states import LateMoney


class Merchant(models.Model):
    """One seller of the marketplace: whom the money is owed to.

    `id` is the owner of the merchant's accounts in the ledger. `settlement_cycle` (T+1, D+0 …)
    fixes when money that is taken becomes available, `late_money` what becomes of money that comes
    after its payment was closed. Changed by `payments.actions.merchants`.
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "mer")
    )
    external_no = models.CharField(_("partner's number"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    settlement_cycle = models.CharField(_("settlement cycle"), max_length=8, default="T+1")
    fee_plan = models.ForeignKey(
        "payments.FeePlan",
        on_delete=models.PROTECT,
        related_name="merchants",
        verbose_name=_("fee plan"),
    )
    late_money = models.CharField(
        _("money that comes too late"),
        max_length=8,
        choices=LateMoney.choices,
        default=LateMoney.ASK,
    )
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(late_money__in=LateMoney.values), name="payments_merchant_late_money"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MemberRole(models.TextChoices):
    """What a person may do for a merchant in the portal."""

    OWNER = "owner", _("owner")
    OPERATOR = "operator", _("operator")
    VIEWER = "viewer", _("viewer")


class MerchantMember(models.Model):
    """One person who may act for one merchant in the portal."""

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="members", verbose_name=_("merchant")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="merchant_memberships",
        verbose_name=_("user"),
    )
    role = models.CharField(_("role"), max_length=10, choices=MemberRole.choices)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("merchant member")
        verbose_name_plural = _("merchant members")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "user"], name="payments_member_once_each"),
            models.CheckConstraint(
                condition=Q(role__in=MemberRole.values), name="payments_member_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.merchant}"


class MerchantAccount(models.Model):
    """A merchant's money of one currency: the way from the merchant to the ledger's accounts.

    `matured_through_date` is the last business day (BUSINESS_TIME_ZONE) whose lines are
    available; a line dated later is pending. Moved by the maturity job together with E04.
    The row is also the lock under which a merchant's lines are matured, settled and refunded.
    Refunds may draw on the reserve with `is_reserve_for_refunds`, and after everything else make
    the merchant owe up to `advance_limit_minor` (2005, 1201). Of each payment's net `reserve_bps`
    are kept back for `reserve_days` calendar days; 0 keeps nothing.
    """

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("merchant")
    )
    currency = models.CharField(_("currency"), max_length=3)
    pending_account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("pending")
    )
    available_account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("available")
    )
    hold_account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("on hold")
    )
    debt_account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="+", verbose_name=_("debt")
    )
    matured_through_date = models.DateField(_("matured through"))
    is_reserve_for_refunds = models.BooleanField(_("reserve pays refunds"), default=False)
    advance_limit_minor = models.BigIntegerField(_("may owe at most"), default=0)
    reserve_bps = models.PositiveSmallIntegerField(_("reserve, basis points"), default=0)
    reserve_days = models.PositiveSmallIntegerField(_("reserve, days"), default=0)

    class Meta:
        verbose_name = _("merchant account")
        verbose_name_plural = _("merchant accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "currency"], name="payments_account_per_currency"
            ),
            models.CheckConstraint(
                condition=Q(advance_limit_minor__gte=0), name="payments_account_advance"
            ),
            models.CheckConstraint(
                condition=Q(reserve_bps=0) | Q(reserve_bps__lte=10_000, reserve_days__gte=1),
                name="payments_account_reserve",
            ),
        ]
        indexes = [
            models.Index(fields=["currency", "matured_through_date"], name="payments_account_due")
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} · {self.currency}"

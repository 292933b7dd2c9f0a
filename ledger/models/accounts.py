"""Accounts and what stands on them."""

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ledger import chart


class Side(models.TextChoices):
    """The two sides of the books; a posting is on one of them and its amount is positive."""

    DEBIT = "D", _("debit")
    CREDIT = "C", _("credit")


def _as_the_chart_says() -> Q:
    """Return the condition that an account is of its code's nature; a floor is no one's choice."""
    natures: dict[tuple[str, bool], list[str]] = {}
    for code, kind in chart.CHART.items():
        natures.setdefault((kind.normal_side, kind.is_floored), []).append(code)
    condition = Q()
    for (side, is_floored), codes in sorted(natures.items()):
        condition |= Q(normal_side=side, is_floored=is_floored, code__in=codes)
    return condition


class Account(models.Model):
    """One place where money of one currency and one owner is kept.

    `code` is a number of the chart, `owner_id` an opaque text: the merchant's id where there is
    one, `chn_…/mer_…` for a channel's money of a merchant, `unallocated` for nobody's. Accounts
    are opened by the first posting that names them and never change. Normal side and floor are
    those of the chart for the code: the database refuses any other.
    """

    code = models.CharField(_("code"), max_length=4)
    owner_id = models.CharField(_("owner"), max_length=90)
    currency = models.CharField(_("currency"), max_length=3)
    normal_side = models.CharField(_("normal side"), max_length=1, choices=Side.choices)
    is_floored = models.BooleanField(_("never below zero"))
    opened_at = models.DateTimeField(_("opened at"), db_default=Now())

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["code", "owner_id", "currency"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "owner_id", "currency"], name="ledger_account_address"
            ),
            # What postings and balances copy of an account, so that they can never disagree.
            models.UniqueConstraint(fields=["id", "currency"], name="ledger_account_currency"),
            models.UniqueConstraint(
                fields=["id", "normal_side", "is_floored"], name="ledger_account_nature"
            ),
            models.CheckConstraint(
                condition=Q(normal_side__in=Side.values), name="ledger_account_normal_side"
            ),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="ledger_account_currency_code"
            ),
            models.CheckConstraint(
                condition=_as_the_chart_says(), name="ledger_account_as_charted"
            ),
        ]
        indexes = [models.Index(fields=["owner_id", "code"], name="ledger_account_owner")]

    def __str__(self) -> str:
        return f"{self.code} · {self.owner_id} · {self.currency}"

    @property
    def name(self) -> str:
        """Name the account as the chart does, in the reader's language."""
        return str(chart.CHART[self.code].name)


class AccountBalance(models.Model):
    """What stands on one account now; moved only by the posting's own trigger.

    Narrow and apart from `Account`, so that foreign keys point at rows that never change.
    """

    account = models.OneToOneField(
        Account,
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="balance",
        verbose_name=_("account"),
    )
    normal_side = models.CharField(_("normal side"), max_length=1, choices=Side.choices)
    is_floored = models.BooleanField(_("never below zero"))
    # The account's own, by a foreign key in SQL: a posting of another finds no balance to move.
    currency = models.CharField(_("currency"), max_length=3)
    debits_minor = models.BigIntegerField(_("debits"), default=0)
    credits_minor = models.BigIntegerField(_("credits"), default=0)
    seq = models.BigIntegerField(_("postings"), default=0)
    balance_minor = models.GeneratedField(
        verbose_name=_("balance"),
        expression=Case(
            When(normal_side="C", then=F("credits_minor") - F("debits_minor")),
            default=F("debits_minor") - F("credits_minor"),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("account balance")
        verbose_name_plural = _("account balances")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_floored=False)
                | Q(normal_side="C", credits_minor__gte=F("debits_minor"))
                | Q(normal_side="D", debits_minor__gte=F("credits_minor")),
                name="ledger_balance_floor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance_minor}"

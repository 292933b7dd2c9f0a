"""Days and months of the books: open or closed, what they came to, and the balances they left."""

from functools import partial

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ledger.identifiers import ID_MAX_LENGTH, new_id
from ledger.models.accounts import Account
from ledger.models.approvals import ApprovalRequest
from ledger.states import PeriodState


class PeriodKind(models.TextChoices):
    """How long a period is."""

    DAY = "day", pgettext_lazy("period", "day")
    MONTH = "month", pgettext_lazy("period", "month")


class PeriodDeed(models.TextChoices):
    """What people do to a period."""

    CLOSED = "closed", pgettext_lazy("period", "closed")
    REOPENED = "reopened", pgettext_lazy("period", "reopened")


class Period(models.Model):
    """One business day or calendar month of the books, from when it is first closed.

    From `starts_on` through `ends_on`, both included, in BUSINESS_TIME_ZONE. Days are closed in
    order and without gaps, a month after all its days; whatever lies before the first day that
    was ever closed is closed with it. PostgreSQL refuses entries of closed days, and changes
    these rows by its own functions only (`ledger/migrations/0007_periods.sql`).
    """

    id = models.CharField(
        _("id"), max_length=ID_MAX_LENGTH, primary_key=True, default=partial(new_id, "per")
    )
    kind = models.CharField(_("kind"), max_length=5, choices=PeriodKind.choices)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    state = models.CharField(
        _("state"), max_length=6, choices=PeriodState.choices, default=PeriodState.OPEN
    )
    closed_by = models.CharField(_("closed by"), max_length=90, blank=True, default="")
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=0)

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["-ends_on", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "starts_on"], name="ledger_period_once"),
            models.CheckConstraint(
                condition=Q(kind="day", ends_on=F("starts_on"))
                | Q(kind="month", starts_on__day=1, ends_on__gt=F("starts_on")),
                name="ledger_period_span",
            ),
            models.CheckConstraint(
                condition=Q(state__in=PeriodState.values), name="ledger_period_state"
            ),
            models.CheckConstraint(
                condition=Q(state="open") | (Q(closed_at__isnull=False) & ~Q(closed_by="")),
                name="ledger_period_closed_by",
            ),
        ]
        permissions = [
            ("close_period", _("Can close days and months")),
            ("reopen_period", _("Can ask for closed days to be reopened")),
        ]

    def __str__(self) -> str:
        return self.starts_on.isoformat()[: 7 if self.kind == PeriodKind.MONTH else 10]


class PeriodEvent(models.Model):
    """One closing or reopening of a period, with what the period then came to. Append-only.

    `totals` has an object per currency: `currency`, `debits_minor`, `credits_minor`, `entries`.
    `seal_number` is the newest seal of the books at that moment, if there was one. A reopening
    names the request that other people agreed to.
    """

    period = models.ForeignKey(
        Period, on_delete=models.PROTECT, related_name="events", verbose_name=_("period")
    )
    deed = models.CharField(_("deed"), max_length=8, choices=PeriodDeed.choices)
    version = models.PositiveIntegerField(_("version"))
    actor = models.CharField(_("actor"), max_length=90)
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())
    reason = models.CharField(_("reason"), max_length=500)
    totals = models.JSONField(_("totals"))
    seal_number = models.BigIntegerField(_("seal"), null=True, blank=True)
    approval = models.ForeignKey(
        ApprovalRequest,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("request"),
    )

    class Meta:
        verbose_name = _("closing")
        verbose_name_plural = _("closings")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["period", "version"], name="ledger_periodevent_version"
            ),
            models.UniqueConstraint(
                fields=["period", "approval"], name="ledger_periodevent_agreed_once"
            ),
            models.CheckConstraint(
                condition=Q(deed="closed", approval__isnull=True)
                | Q(deed="reopened", approval__isnull=False),
                name="ledger_periodevent_approval",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.period_id}"


class ClosedThrough(models.Model):
    """The one row that says through which day the books are closed; none while `day` is empty.

    It is written by closings and reopenings only. Ordinary writers read it without a lock.
    """

    id = models.PositiveSmallIntegerField(_("number"), primary_key=True, default=1)
    day = models.DateField(_("day"), null=True)

    class Meta:
        verbose_name = _("closed through")
        verbose_name_plural = _("closed through")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="ledger_closedthrough_one")]

    def __str__(self) -> str:
        return str(self.day or "")


class DailyBalance(models.Model):
    """What an account came to at the end of a closed day; only accounts that moved that day.

    `debits_minor` and `credits_minor` are sums of all its postings dated that day or before, and
    all its postings with a `seq` of `contained_seq` or less are among them. Written when the day
    is closed and dropped when it is reopened, by PostgreSQL's own functions.
    """

    pk = models.CompositePrimaryKey("account_id", "effective_date", verbose_name=_("key"))
    # The foreign key is made in SQL, not deferrable.
    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("account"),
    )
    effective_date = models.DateField(_("effective date"))
    debits_minor = models.BigIntegerField(_("debits"))
    credits_minor = models.BigIntegerField(_("credits"))
    contained_seq = models.BigIntegerField(_("contains through no."))

    class Meta:
        verbose_name = _("daily balance")
        verbose_name_plural = _("daily balances")
        ordering = ["account_id", "effective_date"]
        indexes = [models.Index(fields=["effective_date"], name="ledger_dailybalance_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.effective_date}"

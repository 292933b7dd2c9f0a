"""Settlement runs, and the button that starts one."""

from collections.abc import Sequence
from datetime import date

from django import forms
from django.contrib import admin
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ledger import chart, jobs
from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin, Words
from ledger.admin.panels import Column, Panel, Table
from ledger.models import Account, AccountBalance
from payments.admin.filters import CurrencyFilter
from payments.models import MerchantAccount
from payments.queries.calendar import business_date_of
from settlements.actions import settlements
from settlements.actions.settlements import DraftResult
from settlements.models import Settlement, SettlementBatch
from settlements.states import SettlementStatus

DIRECT_MAX = 400
"""Merchants that are drafted while the person waits; more than these a worker drafts."""


class RunForm(forms.Form):
    """Of which currency and business day a run is."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    business_date = forms.DateField(
        label=gettext_lazy("Business day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Lines that are available on this day are taken."),
    )


class RunSettlement(Operation[None]):
    """Draft a settlement for every merchant with money available."""

    name = "run"
    label = gettext_lazy("Run settlement")
    explanation = gettext_lazy(
        "Every merchant with money available gets one draft, with its exact lines; the money is"
        " put on hold for it. A merchant is drafted once a day and currency, so running again is"
        " harmless. Nothing is paid before two people have agreed."
    )
    permission = "settlements.run_settlement"
    deed = "settlement.run"
    icon = "play_arrow"
    variant = "primary"
    form_class = RunForm

    def form(self, request: DoorRequest, row: None) -> forms.Form:
        """Offer the merchants' currencies, and today."""
        initial = {"business_date": business_date_of(request.at)}
        form = RunForm(request.POST if request.method == "POST" else None, initial=initial)
        field = form.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(currency, currency) for currency in _currencies()]
        return form

    def panels(self, request: HttpRequest, row: None) -> Sequence[Panel]:
        """Show what is available now, by currency."""
        available = (
            AccountBalance.objects.filter(
                account__code=chart.MERCHANT_AVAILABLE, credits_minor__gt=0
            )
            .values_list("account__currency")
            .annotate(Sum("balance_minor"), Count("pk"))
            .order_by("account__currency")
        )
        return [
            Table(
                _("available now"),
                [Column(_("currency")), Column(_("merchants")), Column("", is_amount=True)],
                [
                    [
                        currency,
                        f"{merchants:,}",
                        showing.money(int(minor), currency, url=_available_url(currency)),
                    ]
                    for currency, minor, merchants in available
                ],
                empty=_("No merchant has money available."),
            )
        ]

    def perform(self, request: DoorRequest, row: None, form: forms.Form, asking: Asking) -> Words:
        """Draft at once, or let a worker draft where there are many merchants."""
        currency: str = form.cleaned_data["currency"]
        day: date = form.cleaned_data["business_date"]
        if MerchantAccount.objects.filter(currency=currency).count() > DIRECT_MAX:
            jobs.defer(
                "settlements.draft",
                at=asking.at,
                currency=currency,
                business_date=day.isoformat(),
                actor=asking.actor,
            )
            return _("A worker drafts the settlements now; they appear in the list one by one.")
        result = settlements.draft_settlements(
            currency=currency, business_date=day, actor=asking.actor, at=asking.at
        )
        return _told(result, currency=currency)


@admin.register(SettlementBatch)
class SettlementBatchAdmin(OperationsAdmin[SettlementBatch]):
    """One run per currency and business day."""

    list_display = ("business_date", "currency", "started_at", "id")
    list_filter = (CurrencyFilter, ("business_date", BusinessDayRange))
    search_fields = ("id__exact",)
    list_operations = (RunSettlement(),)
    empty_hint = gettext_lazy(
        "“Run settlement” drafts one for every merchant with money available."
    )

    def panels(self, request: HttpRequest, row: SettlementBatch) -> Sequence[Panel]:
        """Show the run and what it drafted, by where that stands now."""
        drafted = (
            Settlement.objects.filter(batch=row)
            .values_list("status")
            .annotate(Count("pk"), Sum("net_minor"))
            .order_by("status")
        )
        return [
            self.facts(row),
            Table(
                _("what it drafted"),
                [Column(_("status")), Column(_("settlements")), Column(_("net"), is_amount=True)],
                [
                    [
                        showing.badge(status, str(SettlementStatus(status).label)),
                        f"{count:,}",
                        showing.money(
                            int(net_minor),
                            row.currency,
                            url=showing.list_url(Settlement, f"q={row.pk}&status__exact={status}"),
                        ),
                    ]
                    for status, count, net_minor in drafted
                ],
                empty=_("No merchant had enough for a settlement."),
                more_url=showing.list_url(Settlement, f"q={row.pk}"),
                more_text=_("Its settlements"),
            ),
        ]


def _available_url(currency: str) -> str:
    """Return where the accounts are on which merchants' money is available."""
    query = f"code={chart.MERCHANT_AVAILABLE}&currency__exact={currency}"
    return showing.list_url(Account, query)


def _currencies() -> list[str]:
    rows = MerchantAccount.objects.order_by("currency").values_list("currency", flat=True)
    return list(rows.distinct())


def _told(result: DraftResult, *, currency: str) -> str:
    """Say what a run did, in a sentence or two."""
    net = f"{showing.figure(result.net_minor, currency)} {currency}"
    drafted = ngettext(
        "%(count)s settlement drafted, %(net)s.",
        "%(count)s settlements drafted, %(net)s in all.",
        result.drafted,
    )
    in_review = ngettext(
        "%(count)s of them is over a limit.",
        "%(count)s of them are over a limit.",
        result.in_review,
    )
    carried = ngettext(
        "%(count)s merchant has too little and is carried on.",
        "%(count)s merchants have too little and are carried on.",
        result.carried,
    )
    skipped = ngettext(
        "%(count)s merchant has no bank account yet.",
        "%(count)s merchants have no bank account yet.",
        len(result.skipped),
    )
    sentences = [drafted % {"count": result.drafted, "net": net}]
    for sentence, count in (
        (in_review, result.in_review),
        (carried, result.carried),
        (skipped, len(result.skipped)),
    ):
        if count:
            sentences.append(sentence % {"count": count})
    return " ".join(sentences)

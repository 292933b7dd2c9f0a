"""Payouts, and the button that sends what waits to the bank."""

from collections.abc import Sequence
from datetime import date

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ledger.admin import showing
from ledger.admin.append_only import audit_moments
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.admin.panels import Column, Moment, Panel, Table
from payments import calendar
from payments.admin.channel_operations import operation_moments
from payments.admin.filters import CurrencyFilter
from payments.models import ChannelAccount, ChannelKind
from payments.queries.calendar import BusinessDays, business_date_of
from settlements.actions import payouts, transfer_outcomes
from settlements.models import BillLine, Payout
from settlements.queries.payouts import payouts_awaiting_export


class ExportForm(forms.Form):
    """From which of our accounts, and on which day the bank carries it out."""

    bank_account = forms.ChoiceField(label=gettext_lazy("Bank account"))
    execution_date = forms.DateField(
        label=gettext_lazy("Execution date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The bank's own day."),
    )


class ExportFile(Operation[None]):
    """Put the payouts that wait into a file for the bank."""

    name = "export"
    label = gettext_lazy("Export payment file")
    explanation = gettext_lazy(
        "All payouts that wait at the account go into one file and are booked as on their way."
        " Each settlement is compared once more with what was approved; one that changed is not"
        " paid. The money leaves when you give the file to the bank."
    )
    permission = "settlements.export_paymentfile"
    deed = "payment_file.export"
    icon = "output"
    variant = "primary"
    form_class = ExportForm

    def form(self, request: DoorRequest, row: None) -> forms.Form:
        """Offer our bank accounts, and the next day on which banks work."""
        initial = {"execution_date": _execution_date(business_date_of(request.at))}
        form = ExportForm(request.POST if request.method == "POST" else None, initial=initial)
        field = form.fields["bank_account"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (account.pk, f"{account.name} · {account.currency}") for account in _banks()
        ]
        return form

    def panels(self, request: HttpRequest, row: None) -> Sequence[Panel]:
        """Show what waits at each account, in money."""
        waiting = (
            payouts_awaiting_export()
            .values_list("operation__channel_account__name", "currency")
            .annotate(Count("pk"), Sum("amount_minor"))
            .order_by("operation__channel_account__name")
        )
        return [
            Table(
                _("waiting for a file"),
                [Column(_("bank account")), Column(_("payouts")), Column(_("sum"), is_amount=True)],
                [
                    [name, f"{count:,}", showing.money(int(minor), currency)]
                    for name, currency, count, minor in waiting
                ],
                empty=_("No payout waits. Approving a settlement queues one."),
            )
        ]

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect | str:
        """Export, and go to the file."""
        file = payouts.export_payment_file(
            form.cleaned_data["bank_account"],
            execution_date=form.cleaned_data["execution_date"],
            actor=asking.actor,
            at=asking.at,
        )
        if file is None:
            return _("Nothing waited at this account; no file was made.")
        total = f"{showing.figure(file.total_minor, file.currency)} {file.currency}"
        text = ngettext(
            "%(count)s payout, %(total)s, is in this file. Download it for the bank.",
            "%(count)s payouts, %(total)s, are in this file. Download it for the bank.",
            file.payout_count,
        )
        messages.success(request, text % {"count": file.payout_count, "total": total})
        return HttpResponseRedirect(showing.row_url(file))


class AskNow(Operation[Payout]):
    """Ask the channel what became of a transfer."""

    name = "ask"
    label = gettext_lazy("Ask now")
    explanation = gettext_lazy(
        "A worker asks the channel what became of this transfer and records its answer. Nothing is"
        " sent a second time before the channel has had its time to know it."
    )
    permission = "settlements.ask_payout"
    deed = "payout.ask"
    icon = "sync"

    def is_offered(self, row: Payout) -> bool:
        """Offer it for transfers that were sent."""
        return transfer_outcomes.is_askable(row)

    def perform(self, request: DoorRequest, row: Payout, form: forms.Form, asking: Asking) -> str:
        """Have it asked."""
        transfer_outcomes.have_asked(
            row.pk,
            actor=asking.actor,
            at=asking.at,
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        return _("The channel is being asked. Look again in a moment.")


@admin.register(Payout)
class PayoutAdmin(OperationsAdmin[Payout]):
    """One try to pay one settlement, and what the bank says about it."""

    list_display = (
        "id",
        "merchant",
        "amount_minor",
        "status",
        "status_code",
        "destination",
        "payment_file",
        "bank_reference",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", CurrencyFilter, ("created_at", BusinessDayRange))
    search_fields = (
        "id__exact",
        "settlement__id__exact",
        "payment_file__id__exact",
        "operation__channel_no__exact",
        "bank_reference__exact",
    )
    search_help_text = gettext_lazy("po_…, stl_…, pf_…, our number or the bank's")
    list_related = (
        "settlement__merchant",
        "payment_file",
        "destination",
        "operation__channel_account",
    )
    unread_fields = (
        "payment_file__content_encrypted",
        "destination__account_encrypted",
        "destination__account_index",
    )
    row_operations = (AskNow(),)
    list_operations = (ExportFile(),)
    empty_hint = gettext_lazy("Approving a settlement queues its payout here.")

    @admin.display(description=gettext_lazy("merchant"))
    def merchant(self, row: Payout) -> SafeString:
        """Link to who is paid."""
        return showing.row_link(row.settlement.merchant)

    def panels(self, request: HttpRequest, row: Payout) -> Sequence[Panel]:
        """Show the payout, its entries, and the bank's lines about it."""
        lines = (
            BillLine.objects.filter(payout=row)
            .select_related("bill")
            .defer("bill__content_encrypted")
        )
        return [
            self.facts(row),
            entries_table([row.pk], empty=_("Nothing is booked before it leaves.")),
            Table(
                _("what the bank's statements show"),
                [
                    Column(_("bill")),
                    Column(_("booked by the bank on")),
                    Column(_("bank reference")),
                    Column(_("state")),
                    Column(_("amount"), is_amount=True),
                ],
                [
                    [
                        showing.row_link(line.bill),
                        showing.day(line.booking_date),
                        showing.code(line.bank_reference),
                        showing.badge(line.state, line.get_state_display()),
                        showing.money(line.amount_minor, line.currency, url=showing.row_url(line)),
                    ]
                    for line in lines
                ],
                empty=_("No statement that was imported shows this payout yet."),
            ),
        ]

    def moments(self, request: HttpRequest, row: Payout) -> Sequence[Moment]:
        """Tell what was done, to the payout and to its order."""
        moments: list[Moment] = []
        if request.user.has_perm("ledger.view_auditentry"):
            moments = audit_moments([row.pk, row.settlement_id])
        return moments + operation_moments([row.operation])


def _banks() -> list[ChannelAccount]:
    return list(ChannelAccount.objects.filter(channel=ChannelKind.BANK).order_by("name"))


def _execution_date(day: date) -> date:
    return calendar.available_on(day, "T+0", BusinessDays(from_date=day))

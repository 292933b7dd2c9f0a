"""The files that ask the bank to pay, and the button that hands one out."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from payments.admin.filters import CurrencyFilter
from settlements.actions import payment_files
from settlements.models import PaymentFile, Payout

PAYOUTS_SHOWN = 50


class Download(Operation[PaymentFile]):
    """Hand out the file, for the bank."""

    name = "download"
    label = gettext_lazy("Download payment file")
    explanation = gettext_lazy(
        "The file names account numbers in clear. Give it to the bank and keep no copy; the audit"
        " trail keeps that you took it. Handing it in twice pays nobody twice only if the bank"
        " looks at its number."
    )
    permission = "settlements.download_paymentfile"
    deed = "payment_file.download"
    icon = "download"
    variant = "primary"

    def panels(self, request: HttpRequest, row: PaymentFile) -> Sequence[Panel]:
        """Show what is in the file."""
        return [_summary(row)]

    def perform(
        self, request: DoorRequest, row: PaymentFile, form: forms.Form, asking: Asking
    ) -> HttpResponse:
        """Send the bytes."""
        content = payment_files.hand_out_payment_file(
            row.pk,
            actor=asking.actor,
            at=asking.at,
        )
        response = HttpResponse(content, content_type="application/xml")
        response["Content-Disposition"] = f'attachment; filename="{row.message_id}.xml"'
        response["Cache-Control"] = "no-store"
        return response


@admin.register(PaymentFile)
class PaymentFileAdmin(OperationsAdmin[PaymentFile]):
    """One pain.001 file: made once, never changed."""

    list_display = (
        "message_id",
        "bank_account",
        "payout_count",
        "total_minor",
        "execution_date",
        "created_at",
    )
    list_filter = (CurrencyFilter, ("execution_date", BusinessDayRange))
    search_fields = ("message_id__exact", "id__exact")
    search_help_text = gettext_lazy("Message id or pf_…")
    unread_fields = ("content_encrypted",)
    row_operations = (Download(),)
    empty_hint = gettext_lazy("“Export payment file” on the list of payouts makes the first one.")

    def panels(self, request: HttpRequest, row: PaymentFile) -> Sequence[Panel]:
        """Show the file and its first payouts."""
        payouts = list(
            Payout.objects.filter(payment_file=row)
            .select_related("settlement__merchant")
            .order_by("pk")[: PAYOUTS_SHOWN + 1]
        )
        return [_summary(row), _payouts(row, payouts)]


def _payouts(row: PaymentFile, payouts: Sequence[Payout]) -> Table:
    return Table(
        _("payouts"),
        [
            Column(_("payout")),
            Column(_("merchant")),
            Column(_("status")),
            Column(_("bank reference")),
            Column(_("amount"), is_amount=True),
        ],
        [
            [
                showing.row_link(payout),
                showing.row_link(payout.settlement.merchant),
                showing.badge(payout.status, payout.get_status_display()),
                showing.code(payout.bank_reference),
                showing.money(payout.amount_minor, payout.currency, url=showing.row_url(payout)),
            ]
            for payout in payouts[:PAYOUTS_SHOWN]
        ],
        empty=_("The file is empty."),
        totals=[[_("all of the file"), "", "", "", showing.money(row.total_minor, row.currency)]],
        more_url=showing.list_url(Payout, f"q={row.pk}") if payouts[PAYOUTS_SHOWN:] else "",
        more_text=_("All %(count)s payouts") % {"count": row.payout_count},
    )


def _summary(row: PaymentFile) -> Facts:
    return Facts(
        _("payment file"),
        [
            Fact(_("message id"), showing.code(row.message_id)),
            Fact(_("bank account"), showing.row_link(row.bank_account)),
            Fact(_("payouts"), f"{row.payout_count:,}"),
            Fact(_("total"), showing.money(row.total_minor, row.currency)),
            Fact(_("execution date"), showing.day(row.execution_date)),
            Fact(_("created at"), showing.instant(row.created_at)),
            Fact(_("id"), showing.code(row.pk)),
            Fact(_("SHA-256"), showing.code(bytes(row.sha256).hex()), is_wide=True),
        ],
    )

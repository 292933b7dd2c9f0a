"""What the bank sent: its files, their lines, and the button that imports one."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.admin.panels import Column, Fact, Facts, Panel, Table
from payments.models import ChannelAccount, ChannelKind
from settlements.actions import bills
from settlements.admin.refunds_by_hand import ProposeRefundByHand
from settlements.admin.topups import ApproveTopUp, ProposeTopUp, RejectTopUp
from settlements.bills.base import BillTooLargeError
from settlements.models import Bill, BillLine, BillLineState

BILL_BYTES_MAX = 20 * 2**20
LINES_SHOWN = 50


class ImportForm(forms.Form):
    """The file, and of which of our accounts it is."""

    bank_account = forms.ChoiceField(label=gettext_lazy("Bank account"))
    file = forms.FileField(
        label=gettext_lazy("File of the bank"),
        help_text=gettext_lazy("pain.002 or camt.053, at most 20 MiB."),
    )


class ImportBill(Operation[None]):
    """Import a file of the bank."""

    name = "import"
    label = gettext_lazy("Import bill")
    explanation = gettext_lazy(
        "A report moves payouts; a statement books what it shows and is known here, and lists the"
        " rest as open lines. The same file again changes nothing."
    )
    permission = "settlements.import_bill"
    deed = "bill.import"
    icon = "upload_file"
    variant = "primary"
    form_class = ImportForm
    body_bytes_max = BILL_BYTES_MAX

    def form(self, request: DoorRequest, row: None) -> forms.Form:
        """Offer our bank accounts."""
        is_sent = request.method == "POST"
        form = ImportForm(request.POST, request.FILES) if is_sent else ImportForm()
        field = form.fields["bank_account"]
        assert isinstance(field, forms.ChoiceField)
        banks = ChannelAccount.objects.filter(channel=ChannelKind.BANK).order_by("name")
        field.choices = [(bank.pk, f"{bank.name} · {bank.currency}") for bank in banks]
        return form

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Import it, and go to what it became."""
        upload = form.cleaned_data["file"]
        if upload.size > BILL_BYTES_MAX:
            raise BillTooLargeError(megabytes=BILL_BYTES_MAX // 2**20)
        bill = bills.import_bill(
            bank_account_id=form.cleaned_data["bank_account"],
            content=upload.read(),
            actor=asking.actor,
            at=asking.at,
        )
        if (bill.imported_at, bill.imported_by) == (asking.at, asking.actor):
            messages.success(request, _("Imported. What became of it is shown here."))
        else:
            messages.info(request, _("This file was imported before; nothing has changed."))
        return HttpResponseRedirect(showing.row_url(bill))


@admin.register(Bill)
class BillAdmin(OperationsAdmin[Bill]):
    """One file of the bank, kept encrypted as it came."""

    list_display = (
        "message_id",
        "kind",
        "channel_account",
        "line_count",
        "imported_by",
        "imported_at",
    )
    list_filter = ("kind", ("imported_at", BusinessDayRange))
    search_fields = ("message_id__exact", "id__exact")
    search_help_text = gettext_lazy("The bank's message id or bil_…")
    unread_fields = ("content_encrypted",)
    currency_path = "channel_account.currency"
    list_related = ("channel_account",)
    list_operations = (ImportBill(),)
    empty_hint = gettext_lazy("“Import bill” takes the bank's reports and statements.")

    def panels(self, request: HttpRequest, row: Bill) -> Sequence[Panel]:
        """Show the file, how much of it is known, and its lines, open ones first."""
        counts = BillLine.objects.filter(bill=row).aggregate(
            open=Count("pk", filter=Q(state=BillLineState.OPEN)),
            matched=Count("pk", filter=Q(state=BillLineState.MATCHED)),
        )
        lines = (
            BillLine.objects.filter(bill=row)
            .select_related("payout")
            .order_by("-state", "line_no")[: LINES_SHOWN + 1]
        )
        return [
            self.facts(row),
            Facts(
                _("what became of its lines"),
                [
                    Fact(_("matched and booked"), f"{counts['matched']:,}"),
                    Fact(_("open: nobody knows them yet"), f"{counts['open']:,}"),
                ],
                note=_("A report (pain.002) has no lines of money; it moves payouts."),
            ),
            _lines(row, list(lines)),
        ]


@admin.register(BillLine)
class BillLineAdmin(OperationsAdmin[BillLine]):
    """One movement on the bank's statement; open ones first, they are work."""

    list_display = (
        "bank_reference_or_number",
        "state",
        "reason",
        "direction",
        "amount_minor",
        "booking_date",
        "end_to_end_id",
        "payout",
        "entry",
        "bill",
    )
    list_filter = ("state", "reason", "direction", ("booking_date", BusinessDayRange))
    search_fields = ("bank_reference__exact", "end_to_end_id__exact", "bill__id__exact")
    search_help_text = gettext_lazy("The bank's reference, our reference or bil_…")
    unread_fields = ("bill__content_encrypted",)
    ordering = ("-state", "-bill_id", "line_no")
    has_story = False
    list_related = ("bill",)
    row_operations = (ApproveTopUp(), RejectTopUp(), ProposeTopUp(), ProposeRefundByHand())
    empty_hint = gettext_lazy("Importing a statement of the bank lists its movements here.")

    @admin.display(description=gettext_lazy("bank reference"))
    def bank_reference_or_number(self, row: BillLine) -> str:
        """Name a line by the bank's reference, or by its number in the file."""
        return row.bank_reference or _("line %(number)s") % {"number": row.line_no}


def _lines(row: Bill, lines: Sequence[BillLine]) -> Table:
    return Table(
        _("lines"),
        [
            Column(_("line")),
            Column(_("state")),
            Column(_("why it is open")),
            Column(_("direction")),
            Column(_("booked by the bank on")),
            Column(_("bank reference")),
            Column(_("payout")),
            Column(_("amount"), is_amount=True),
        ],
        [
            [
                showing.link(showing.row_url(line), str(line.line_no)),
                showing.badge(line.state, line.get_state_display()),
                line.get_reason_display(),
                line.get_direction_display(),
                showing.day(line.booking_date),
                showing.code(line.bank_reference),
                showing.row_link(line.payout),
                showing.money(line.amount_minor, line.currency, url=showing.row_url(line)),
            ]
            for line in lines[:LINES_SHOWN]
        ],
        empty=_("This file has no lines of money."),
        more_url=showing.list_url(BillLine, f"q={row.pk}") if lines[LINES_SHOWN:] else "",
        more_text=_("All lines"),
    )

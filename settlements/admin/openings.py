"""Opening balances: handed in as a file, shown in full, and agreed to by another person."""

from collections.abc import Sequence

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.asking import Asking, DoorRequest
from ledger.admin.base import BusinessDayRange
from ledger.admin.operations import Operation, OperationsAdmin, ReasonForm
from ledger.admin.panels import Notice, Panel
from ledger.states import ApprovalState
from payments.queries.calendar import business_date_of
from settlements.actions import openings
from settlements.admin.opening_decisions import ApproveOpening, RejectOpening, WithdrawOpening
from settlements.admin.opening_panels import LINES_SHOWN, booked, ends, first_lines, sums
from settlements.models import Opening, OpeningRow
from settlements.opening_files import BYTES_MAX, OpeningFileError, Problem
from settlements.queries.openings import preview_opening
from settlements.states import OpeningStatus


class FileForm(forms.Form):
    """The file, and as of which day it is booked."""

    opening_date = forms.DateField(
        label=gettext_lazy("Business day on which the books open"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Nothing may stand in the books before this day."),
    )
    file = forms.FileField(
        label=gettext_lazy("File (CSV)"),
        help_text=gettext_lazy(
            "Columns code, owner, currency, amount, side; UTF-8 or GBK, at most 10 MiB. Merchants"
            " by our id or the partner's number."
        ),
    )

    def content(self) -> bytes:
        """Return the bytes of the file. Raises OpeningFileError when they are too many."""
        upload = self.cleaned_data["file"]
        if upload.size > BYTES_MAX:
            told = _("It is larger than %(megabytes)d MiB.") % {"megabytes": BYTES_MAX // 2**20}
            raise OpeningFileError([Problem(0, told)])
        return bytes(upload.read())


class HandInForm(FileForm, ReasonForm):
    """The same, and why."""

    field_order = ("opening_date", "file", "reason")


class _OfFile(Operation[None]):
    """A deed with a file of opening balances."""

    permission = "settlements.import_opening"
    body_bytes_max = BYTES_MAX

    def form(self, request: DoorRequest, row: None) -> forms.Form:
        """Propose today."""
        if request.method == "POST":
            return self.form_class(request.POST, request.FILES)
        return self.form_class(initial={"opening_date": business_date_of(request.at)})


class PreviewOpening(_OfFile):
    """Check a file, and show what it would book."""

    name = "preview"
    label = gettext_lazy("Preview opening balances")
    explanation = gettext_lazy("The file is checked and shown. Nothing is kept of it, or booked.")
    deed = "opening.preview"
    icon = "preview"
    form_class = FileForm

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> Sequence[Panel]:
        """Show what the file would book."""
        assert isinstance(form, FileForm)
        day = form.cleaned_data["opening_date"]
        preview = preview_opening(form.content(), opening_date=day, at=asking.at)
        warnings = [Notice(warning) for warning in preview.warnings]
        return [
            *warnings,
            sums(preview.totals),
            ends(preview.totals),
            first_lines(preview.rows[:LINES_SHOWN], count=len(preview.rows)),
        ]


class HandInOpening(_OfFile):
    """Hand a file in, for another person to agree to."""

    name = "import"
    label = gettext_lazy("Hand in opening balances")
    explanation = gettext_lazy(
        "The file is checked and kept. Another person has to agree to it before it is booked."
    )
    deed = "opening.ask"
    icon = "upload_file"
    variant = "primary"
    form_class = HandInForm

    def perform(
        self, request: DoorRequest, row: None, form: forms.Form, asking: Asking
    ) -> HttpResponseRedirect:
        """Hand it in, and go to its page."""
        assert isinstance(form, FileForm)
        opening = openings.ask_opening(
            form.content(),
            file_name=form.cleaned_data["file"].name,
            opening_date=form.cleaned_data["opening_date"],
            actor=asking.actor,
            at=asking.at,
            reason=form.cleaned_data["reason"],
            client_ip=asking.client_ip,
            request_id=asking.request_id,
        )
        messages.success(request, _("Handed in. Another person has to agree; nothing is booked."))
        return HttpResponseRedirect(showing.row_url(opening))


@admin.register(Opening)
class OpeningAdmin(OperationsAdmin[Opening]):
    """One file of opening balances: what it books, who asked, who agreed, how far it is booked."""

    list_display = (
        "file_name",
        "status",
        "opening_date",
        "row_count",
        "entries_booked",
        "asked_by",
        "created_at",
    )
    list_filter = ("status", ("opening_date", BusinessDayRange))
    search_fields = ("id__exact", "file_name__exact")
    search_help_text = gettext_lazy("opn_… or the name of the file")
    list_related = ("approval",)
    list_operations = (PreviewOpening(), HandInOpening())
    row_operations = (ApproveOpening(), RejectOpening(), WithdrawOpening())
    empty_hint = gettext_lazy("“Hand in opening balances” takes what was there before these books.")

    def panels(self, request: HttpRequest, row: Opening) -> Sequence[Panel]:
        """Show the file, what it books by currency and code, and its first lines."""
        return [*_too_late(row), self.facts(row), *booked(row)]


def _too_late(row: Opening) -> list[Panel]:
    """Say how it goes on where the request ended without anybody having decided."""
    waits = row.approval is not None and row.approval.state == ApprovalState.PENDING
    if row.status != OpeningStatus.ASKED or waits:
        return []
    text = _("Nobody may decide on it any more; it can be withdrawn and handed in again.")
    return [Notice(text, "attention")]


@admin.register(OpeningRow)
class OpeningRowAdmin(ReadOnlyAdmin[OpeningRow]):
    """One line of a file of opening balances."""

    list_display = ("line_no", "opening", "code", "owner_id", "side", "amount_minor", "entry_no")
    list_filter = ("code", "currency", "side")
    search_fields = ("opening__id__exact", "owner_id__exact")
    search_help_text = gettext_lazy("opn_… or the owner")
    has_story = False
    list_related = ("opening",)
    empty_hint = gettext_lazy("Handing in opening balances lists their lines here.")

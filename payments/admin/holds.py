"""What channels hold of payments: authorisations, captures and voids, each with its own page."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from payments.admin.filters import ContradictionFilter, CurrencyFilter
from payments.admin.hold_buttons import VoidHold
from payments.models import Authorisation, Capture, CaptureShare, Payment, Void
from payments.queries.authorisations import held_against_our_will

REFUSED = "refused"


class RefusedFilter(admin.SimpleListFilter):
    """Narrow a list to what its channels hold though they were told to give it back."""

    title = gettext_lazy("giving back")
    parameter_name = "given_back"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        """List the one thing that waits for somebody."""
        return [(REFUSED, _("refused by the channel"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Authorisation]
    ) -> QuerySet[Authorisation]:
        """Keep what is held against our will."""
        if self.value() != REFUSED:
            return queryset
        return queryset.filter(pk__in=held_against_our_will().values("pk"))


@admin.register(Authorisation)
class AuthorisationAdmin(OperationsAdmin[Authorisation]):
    """What a channel holds of a payer's money, and until when."""

    list_display = ("id", "payment", "amount_minor", "authorised_at", "expires_at", "ended_at")
    list_filter = (
        RefusedFilter,
        "is_spare",
        "ended_code",
        CurrencyFilter,
        ("expires_at", BusinessDayRange),
    )
    row_operations = (VoidHold(),)
    search_fields = ("id__exact", "payment__id__exact")
    search_help_text = gettext_lazy("aut_… or pay_…")
    empty_hint = gettext_lazy("Money is held where a payment is created with capture manual.")


@admin.register(Capture)
class CaptureAdmin(ReadOnlyAdmin[Capture]):
    """What was taken of an authorisation, whose it is, and how it is booked."""

    list_display = (
        "id",
        "payment",
        "amount_minor",
        "status",
        "status_code",
        "is_final",
        "created_at",
    )
    list_filter = ("status", ContradictionFilter, CurrencyFilter, ("created_at", BusinessDayRange))
    search_fields = ("id__exact", "payment__id__exact", "operation__channel_no__exact")
    search_help_text = gettext_lazy("cap_…, pay_… or our number at the channel")
    empty_hint = gettext_lazy("A capture is asked for on the page of an authorized payment.")

    def panels(self, request: HttpRequest, row: Capture) -> Sequence[Panel]:
        """Show its particulars, and the entries of its payment."""
        return [
            *super().panels(request, row),
            entries_table(
                [row.payment_id], empty=_("Nothing is booked before the channel has taken it.")
            ),
        ]


@admin.register(CaptureShare)
class CaptureShareAdmin(ReadOnlyAdmin[CaptureShare]):
    """What of one capture belongs to one merchant."""

    list_display = ("id", "capture", "allocation", "amount_minor", "fee_minor")
    search_fields = ("id__exact", "capture__id__exact", "allocation__id__exact")
    search_help_text = gettext_lazy("csh_…, cap_… or pal_…")
    currency_path = "capture.currency"
    list_related = ("capture",)
    ordering = ("-id",)
    has_story = False
    empty_hint = gettext_lazy("Every capture is split among its merchants when it is asked for.")


@admin.register(Void)
class VoidAdmin(ReadOnlyAdmin[Void]):
    """What was given back of an authorisation, and why."""

    list_display = ("id", "payment", "amount_minor", "code", "status", "status_code", "created_at")
    list_filter = (
        "status",
        ContradictionFilter,
        "code",
        CurrencyFilter,
        ("created_at", BusinessDayRange),
    )
    search_fields = ("id__exact", "payment__id__exact", "operation__channel_no__exact")
    search_help_text = gettext_lazy("void_…, pay_… or our number at the channel")
    empty_hint = gettext_lazy("What is held and nobody takes is given back before it lapses.")


def held_table(row: Payment) -> Table:
    """Show what is held of a payment, and what was given back of it."""
    rows: list[Authorisation | Void] = [
        *row.authorisations.order_by("authorised_at", "pk"),
        *row.voids.order_by("created_at", "pk"),
    ]
    return Table(
        _("held and given back"),
        [
            Column(_("what")),
            Column(_("number")),
            Column(_("amount"), is_amount=True),
            Column(_("status")),
            Column(_("reason code")),
            Column(_("at")),
        ],
        [
            [
                str(each._meta.verbose_name),
                showing.row_link(each),
                showing.money(each.amount_minor, row.currency),
                _status_of(each),
                showing.code(_code_of(each)),
                showing.instant(_moment_of(each), with_zone=False),
            ]
            for each in rows
        ],
        empty=_("Nothing is held yet: the payer has not agreed."),
    )


def _status_of(row: Authorisation | Void) -> str:
    if isinstance(row, Authorisation):
        if row.ended_at:
            return showing.badge("ended", _("ended"))
        until = _("held until %(until)s") % {"until": "{}"}
        return format_html(until, showing.minute(row.expires_at))
    return showing.badge(row.status, row.get_status_display())


def _code_of(row: Authorisation | Void) -> str:
    if isinstance(row, Authorisation):
        return row.ended_code
    return row.status_code or row.code


def _moment_of(row: Authorisation | Void) -> datetime:
    return row.authorised_at if isinstance(row, Authorisation) else row.created_at

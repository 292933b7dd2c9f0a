"""Merchants' lines: what statements show and settlements pay."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin
from ledger.admin.base import BusinessDayRange
from ledger.admin.panels import Fact, Facts, Panel
from payments.admin.filters import CurrencyFilter
from payments.models import BalanceTransaction, PaymentAllocation, RefundAllocation


@admin.register(BalanceTransaction)
class BalanceTransactionAdmin(ReadOnlyAdmin[BalanceTransaction]):
    """One line of one merchant's money, with the entry that booked it."""

    list_display = (
        "id",
        "merchant",
        "kind",
        "gross_minor",
        "fee_minor",
        "net_minor",
        "effective_date",
        "available_on",
        "source",
    )
    list_filter = (
        "kind",
        CurrencyFilter,
        ("effective_date", BusinessDayRange),
        ("available_on", BusinessDayRange),
    )
    search_fields = ("id__exact", "source__exact", "merchant__id__exact")
    search_help_text = gettext_lazy("txn_…, pal_…, ral_…, stl_… or mer_…")
    has_story = False
    empty_hint = gettext_lazy("A line appears with every payment, and with every payout fee.")

    def panels(self, request: HttpRequest, row: BalanceTransaction) -> Sequence[Panel]:
        """Show the line; its amounts lead to the entry, its source to what it stands for."""
        entry_url = showing.row_url(row.entry)
        cause = _cause_of(row.source)
        return [
            Facts(
                _("balance transaction"),
                [
                    Fact(_("line"), showing.code(row.pk)),
                    Fact(_("merchant"), showing.row_link(row.merchant)),
                    Fact(_("kind"), row.get_kind_display()),
                    Fact(_("gross"), showing.money(row.gross_minor, row.currency, url=entry_url)),
                    Fact(_("fee"), showing.money(row.fee_minor, row.currency, url=entry_url)),
                    Fact(_("net"), showing.money(row.net_minor, row.currency, url=entry_url)),
                    Fact(_("cause"), showing.subject_link(cause)),
                    Fact(_("stands for"), showing.subject_link(row.source)),
                    Fact(_("journal entry"), showing.row_link(row.entry)),
                    Fact(_("business day"), showing.day(row.effective_date)),
                    Fact(_("available on"), showing.day(row.available_on)),
                    Fact(_("created at"), showing.instant(row.created_at)),
                ],
            )
        ]


def _cause_of(source: str) -> str:
    """Return the payment or refund that a line's allocation belongs to, or the source itself."""
    allocation = PaymentAllocation.objects.filter(pk=source).first()
    if allocation is not None:
        return allocation.payment_id
    part = RefundAllocation.objects.filter(pk=source).first()
    return part.refund_id if part is not None else source

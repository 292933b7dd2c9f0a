"""Bookings by hand and reserves: what people decided about merchants' money."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.approval_facts import decisions_table
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Column, Panel, Table
from ledger.models import ApprovalDecision
from payments.admin import manual_entry_panels as panels
from payments.admin.filters import CurrencyFilter
from payments.admin.manual_entry_decisions import Approve, Cancel, Reject
from payments.admin.manual_entry_requests import Release, Unfreeze
from payments.models import ManualEntry, ReserveHold
from payments.states import ManualEntryStatus


@admin.register(ManualEntry)
class ManualEntryAdmin(OperationsAdmin[ManualEntry]):
    """Each booking by hand with its T-account, its two people and its buttons."""

    list_display = (
        "id",
        "kind",
        "amount_minor",
        "status",
        "merchant_account",
        "reason_code",
        "maker",
        "created_at",
        "booked_at",
    )
    list_filter = (
        "status",
        "kind",
        "reason_code",
        CurrencyFilter,
        ("created_at", BusinessDayRange),
        ("booked_at", BusinessDayRange),
    )
    search_fields = (
        "id__exact",
        "merchant_account__merchant__id__exact",
        "refers_to__exact",
        "maker__exact",
    )
    search_help_text = gettext_lazy("man_…, mer_…, or what it refers to")
    empty_hint = gettext_lazy("A manual entry is asked for on the page of a merchant.")
    list_related = ("merchant_account",)
    row_operations = (Approve(), Reject(), Unfreeze(), Cancel())

    def panels(self, request: HttpRequest, row: ManualEntry) -> Sequence[Panel]:
        """Show what it is, how it is or would be booked, and who decided."""
        decisions = ApprovalDecision.objects.filter(request=row.approval_id).order_by("id")
        found: list[Panel] = [panels.summary(row)]
        if row.status == ManualEntryStatus.PENDING_APPROVAL:
            found.append(panels.booking(row, at=request.at))  # type: ignore[attr-defined]
        found.append(decisions_table(list(decisions)))
        if row.kind == "freeze":
            ended = row.unfreezes.order_by("created_at", "pk")
            found.append(panels.by_hand_table(list(ended)))
        found.append(
            entries_table([row.pk], empty=_("Nothing is booked before another person agrees."))
        )
        return found


@admin.register(ReserveHold)
class ReserveHoldAdmin(OperationsAdmin[ReserveHold]):
    """What is kept back of a payment or by hand, what is left of it, and what became of it."""

    list_display = (
        "id",
        "merchant_account",
        "amount_minor",
        "left_minor",
        "release_on",
        "created_at",
    )
    list_filter = (("created_at", BusinessDayRange),)
    search_fields = (
        "id__exact",
        "merchant_account__merchant__id__exact",
        "allocation__id__exact",
        "allocation__payment__id__exact",
    )
    search_help_text = gettext_lazy("rsv_…, mer_…, pal_… or pay_…")
    empty_hint = gettext_lazy(
        "Money is kept back of payments by a merchant's terms, or by hand on their page."
    )
    currency_path = "merchant_account.currency"
    list_related = ("merchant_account",)
    has_story = False
    row_operations = (Release(),)

    def panels(self, request: HttpRequest, row: ReserveHold) -> Sequence[Panel]:
        """Show the hold, and what each entry took of it."""
        return [self.facts(row), _uses(row)]


def _uses(row: ReserveHold) -> Table:
    currency = row.merchant_account.currency
    return Table(
        _("what became of it"),
        [
            Column(_("kind")),
            Column(_("amount"), is_amount=True),
            Column(_("journal entry")),
            Column(_("business day")),
        ],
        [
            [
                use.get_kind_display(),
                showing.money(use.amount_minor, currency, url=showing.row_url(use.entry)),
                showing.row_link(use.entry),
                showing.day(use.entry.effective_date),
            ]
            for use in row.uses.select_related("entry").order_by("pk")
        ],
        empty=_("All of it is still held."),
    )

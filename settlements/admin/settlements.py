"""Settlements: what a merchant is to be paid, line by line, and who agreed to it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.append_only import ReadOnlyAdmin, contribute_to
from ledger.admin.approval_facts import decisions_table
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import Operation, OperationsAdmin
from ledger.admin.panels import Panel
from ledger.models import ApprovalDecision
from payments.admin.filters import CurrencyFilter
from risk.admin.screenings import known_of as known_to_risk
from settlements.admin import panels
from settlements.admin.bulk import AT_ONCE_MAX, ApproveSelected, SubmitSelected
from settlements.admin.decisions import Approve, Cancel, Reject, ReleaseReview, Submit
from settlements.admin.retries import ApproveRetry, RejectRetry, RetryPayout
from settlements.models import Payout, Settlement, SettlementItem

SUBMIT_SELECTED, APPROVE_SELECTED = SubmitSelected(), ApproveSelected()


@admin.register(Settlement)
class SettlementAdmin(OperationsAdmin[Settlement]):
    """Each settlement with its lines, approval, payouts and entries, and its buttons."""

    list_display = (
        "id",
        "merchant",
        "net_minor",
        "status",
        "item_count",
        "business_date",
        "created_at",
        "paid_at",
    )
    list_filter = ("status", CurrencyFilter, ("business_date", BusinessDayRange))
    search_fields = (
        "id__exact",
        "merchant__id__exact",
        "batch__id__exact",
        "merchant_settlement_no__exact",
    )
    search_help_text = gettext_lazy("stl_…, mer_…, stb_… or the merchant's number")
    empty_hint = gettext_lazy(
        "A settlement run drafts one for every merchant with money available: see Settlement runs."
    )
    actions = ("submit_selected", "approve_selected")
    row_operations = (
        Approve(),
        Reject(),
        Submit(),
        ReleaseReview(),
        ApproveRetry(),
        RejectRetry(),
        RetryPayout(),
        Cancel(),
    )
    list_operations = (SUBMIT_SELECTED, APPROVE_SELECTED)
    list_related = ("approval",)

    @admin.action(description=gettext_lazy("Submit"), permissions=["submit"])
    def submit_selected(
        self, request: HttpRequest, queryset: QuerySet[Settlement]
    ) -> HttpResponseRedirect | None:
        """Go to the page that submits what was ticked."""
        return self._take_on(request, queryset, SUBMIT_SELECTED)

    @admin.action(description=gettext_lazy("Approve"), permissions=["approve"])
    def approve_selected(
        self, request: HttpRequest, queryset: QuerySet[Settlement]
    ) -> HttpResponseRedirect | None:
        """Go to the page that approves what was ticked."""
        return self._take_on(request, queryset, APPROVE_SELECTED)

    def has_submit_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may submit."""
        return bool(request.user.has_perm(SUBMIT_SELECTED.permission))

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """Tell whether this person may approve."""
        return bool(request.user.has_perm(APPROVE_SELECTED.permission))

    def panels(self, request: HttpRequest, row: Settlement) -> Sequence[Panel]:
        """Show the settlement, its proof, its lines, who decided, and where the money went."""
        payouts = list(
            Payout.objects.filter(settlement=row)
            .select_related("payment_file")
            .defer("payment_file__content_encrypted")
            .order_by("created_at")
        )
        decisions = ApprovalDecision.objects.filter(request=row.approval_id).order_by("id")
        return [
            *panels.wallet_notices(row),
            panels.summary(row),
            panels.ties_out(row),
            panels.payouts_table(payouts, empty=_("Approval queues the first payout.")),
            decisions_table(list(decisions)),
            panels.lines_table(row, more_url=panels.all_lines_url(row)),
            entries_table(
                [row.pk, *(payout.pk for payout in payouts)],
                empty=_("Drafting books the hold; without an entry there is no settlement."),
            ),
        ]

    def _take_on(
        self, request: HttpRequest, queryset: QuerySet[Settlement], operation: Operation[Any]
    ) -> HttpResponseRedirect | None:
        keys = list(queryset.values_list("pk", flat=True)[: AT_ONCE_MAX + 1])
        if len(keys) > AT_ONCE_MAX:
            text = _("At most %(count)s at once. Nothing was done.")
            messages.warning(request, text % {"count": AT_ONCE_MAX})
            return None
        query = urlencode({"ids": ",".join(keys)})
        return HttpResponseRedirect(f"{self.operation_url(operation, None)}?{query}")


@admin.register(SettlementItem)
class SettlementItemAdmin(ReadOnlyAdmin[SettlementItem]):
    """One line in one settlement."""

    list_display = ("id", "settlement", "balance_transaction", "net_minor", "released_at")
    search_fields = ("settlement__id__exact", "balance_transaction__id__exact")
    search_help_text = gettext_lazy("stl_… or txn_…")
    currency_path = "settlement.currency"
    ordering = ("-id",)
    has_story = False
    empty_hint = gettext_lazy("Lines are listed when a settlement is drafted.")


contribute_to(Settlement, known_to_risk)

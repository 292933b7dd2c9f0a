"""Money in suspense: what came otherwise than asked, and what two people make of it."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin.approval_facts import decisions_table
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Panel
from ledger.models import ApprovalDecision
from payments.admin import parked_decisions as decisions
from payments.admin.filters import CurrencyFilter
from payments.admin.refund_panels import refunds_table
from payments.models import ParkedMoney
from payments.queries.parked import APPROVAL_KIND


@admin.register(ParkedMoney)
class ParkedMoneyAdmin(OperationsAdmin[ParkedMoney]):
    """Each sum with its payment, its refunds, its people and its buttons."""

    list_display = ("id", "kind", "amount_minor", "status", "payment", "came_at", "created_at")
    list_filter = ("status", "kind", CurrencyFilter, ("came_at", BusinessDayRange))
    search_fields = ("id__exact", "payment__id__exact", "attempt__id__exact")
    search_help_text = gettext_lazy("prk_…, pay_… or att_…")
    empty_hint = gettext_lazy(
        "Money stands here that came after its payment was closed, of another amount, or twice."
    )
    list_related = ("payment", "attempt", "entry", "approval")
    row_operations = (
        decisions.AskAccept(),
        decisions.AskRefund(),
        decisions.Approve(),
        decisions.Reject(),
        decisions.Withdraw(),
    )

    def panels(self, request: HttpRequest, row: ParkedMoney) -> Sequence[Panel]:
        """Show what came, who decided, the refunds that give it back, and the entries."""
        said = ApprovalDecision.objects.filter(
            request__kind=APPROVAL_KIND, request__object_id=row.pk
        ).order_by("id")
        refunds = list(row.refunds.order_by("created_at", "pk"))
        return [
            decisions.summary(row),
            decisions_table(list(said)),
            refunds_table(refunds),
            entries_table(
                [row.payment_id, *(refund.pk for refund in refunds)],
                empty=_("Nothing is booked: money that did not come is not in the books."),
            ),
        ]

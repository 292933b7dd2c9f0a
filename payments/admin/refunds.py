"""Refunds: what goes back to payers, whose money it is, and where it stands."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.admin import showing
from ledger.admin.append_only import ReadOnlyAdmin, audit_moments
from ledger.admin.approval_facts import decisions_table
from ledger.admin.base import BusinessDayRange
from ledger.admin.journal import entries_table
from ledger.admin.operations import OperationsAdmin
from ledger.admin.panels import Fact, Facts, Moment, Panel
from ledger.models import ApprovalDecision
from payments.admin import refund_panels as panels
from payments.admin.channel_operations import operation_moments
from payments.admin.filters import ContradictionFilter, CurrencyFilter
from payments.admin.refund_decisions import Approve, Ask, Cancel, Fund, Reject
from payments.admin.refund_remedies import AskMerchants, AskOurAccount, AskPayerCard
from payments.admin.totals import who_paid
from payments.models import Refund, RefundAllocation
from payments.queries.totals import of_refund
from payments.states import RefundStatus

UNFUNDED = (
    RefundStatus.REQUESTED,
    RefundStatus.PENDING_APPROVAL,
    RefundStatus.FUNDING_REQUIRED,
)


@admin.register(Refund)
class RefundAdmin(OperationsAdmin[Refund]):
    """Each refund with whose money it is, its funding, its order and its buttons."""

    list_display = (
        "id",
        "merchant_refund_no",
        "amount_minor",
        "status",
        "created_at",
        "payment",
        "merchant",
    )
    list_filter = (
        "status",
        ContradictionFilter,
        CurrencyFilter,
        ("created_at", BusinessDayRange),
        ("succeeded_at", BusinessDayRange),
    )
    search_fields = (
        "id__exact",
        "merchant_refund_no__exact",
        "payment__id__exact",
        "payment__merchant_order_no__exact",
        "operation__channel_ref__exact",
    )
    search_help_text = gettext_lazy("ref_…, pay_…, refund or order number, channel's number")
    empty_hint = gettext_lazy(
        "A refund is asked for on the page of a paid payment, by its merchant or through the API."
    )
    list_related = ("operation__channel_account",)
    unread_fields = ("operation__raw_answer",)
    row_operations = (
        Approve(),
        Reject(),
        Fund(),
        Ask(),
        Cancel(),
        AskPayerCard(),
        AskOurAccount(),
        AskMerchants(),
    )

    def panels(self, request: HttpRequest, row: Refund) -> Sequence[Panel]:
        """Show the refund, whose money it is, how it is funded, its order, and who decided."""
        decisions = ApprovalDecision.objects.filter(request=row.approval_id).order_by("id")
        found: list[Panel] = [
            panels.summary(row),
            *who_paid(row.currency, of_refund(row), is_refund=True),
            panels.whose_money(row),
        ]
        if row.status in UNFUNDED:
            found.append(panels.what_it_draws_on(row))
        if row.approval_id is not None:
            found.append(decisions_table(list(decisions)))
        return [
            *found,
            panels.lines_table(row),
            panels.order_at_channel(row),
            entries_table(
                [row.pk], empty=_("Nothing is booked before the merchants' money is set apart.")
            ),
            _particulars(row),
        ]

    def moments(self, request: HttpRequest, row: Refund) -> Sequence[Moment]:
        """Tell what was done and what the channel said, in one story."""
        moments: list[Moment] = []
        if request.user.has_perm("ledger.view_auditentry"):
            moments = audit_moments([row.pk])
        return moments + operation_moments([row.operation] if row.operation else [])


@admin.register(RefundAllocation)
class RefundAllocationAdmin(ReadOnlyAdmin[RefundAllocation]):
    """What of one refund comes from one merchant."""

    list_display = ("id", "refund", "allocation", "amount_minor", "fee_returned_minor")
    search_fields = ("id__exact", "refund__id__exact", "allocation__id__exact")
    search_help_text = gettext_lazy("ral_…, ref_… or pal_…")
    currency_path = "refund.currency"
    list_related = ("refund",)
    ordering = ("-id",)
    has_story = False
    empty_hint = gettext_lazy("Every refund is split among its merchants when it is asked for.")


def _particulars(row: Refund) -> Facts:
    return Facts(
        _("particulars"),
        [
            Fact(_("asked by credential"), showing.row_link(row.created_by)),
            Fact(_("metadata"), showing.structure(row.metadata), is_wide=True),
        ],
    )

"""The merchant's payments: what each brought, what it cost, and when it becomes available."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger.identifiers import is_id
from payments.portal.access import Member, PortalRequest, membership_required
from payments.queries.allocations import allocations_page
from payments.states import PaymentStatus

PAGE_SIZE = 30

TONES = {
    PaymentStatus.PAID: "good",
    PaymentStatus.PAID_LATE: "wait",
    PaymentStatus.CONFLICTED: "bad",
    PaymentStatus.RISK_REVIEW: "wait",
    PaymentStatus.AWAITING_PAYMENT: "wait",
    PaymentStatus.REJECTED: "bad",
}
"""How a status looks; what is not named here looks neutral."""


@require_safe
@membership_required
def payments(request: PortalRequest, member: Member) -> HttpResponse:
    """List the merchant's share of each payment, newest first."""
    before = request.GET.get("before")
    if before is not None and not is_id("pal", before):
        raise Http404
    page = allocations_page(member.merchant.pk, before=before, limit=PAGE_SIZE)
    rows = [
        {
            "allocation": allocation,
            "payment": allocation.payment,
            "net_minor": allocation.amount_minor - allocation.fee_minor,
            "available_on": page.available_on.get(allocation.pk),
            "tone": TONES.get(PaymentStatus(allocation.payment.status), ""),
        }
        for allocation in page.allocations
    ]
    return render(
        request,
        "portal/payments/list.html",
        {"member": member, "rows": rows, "before": page.before, "is_first": before is None},
    )

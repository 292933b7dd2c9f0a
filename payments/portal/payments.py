"""The merchant's payments: what each brought, what it cost, and when it becomes available."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger.identifiers import is_id
from payments.capture_states import CaptureStatus
from payments.forms import RecordsForm
from payments.models import PaymentAllocation, RefundAllocation
from payments.portal import explanations
from payments.portal.access import Member, PortalRequest, membership_required
from payments.queries import records
from payments.queries.allocations import AllocationPage, allocations_page
from payments.queries.merchant_shares import CapturedShare, held_share, taken_of, totals_of_share
from payments.queries.refundable import refundable_of
from payments.states import PaymentStatus, RefundStatus

PAGE_SIZE = 30

NO_PAGE = AllocationPage([], {}, None)
"""What is shown beside a question that makes no sense."""


@require_safe
@membership_required
def payments(request: PortalRequest, member: Member) -> HttpResponse:
    """List the merchant's share of each payment that is looked for, newest first."""
    before = request.GET.get("before")
    if before is not None and not is_id("pal", before):
        raise Http404
    form = RecordsForm(
        request.GET,
        statuses=PaymentStatus.choices,
        currencies=records.currencies_of_merchant(member.merchant),
    )
    page = NO_PAGE
    if form.is_valid():
        page = allocations_page(
            member.merchant.pk, sought=form.sought(), before=before, limit=PAGE_SIZE
        )
    taken = taken_of(page.allocations)
    rows = [
        {
            "allocation": allocation,
            "payment": allocation.payment,
            "taken": taken[allocation.pk],
            "available_on": page.available_on.get(allocation.pk),
            "tone": _tone(allocation),
        }
        for allocation in page.allocations
    ]
    return render(
        request,
        "portal/payments/list.html",
        {
            "member": member,
            "form": form,
            "rows": rows,
            "before": page.before,
            "is_first": before is None,
        },
    )


@require_safe
@membership_required
def payment(request: PortalRequest, member: Member, payment_id: str) -> HttpResponse:
    """Show one payment: the merchant's share of it, its numbers, and what went back of it."""
    share = share_of(member, payment_id)
    refunded = records.refunds_of_share(share.pk)
    left = refundable_of(share.payment, merchant_id=member.merchant.pk)
    held = held_share(share)
    return render(
        request,
        "portal/payments/detail.html",
        {
            "member": member,
            "payment": share.payment,
            "share": share,
            "taken": taken_of([share])[share.pk],
            "tone": _tone(share),
            "held": held,
            "captures": [_capture_row(each) for each in held.captures] if held else [],
            "totals": totals_of_share(share, held=held),
            "available_on": records.available_on_of([share.pk]).get(share.pk),
            "channel_numbers": records.channel_numbers_of(share.payment_id),
            "refunds": [refund_row(part) for part in refunded],
            "left_minor": left.left_minor,
            "may_refund": member.role in explanations.MAY_REFUND and left.left_minor > 0,
        },
    )


def share_of(member: Member, payment_id: str) -> PaymentAllocation:
    """Return the merchant's share of a payment.

    Raises Http404 if there is none: missing and foreign ones answer alike.
    """
    if is_id("pay", payment_id):
        found = records.share_of(member.merchant.pk, payment_id=payment_id)
        if found is not None:
            return found
    raise Http404


def refund_row(part: RefundAllocation) -> dict[str, Any]:
    """Return what lists show of a merchant's share of a refund."""
    status = RefundStatus(part.refund.status)
    return {
        "part": part,
        "refund": part.refund,
        "tone": explanations.REFUND_TONES.get(status, ""),
    }


def _capture_row(each: CapturedShare) -> dict[str, Any]:
    status = CaptureStatus(each.capture.status)
    return {"captured": each, "tone": explanations.CAPTURE_TONES.get(status, "wait")}


def _tone(share: PaymentAllocation) -> str:
    return explanations.PAYMENT_TONES.get(PaymentStatus(share.payment.status), "")

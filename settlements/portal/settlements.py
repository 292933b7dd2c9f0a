"""A merchant's settlements, and one of them with its lines and its way to the bank."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ledger.identifiers import is_id
from payments.portal.access import Member, PortalRequest, membership_required
from settlements.models import DestinationKind, Payout, Settlement
from settlements.portal import explanations
from settlements.queries import merchants
from settlements.states import PayoutStatus, SettlementStatus

PAGE_SIZE = 30
LINES_PAGE_SIZE = 100


@require_safe
@membership_required
def settlements(request: PortalRequest, member: Member) -> HttpResponse:
    """List the merchant's settlements, newest first."""
    before = request.GET.get("before")
    if before is not None and not is_id("stl", before):
        raise Http404
    page = merchants.settlements_page(member.merchant.pk, before=before, limit=PAGE_SIZE)
    if before is not None and not page.settlements:
        raise Http404
    return render(
        request,
        "portal/settlements/list.html",
        {
            "member": member,
            "rows": [_row(settlement) for settlement in page.settlements],
            "before": page.before,
            "is_first": before is None,
        },
    )


@require_safe
@membership_required
def settlement(request: PortalRequest, member: Member, settlement_id: str) -> HttpResponse:
    """Show one settlement: what it adds up to, where it stands, and the lines that make it."""
    found = _settlement_of(member, settlement_id)
    after = _item_id(request.GET.get("after", "0"))
    tie_out = merchants.tie_out(found.pk)
    page = merchants.lines_page(found.pk, after=after, limit=LINES_PAGE_SIZE)
    return render(
        request,
        "portal/settlements/detail.html",
        {
            "member": member,
            **_row(found),
            "why": explanations.why(found),
            "tie_out": tie_out,
            "remainder_minor": found.net_minor - tie_out.net_minor,
            "payouts": [_payout(payout) for payout in merchants.payouts_of(found.pk)],
            "lines": page.lines,
            "after": page.after,
            "is_first": after == 0,
        },
    )


def _settlement_of(member: Member, settlement_id: str) -> Settlement:
    """Return the member's settlement.

    Raises Http404 if there is none: missing and foreign ones answer alike.
    """
    if is_id("stl", settlement_id):
        found = merchants.settlement_of(member.merchant.pk, settlement_id=settlement_id)
        if found is not None:
            return found
    raise Http404


def _row(settlement: Settlement) -> dict[str, Any]:
    status = SettlementStatus(settlement.status)
    return {"settlement": settlement, "tone": explanations.SETTLEMENT_TONES.get(status, "")}


def _payout(payout: Payout) -> dict[str, Any]:
    status = PayoutStatus(payout.status)
    return {
        "payout": payout,
        "tone": explanations.PAYOUT_TONES.get(status, ""),
        "is_transfer": payout.destination is not None
        and payout.destination.kind != DestinationKind.BANK,
    }


def _item_id(text: str) -> int:
    """Return where the lines go on.

    Raises Http404 if that is no place in any settlement.
    """
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise Http404
    return int(text)

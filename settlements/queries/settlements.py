"""Questions about settlements."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from ledger.states import ApprovalState
from settlements.models import Settlement, SettlementItem
from settlements.states import SettlementStatus

HELD = (
    SettlementStatus.DRAFT,
    SettlementStatus.REVIEW,
    SettlementStatus.SUBMITTED,
    SettlementStatus.APPROVED,
    SettlementStatus.APPROVAL_EXPIRED,
    SettlementStatus.ON_HOLD,
    SettlementStatus.PAY_FAILED,
    SettlementStatus.RETURNED,
)
"""States in which a settlement's money stands in 2003."""


def payloads_of(settlement_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return by settlement what people are shown and agree to, read from the live rows.

    Whose money, how much of which currency, its lines and their sum, the account that it goes to
    and the prices that made it. When any of that changes, so does the digest.
    """
    sums = {
        settlement_id: (count, int(net_minor))
        for settlement_id, count, net_minor in SettlementItem.objects.filter(
            settlement_id__in=settlement_ids, released_at=None
        )
        .values_list("settlement_id")
        .annotate(Count("pk"), Sum("net_minor"))
    }
    settlements = Settlement.objects.filter(pk__in=settlement_ids).select_related(
        "destination", "merchant__fee_plan"
    )
    return {
        settlement.pk: _payload(settlement, *sums.get(settlement.pk, (0, 0)))
        for settlement in settlements
    }


def _payload(settlement: Settlement, item_count: int, items_net_minor: int) -> dict[str, Any]:
    destination = settlement.destination
    plan = settlement.merchant.fee_plan
    return {
        "settlement": settlement.pk,
        "merchant": settlement.merchant_id,
        "currency": settlement.currency,
        "net_minor": settlement.net_minor,
        "item_count": item_count,
        "items_net_minor": items_net_minor,
        "business_date": settlement.business_date.isoformat(),
        "destination": destination.pk if destination else None,
        "destination_version": destination.version if destination else None,
        "destination_is_active": bool(destination and destination.is_active),
        "fee_plan": plan.pk,
        "fee_plan_version": plan.version,
    }


def settlements_to_decide() -> QuerySet[Settlement]:
    """Return the settlements that wait for another person, oldest first."""
    return (
        Settlement.objects.filter(status=SettlementStatus.SUBMITTED)
        .select_related("merchant", "destination", "approval")
        .order_by("created_at", "pk")
    )


def settlements_to_submit() -> QuerySet[Settlement]:
    """Return the drafts that wait to be submitted, oldest first."""
    return (
        Settlement.objects.filter(
            status__in=[SettlementStatus.DRAFT, SettlementStatus.APPROVAL_EXPIRED]
        )
        .select_related("merchant", "destination")
        .order_by("created_at", "pk")
    )


def settlements_approved_too_late(
    *, at: datetime, limit: int, among: Collection[str] | None = None
) -> list[str]:
    """Return settlements whose request ran out before its decision or its payout, oldest first.

    Those that failed or came back only while something of the request stands: it is open, or a
    payout waits for it.
    """
    opened = [ApprovalState.PENDING, ApprovalState.APPROVED]
    first = Q(status__in=[SettlementStatus.SUBMITTED, SettlementStatus.APPROVED])
    again = Q(status__in=[SettlementStatus.PAY_FAILED, SettlementStatus.RETURNED])
    late = Settlement.objects.filter(
        first & Q(approval__state__in=[*opened, ApprovalState.EXPIRED])
        | again & Q(approval__state__in=opened)
        | again & Q(approval__state=ApprovalState.EXPIRED, approved_digest__isnull=False),
        approval__expires_at__lte=at,
    )
    if among is not None:
        late = late.filter(pk__in=among)
    return list(late.order_by("created_at", "pk").values_list("pk", flat=True)[:limit])


def items_of(settlement: Settlement) -> QuerySet[SettlementItem]:
    """Return the lines of a settlement with what they stand for, in the order of the run."""
    return (
        SettlementItem.objects.filter(settlement=settlement)
        .select_related("balance_transaction")
        .order_by("pk")
    )

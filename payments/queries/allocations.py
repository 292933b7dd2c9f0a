"""What of payments belongs to one merchant."""

from dataclasses import dataclass
from datetime import date

from payments.models import BalanceTransaction, LineKind, PaymentAllocation


@dataclass(frozen=True, slots=True)
class AllocationPage:
    """Some of a merchant's allocations, newest first; `before` asks for the next ones.

    `available_on` says, for those that are paid, on which business day (BUSINESS_TIME_ZONE) the
    money becomes available.
    """

    allocations: list[PaymentAllocation]
    available_on: dict[str, date]
    before: str | None


def allocations_page(merchant_id: str, *, before: str | None, limit: int) -> AllocationPage:
    """Return up to `limit` allocations of a merchant made before the one with the id `before`.

    Ids sort by time, so a page costs the same at any depth.
    """
    rows = PaymentAllocation.objects.filter(merchant_id=merchant_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("payment").order_by("-pk")[: limit + 1])
    allocations = found[:limit]
    lines = BalanceTransaction.objects.filter(
        source__in=[allocation.pk for allocation in allocations], kind=LineKind.PAYMENT
    ).values_list("source", "available_on")
    return AllocationPage(
        allocations=allocations,
        available_on=dict(lines),
        before=allocations[-1].pk if len(found) > limit else None,
    )

"""What of payments belongs to one merchant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from payments.models import PaymentAllocation
from payments.queries.records import NOTHING_SOUGHT, Sought, available_on_of
from payments.queries.references import payments_known_as


@dataclass(frozen=True, slots=True)
class AllocationPage:
    """Some of a merchant's allocations, newest first; `before` asks for the next ones.

    `available_on` says, for those that are paid, on which business day (BUSINESS_TIME_ZONE) the
    money becomes available.
    """

    allocations: list[PaymentAllocation]
    available_on: Mapping[str, date]
    before: str | None


def allocations_page(
    merchant_id: str, *, before: str | None, limit: int, sought: Sought = NOTHING_SOUGHT
) -> AllocationPage:
    """Return up to `limit` allocations of a merchant made before the one with the id `before`.

    Amounts sought are those of the allocation. Ids sort by time, so a page costs the same at any
    depth.
    """
    rows = PaymentAllocation.objects.filter(
        sought.of("payment__", amount="amount_minor", method="payment__method"),
        merchant_id=merchant_id,
    )
    if sought.reference:
        rows = rows.filter(payment_id__in=payments_known_as(sought.reference))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.select_related("payment").order_by("-pk")[: limit + 1])
    allocations = found[:limit]
    return AllocationPage(
        allocations=allocations,
        available_on=available_on_of([allocation.pk for allocation in allocations]),
        before=allocations[-1].pk if len(found) > limit else None,
    )

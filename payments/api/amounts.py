"""The three names of an amount, as a caller may see them: its own share of them, or all."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from payments.api.principal import Principal
from payments.models import (
    Authorisation,
    Capture,
    CaptureShare,
    Capturing,
    Payment,
    PaymentAllocation,
    Refund,
    RefundAllocation,
)
from payments.queries import totals
from payments.queries.totals import Totals


def _described(description: str) -> dict[str, Any]:
    return {"type": "integer", "nullable": True, "description": description}


PAYER_AMOUNT = _described(
    "What the payer paid of it: less than `amount` where a coupon paid the rest. Null before the"
    " channel has taken it, and where the channel does not say."
)
SETTLED_AMOUNT = _described(
    "What the channel settles to the platform for it, before the channel's fee: less than"
    " `amount` where the platform gave a discount of its own. Null before the channel has taken it."
)
PAYER_GOT = _described(
    "What the payer got of it: a coupon gets back its part. Null unless it succeeded, and where"
    " the channel does not say."
)
SETTLED_BACK = _described(
    "What the channel takes of the platform for it. Null unless it succeeded."
)


def read_what_was_taken(rows: Sequence[Payment], *, to: Principal) -> None:
    """Read what was held and captured of payments that were authorised first, if there are any.

    Where there is a discount, read also what a merchant's share of it is worked out from.
    """
    shares = CaptureShare.objects.order_by("place")
    if not to.is_platform:
        shares = shares.filter(allocation__merchant_id=to.merchant_id or "")
    captures = Capture.objects.select_related("operation").defer("operation__raw_answer")
    prefetch_related_objects(
        [row for row in rows if row.capture_mode == Capturing.MANUAL],
        Prefetch("authorisations", queryset=Authorisation.objects.filter(is_spare=False)),
        Prefetch("captures", queryset=captures.order_by("created_at", "pk")),
        Prefetch("captures__shares", queryset=shares),
    )
    if not to.is_platform:
        _read_parts(rows)


def read_parts_of_refunds(rows: Sequence[Refund], *, to: Principal) -> None:
    """Read what the shares of a merchant are worked out from: of rows that have a discount."""
    if to.is_platform:
        return
    parts = RefundAllocation.objects.order_by("place")
    prefetch_related_objects(
        [row for row in rows if _has_discount(totals.of_refund(row))],
        Prefetch("allocations", queryset=parts, to_attr="parts"),
    )


def of_payment(row: Payment, *, to: Principal) -> Totals | None:
    """Return the totals of a payment, or of the caller's share of it."""
    if row.capture_mode == Capturing.MANUAL:
        if totals.of_payment(row) is None:
            return None
        return totals.summed(of_capture(capture, to=to) for capture in row.captures.all())
    return _visible(totals.of_payment(row), row, shares=row.allocations.all(), to=to)


def of_capture(row: Capture, *, to: Principal) -> Totals | None:
    """Return the totals of a capture, or of the caller's share of it."""
    return _visible(totals.of_capture(row), row, shares=row.shares.all(), to=to)


def of_refund(row: Refund, *, to: Principal) -> Totals | None:
    """Return the totals of a refund, or of the caller's share of it."""
    return _visible(totals.of_refund(row), row, shares=row.allocations.all(), to=to)


def _visible(
    whole: Totals | None,
    row: Any,
    *,
    shares: Iterable[Any],
    to: Principal,
) -> Totals | None:
    """Return all of it to the platform; to a merchant what of it is theirs: `shares`, one or none.

    `row.parts` holds everybody's, where there is a discount to split: from one's own alone its
    share would be made up, so a row that was read without them fails.
    """
    if whole is None or to.is_platform:
        return whole
    own = next(iter(shares), None)
    if own is None:
        return None
    parts = row.parts if whole.has_discount else [own]
    return totals.share(whole, parts=parts, of=own.pk, rest_minor=row.unallocated_minor)


def _read_parts(rows: Sequence[Payment]) -> None:
    held = [row for row in rows if row.capture_mode == Capturing.MANUAL]
    at_once = [row for row in rows if row.capture_mode != Capturing.MANUAL]
    # Each capture is split for itself, whatever is said of the others or of the payment.
    prefetch_related_objects(
        [row for row in held if any(_is_discounted(each) for each in row.captures.all())],
        Prefetch(
            "captures__shares", queryset=CaptureShare.objects.order_by("place"), to_attr="parts"
        ),
    )
    prefetch_related_objects(
        [row for row in at_once if _has_discount(totals.of_payment(row))],
        Prefetch(
            "allocations", queryset=PaymentAllocation.objects.order_by("place"), to_attr="parts"
        ),
    )


def _is_discounted(capture: Capture) -> bool:
    return _has_discount(totals.of_capture(capture))


def _has_discount(whole: Totals | None) -> bool:
    return whole is not None and whole.has_discount

"""Records that merchants and payers look through: their own payments and refunds, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet

from payments.models import (
    BalanceTransaction,
    LineKind,
    Merchant,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    Refund,
    RefundAllocation,
)
from payments.queries.references import payments_known_as, refunds_known_as

RowT = TypeVar("RowT", bound=Model)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a reader looks for; what is left out narrows nothing.

    Amounts are minor units of `currency`, both ends included. Instants are UTC, and the last one
    is not included.
    """

    statuses: Sequence[str] = ()
    method: str = ""
    currency: str = ""
    amount_from_minor: int | None = None
    amount_to_minor: int | None = None
    from_at: datetime | None = None
    before_at: datetime | None = None
    reference: str = ""

    def of(self, path: str, *, amount: str, method: str) -> Q:
        """Return the condition; `path` leads from a row to what has the state and the instant."""
        wanted: dict[str, Any] = {
            f"{path}status__in": self.statuses or None,
            method: self.method or None,
            f"{path}currency": self.currency or None,
            f"{amount}__gte": self.amount_from_minor,
            f"{amount}__lte": self.amount_to_minor,
            f"{path}created_at__gte": self.from_at,
            f"{path}created_at__lt": self.before_at,
        }
        return Q(**{name: value for name, value in wanted.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows, newest first; `before` asks for the next ones."""

    rows: Sequence[RowT]
    before: str | None


NOTHING_SOUGHT = Sought()


def merchants_refunds(
    merchant_id: str, *, sought: Sought = NOTHING_SOUGHT, before: str | None, limit: int
) -> Page[RefundAllocation]:
    """Return a merchant's shares of refunds, those before the refund allocation `before`."""
    rows = RefundAllocation.objects.filter(
        sought.of("refund__", amount="amount_minor", method="refund__payment__method"),
        allocation__merchant_id=merchant_id,
    ).select_related("refund__payment")
    if sought.reference:
        rows = rows.filter(refund_id__in=refunds_known_as(sought.reference))
    return _page(rows, before=before, limit=limit)


def payers_payments(
    payer_id: str, *, sought: Sought = NOTHING_SOUGHT, before: str | None, limit: int
) -> Page[Payment]:
    """Return a payer's payments, those before the payment `before`, with who is paid by them."""
    rows = Payment.objects.filter(
        sought.of("", amount="amount_minor", method="method"), payer_id=payer_id
    ).prefetch_related("allocations__merchant")
    if sought.reference:
        rows = rows.filter(pk__in=payments_known_as(sought.reference))
    return _page(rows, before=before, limit=limit)


def payers_refunds(
    payer_id: str, *, sought: Sought = NOTHING_SOUGHT, before: str | None, limit: int
) -> Page[Refund]:
    """Return the refunds of a payer's payments, those before the refund `before`."""
    rows = (
        Refund.objects.filter(
            sought.of("", amount="amount_minor", method="payment__method"),
            payment__payer_id=payer_id,
        )
        .select_related("payment")
        .prefetch_related("allocations__allocation__merchant")
    )
    if sought.reference:
        rows = rows.filter(pk__in=refunds_known_as(sought.reference))
    return _page(rows, before=before, limit=limit)


def available_on_of(allocation_ids: Sequence[str]) -> Mapping[str, date]:
    """Return on which business day (BUSINESS_TIME_ZONE) paid allocations become available.

    Of one that was captured in parts, on which all of it is.
    """
    lines = BalanceTransaction.objects.filter(source__in=allocation_ids, kind=LineKind.PAYMENT)
    return dict(lines.order_by("available_on").values_list("source", "available_on"))


def share_of(merchant_id: str, *, payment_id: str) -> PaymentAllocation | None:
    """Return a merchant's share of a payment, with the payment, or None: foreign is missing."""
    return (
        PaymentAllocation.objects.filter(merchant_id=merchant_id, payment_id=payment_id)
        .select_related("payment", "merchant", "fee_plan")
        .first()
    )


def refund_share_of(merchant_id: str, *, refund_id: str) -> RefundAllocation | None:
    """Return a merchant's share of a refund, with the refund, or None: foreign is missing."""
    return (
        RefundAllocation.objects.filter(allocation__merchant_id=merchant_id, refund_id=refund_id)
        .select_related("refund__payment", "refund__operation", "allocation")
        .defer("refund__operation__raw_answer")
        .first()
    )


def refunds_of_share(allocation_id: str) -> Sequence[RefundAllocation]:
    """Return the refunds that took of one merchant's share, the oldest first."""
    rows = RefundAllocation.objects.filter(allocation_id=allocation_id)
    return list(rows.select_related("refund").order_by("pk"))


def channel_numbers_of(payment_id: str) -> Sequence[tuple[str, str]]:
    """Return the numbers of a payment's tries: ours at the channel and the channel's own."""
    return list(
        Payment.objects.filter(pk=payment_id, attempts__isnull=False)
        .order_by("attempts__created_at", "attempts__pk")
        .values_list(F("attempts__operation__channel_no"), F("attempts__operation__channel_ref"))
    )


def currencies_of_merchant(merchant: Merchant) -> Sequence[str]:
    """Return the currencies in which a merchant has money, or may take the first."""
    rows = MerchantAccount.objects.filter(merchant=merchant).order_by("currency")
    return list(rows.values_list("currency", flat=True)) or [merchant.fee_plan.currency]


def currencies_of_payer(payer_id: str) -> Sequence[str]:
    """Return the currencies of a payer's payments, by name."""
    rows = Payment.objects.filter(payer_id=payer_id).order_by("currency")
    return list(rows.values_list("currency", flat=True).distinct())


def _page(rows: QuerySet[RowT], *, before: str | None, limit: int) -> Page[RowT]:
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: limit + 1])
    return Page(found[:limit], str(found[limit - 1].pk) if len(found) > limit else None)

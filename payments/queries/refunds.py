"""Questions about refunds: what was given back, what it may draw on, what people are shown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Sum

from ledger import chart
from ledger.models import AccountBalance, JournalEntry
from payments.models import (
    MerchantAccount,
    Payment,
    PaymentAttempt,
    Refund,
    RefundAllocation,
)
from payments.postings.refund_sources import request_source
from payments.pricing import Means, Refunded
from payments.states import DEAD_REFUNDS, REFUNDS_IN_FLIGHT, AttemptStatus, RefundStatus

_FUNDED = (*REFUNDS_IN_FLIGHT, RefundStatus.SUCCEEDED, RefundStatus.SETTLED_BY_HAND)


def refunded_of(payment_id: str, *, capture_id: str | None = None) -> dict[str, Refunded]:
    """Return what living refunds take of a payment, by allocation; tax is not told here.

    With a capture only those that are of it.
    """
    of_capture = Q() if capture_id is None else Q(refund__capture_id=capture_id)
    rows = (
        RefundAllocation.objects.filter(of_capture, refund__payment_id=payment_id)
        .exclude(refund__status__in=DEAD_REFUNDS)
        .order_by()
        .values_list("allocation_id")
        .annotate(Sum("amount_minor"), Sum("fee_returned_minor"))
    )
    return {
        allocation_id: Refunded(amount_minor=int(amount), fee_minor=int(fee))
        for allocation_id, amount, fee in rows
    }


def unallocated_refunded(payment_id: str, *, capture_id: str | None = None) -> int:
    """Return what living refunds take of a payment's money that belongs to nobody.

    With a capture only those that are of it.
    """
    living = Refund.objects.filter(payment_id=payment_id, parked=None)
    living = living.exclude(status__in=DEAD_REFUNDS)
    if capture_id is not None:
        living = living.filter(capture_id=capture_id)
    return int(living.aggregate(minor=Sum("unallocated_minor", default=0))["minor"])


def fees_given_back(
    allocation_ids: Collection[str], *, capture_id: str | None = None
) -> dict[str, Refunded]:
    """Return what the books say that funded refunds gave back of fees, by allocation, with tax.

    Of a payment that was authorised first, those that are of one capture.
    """
    parts = list(
        RefundAllocation.objects.filter(
            allocation_id__in=allocation_ids,
            refund__status__in=_FUNDED,
            refund__capture_id=capture_id,
        ).values_list("id", "allocation_id", "amount_minor", "fee_returned_minor", "refund__turn")
    )
    taxes = taxes_given_back({part_id: turn for part_id, *_, turn in parts})
    found: dict[str, Refunded] = {}
    for part_id, allocation_id, amount, fee, _turn in parts:
        before = found.get(allocation_id, Refunded())
        found[allocation_id] = Refunded(
            amount_minor=before.amount_minor + amount,
            fee_minor=before.fee_minor + fee,
            tax_minor=before.tax_minor + taxes.get(part_id, 0),
        )
    return found


def taxes_given_back(turns: Mapping[str, int]) -> dict[str, int]:
    """Return the tax that was given back when refund allocations were funded last, by their ids.

    `turns` is the turn of their refund, by their ids: one that failed and was made after all was
    funded anew, and then more or less tax may have been in the same fee.
    """
    sources = {
        request_source(part_id, turn=turn): (part_id, turn)
        for part_id, last in turns.items()
        for turn in range(1, last + 1)
    }
    of_tax = Q(postings__account__code=chart.VAT_PAYABLE, postings__side="D")
    rows = (
        JournalEntry.objects.filter(source__in=list(sources))
        .order_by()
        .values_list("source")
        .annotate(minor=Sum("postings__amount_minor", filter=of_tax, default=0))
    )
    found = sorted((*sources[source], int(tax)) for source, tax in rows)
    return {part_id: tax for part_id, _turn, tax in found}


def means_of(
    accounts: Mapping[str, MerchantAccount], pending: Mapping[str, int]
) -> dict[str, Means]:
    """Return by merchant what a refund may draw on; the accounts are locked by the caller.

    `pending` is what has not matured of the refunded payment, by merchant.
    """
    ids = [
        pk
        for account in accounts.values()
        for pk in (
            account.pending_account_id,
            account.available_account_id,
            account.debt_account_id,
        )
    ]
    standing = dict(AccountBalance.objects.filter(pk__in=ids).values_list("pk", "balance_minor"))
    reserves = _reserves(accounts.values())
    return {
        merchant_id: Means(
            pending_minor=min(
                pending.get(merchant_id, 0), standing.get(account.pending_account_id, 0)
            ),
            available_minor=standing.get(account.available_account_id, 0),
            reserve_minor=reserves.get((merchant_id, account.currency), 0),
            advance_minor=account.advance_limit_minor - standing.get(account.debt_account_id, 0),
        )
        for merchant_id, account in accounts.items()
    }


def _reserves(accounts: Collection[MerchantAccount]) -> dict[tuple[str, str], int]:
    """Return the reserves that may pay for refunds, by merchant and currency."""
    owners = [account.merchant_id for account in accounts if account.is_reserve_for_refunds]
    if not owners:
        return {}
    rows = AccountBalance.objects.filter(
        account__code=chart.RESERVE, account__owner_id__in=owners
    ).values_list("account__owner_id", "account__currency", "balance_minor")
    return {(owner, currency): minor for owner, currency, minor in rows}


def debts_of(accounts: Collection[MerchantAccount]) -> dict[str, int]:
    """Return what merchants owe, by merchant; who owes nothing is left out."""
    owners = {account.debt_account_id: account.merchant_id for account in accounts}
    rows = AccountBalance.objects.filter(pk__in=list(owners), balance_minor__gt=0)
    return {owners[pk]: minor for pk, minor in rows.values_list("pk", "balance_minor")}


def paid_attempt(payment: Payment) -> PaymentAttempt:
    """Return the try by which a paid payment was paid, with its order and channel account.

    One whose money waits in suspense, or went back from there, is not the one.

    Raises PaymentAttempt.DoesNotExist.
    """
    tries = (
        payment.attempts.filter(status=AttemptStatus.SUCCEEDED)
        .filter(Q(parked=None) | Q(parked__accepted_minor__gt=0))
        .select_related("operation", "channel_account")
        .order_by("created_at", "pk")
    )
    found = tries.first()
    if found is None:
        raise PaymentAttempt.DoesNotExist
    return found


def attempt_to_refund(refund: Refund) -> PaymentAttempt:
    """Return the try whose money a refund gives back, with its order and channel account.

    Of what was authorised first it is the try that was captured: another one of the payment may
    have been held too, at another account, and given back.

    Raises PaymentAttempt.DoesNotExist.
    """
    rows = PaymentAttempt.objects.select_related("operation", "channel_account")
    if refund.capture_id is not None:
        return rows.get(authorisation__captures=refund.capture_id)
    if refund.parked_id is None:
        return paid_attempt(refund.payment)
    return rows.get(parked=refund.parked_id)


def refund_payload(refund: Refund) -> dict[str, Any]:
    """Return what people are shown of a refund and agree to, read from the live rows.

    How much goes back of which payment, whose money it is, and what of the fee goes with it.
    """
    parts = refund.allocations.select_related("allocation").order_by("place")
    of_capture = {} if refund.capture_id is None else {"capture": refund.capture_id}
    return {
        "refund": refund.pk,
        "payment": refund.payment_id,
        **of_capture,
        "merchant_refund_no": refund.merchant_refund_no,
        "amount_minor": refund.amount_minor,
        "unallocated_minor": refund.unallocated_minor,
        "currency": refund.currency,
        "reason": refund.reason,
        "allocations": [
            {
                "allocation": part.allocation_id,
                "merchant": part.allocation.merchant_id,
                "amount_minor": part.amount_minor,
                "fee_returned_minor": part.fee_returned_minor,
            }
            for part in parts
        ],
    }


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """A refund that waits for its merchants' money, and whose money that is, in id order."""

    id: str
    created_at: datetime
    amount_minor: int
    currency: str
    merchant_ids: tuple[str, ...]


def refunds_waiting_for_funds(
    *, limit: int, after: WaitingRefund | None = None
) -> list[WaitingRefund]:
    """Return refunds that wait until their merchants have the money, oldest first after one."""
    waiting = Refund.objects.filter(status=RefundStatus.FUNDING_REQUIRED)
    if after is not None:
        waiting = waiting.filter(
            Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.id),
            created_at__gte=after.created_at,
        )
    merchant_id = "allocations__allocation__merchant_id"
    rows = (
        waiting.annotate(whose=ArrayAgg(merchant_id, order_by=merchant_id, default=[]))
        .order_by("created_at", "pk")
        .values_list("pk", "created_at", "amount_minor", "currency", "whose")[:limit]
    )
    return [
        WaitingRefund(pk, created_at, amount_minor, currency, tuple(filter(None, whose)))
        for pk, created_at, amount_minor, currency, whose in rows
    ]


def unapproved_minor(payment_id: str) -> int:
    """Return what living refunds of a payment add up to that nobody else had to agree to."""
    living = Refund.objects.filter(payment_id=payment_id, approval=None, parked=None)
    living = living.exclude(status__in=DEAD_REFUNDS)
    return int(living.aggregate(minor=Sum("amount_minor", default=0))["minor"])


def refunds_nobody_decided_on(*, at: datetime, limit: int) -> list[str]:
    """Return refunds whose request ran out before enough people decided, the oldest first."""
    waiting = Refund.objects.filter(
        status=RefundStatus.PENDING_APPROVAL, approval__expires_at__lte=at
    )
    return list(waiting.order_by("created_at", "pk").values_list("pk", flat=True)[:limit])

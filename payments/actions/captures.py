"""When money has come: the payment is paid, and the books move in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from ledger.models import JournalEntry
from payments import calendar, locks, pricing, states
from payments.actions import moves, reserves
from payments.channels.base import Outcome
from payments.models import (
    BalanceTransaction,
    LineKind,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from payments.postings import captures as postings
from payments.queries.calendar import BusinessDays, booking_date_of, business_date_of
from payments.states import PAID_TWICE, AttemptStatus, PaymentStatus

_WITH_MONEY = (
    PaymentStatus.PAID,
    PaymentStatus.CONFLICTED,
    PaymentStatus.PAID_LATE,
    PaymentStatus.REFUNDING_LATE,
    PaymentStatus.REFUNDED_LATE,
)
"""States of payments for which money has come already."""


@dataclass(frozen=True, slots=True)
class _Receipt:
    """Money that a channel says has come by one try, and when we learned of it."""

    attempt: PaymentAttempt
    outcome: Outcome
    paid_at: datetime
    actor: str
    at: datetime


def record_paid(
    payment: Payment, *, attempt: PaymentAttempt, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Book a payment that the channel confirmed. A part; the payment is locked by the caller.

    The channel's own instant decides the business day, or the first open day after it when the
    books of that day are closed; when the money becomes available it decides always. One entry
    and one line per allocation (E01, E02a, E03). Three kinds of money wait in suspense, and
    nobody's balance moves: what came otherwise than asked makes the payment `conflicted`, what
    came after it was closed `paid_late`, and what came by a second try leaves it as it is, told
    as `payment.paid_twice`.
    Recording the same outcome twice changes nothing.

    Raises IllegalMoveError when the payment cannot become paid; nothing is written then.
    """
    assert connection.in_atomic_block, "record_paid is a part; open a transaction around it"
    receipt = _Receipt(attempt, outcome, paid_at=outcome.paid_at or at, actor=actor, at=at)
    if payment.status in _WITH_MONEY:
        if _is_second_money(payment, attempt):
            _park_second(payment, receipt)
    elif payment.status == PaymentStatus.CLOSED:
        _park_late(payment, receipt)
    elif (outcome.amount_minor, outcome.currency) != (payment.amount_minor, payment.currency):
        _park_conflict(payment, receipt)
    else:
        states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
        _book(payment, receipt)
        payment.paid_at = receipt.paid_at
        payment.method = attempt.method
        moves.move(payment, PaymentStatus.PAID, actor=actor, at=at)


def _book(payment: Payment, receipt: _Receipt) -> None:
    attempt, paid_at = receipt.attempt, receipt.paid_at
    allocations = list(payment.allocations.select_related("merchant", "fee_plan").order_by("place"))
    channel_fees = _channel_fees(payment, allocations, attempt)
    day = booking_date_of(paid_at)
    entries = [
        postings.paid(
            allocation,
            currency=payment.currency,
            channel_account_id=attempt.channel_account_id,
            channel_fee_minor=channel_fee,
            tax_minor=pricing.fee_tax(allocation.fee_minor, vat_bps=allocation.fee_plan.vat_bps),
            effective_date=day,
            at=paid_at,
        )
        for allocation, channel_fee in zip(allocations, channel_fees, strict=False)
    ]
    if payment.unallocated_minor:
        entries.append(
            postings.paid_unallocated(
                payment,
                channel_account_id=attempt.channel_account_id,
                channel_fee_minor=channel_fees[-1],
                effective_date=day,
                at=paid_at,
            )
        )
    _post_with_lines(entries, allocations, currency=payment.currency, day=day, at=paid_at)


def _channel_fees(
    payment: Payment, allocations: list[PaymentAllocation], attempt: PaymentAttempt
) -> list[int]:
    """Split the channel's fee over the allocations; what belongs to nobody bears its part."""
    total = pricing.channel_fee(payment.amount_minor, attempt.channel_account.channel_fee_bps)
    grosses = [allocation.amount_minor for allocation in allocations]
    if payment.unallocated_minor:
        grosses.append(payment.unallocated_minor)
    return pricing.split_channel_fee(total, grosses)


def _post_with_lines(
    entries: list[Entry],
    allocations: list[PaymentAllocation],
    *,
    currency: str,
    day: date,
    at: datetime,
) -> None:
    accounts = locks.merchant_accounts_kept_still(
        [allocation.merchant_id for allocation in allocations], currency=currency
    )
    paid_on = business_date_of(at)
    is_business_day = BusinessDays(from_date=paid_on)
    available_on = {
        allocation.pk: _available_on(
            allocation, paid_on, is_business_day, accounts[allocation.merchant_id]
        )
        for allocation in allocations
    }
    kept = reserves.kept_of(allocations, accounts, paid_on=paid_on)
    entry_ids = journal.post_entries([*entries, *reserves.entries_of(kept, day=day, at=at)])
    kept_ids = entry_ids[len(entries) :]
    BalanceTransaction.objects.bulk_create(
        [
            *(
                _paid_line(
                    allocation,
                    entry_id=entry_id,
                    currency=currency,
                    day=day,
                    available_on=available_on[allocation.pk],
                    at=at,
                )
                for allocation, entry_id in zip(allocations, entry_ids, strict=False)
            ),
            *(
                reserves.line_of(
                    one,
                    entry_id=entry_id,
                    available_on=available_on[one.allocation.pk],
                    day=day,
                    at=at,
                )
                for one, entry_id in zip(kept, kept_ids, strict=True)
            ),
        ]
    )
    reserves.write_holds(kept, kept_ids, at=at)


def _paid_line(
    allocation: PaymentAllocation,
    *,
    entry_id: int,
    currency: str,
    day: date,
    available_on: date,
    at: datetime,
) -> BalanceTransaction:
    return BalanceTransaction(
        merchant_id=allocation.merchant_id,
        entry_id=entry_id,
        kind=LineKind.PAYMENT,
        source=allocation.id,
        currency=currency,
        gross_minor=allocation.amount_minor,
        fee_minor=allocation.fee_minor,
        net_minor=allocation.amount_minor - allocation.fee_minor,
        effective_date=day,
        available_on=available_on,
        created_at=at,
    )


def _available_on(
    allocation: PaymentAllocation,
    day: date,
    is_business_day: BusinessDays,
    account: MerchantAccount,
) -> date:
    """Fix the day the money becomes available.

    A payment that we learn of late would be available on a day that has matured already; it
    matures with the next day instead, because it is booked as pending.
    """
    planned = calendar.available_on(day, allocation.merchant.settlement_cycle, is_business_day)
    return max(planned, account.matured_through_date + timedelta(days=1))


def _is_second_money(payment: Payment, attempt: PaymentAttempt) -> bool:
    """Tell whether other money came for the payment before, and this try's is not booked yet."""
    others = payment.attempts.exclude(pk=attempt.pk).filter(status=AttemptStatus.SUCCEEDED)
    return (
        others.exists()
        and not JournalEntry.objects.filter(source=postings.source_of_second(attempt)).exists()
    )


def _park_conflict(payment: Payment, receipt: _Receipt) -> None:
    """Leave money that came otherwise than asked in suspense, for two people to decide on."""
    states.PAYMENT.require_move(payment.status, PaymentStatus.CONFLICTED)
    _park(receipt, partial(postings.conflicted, payment), currency=payment.currency)
    payment.paid_at = receipt.paid_at
    moves.move(
        payment,
        PaymentStatus.CONFLICTED,
        code="amount_differs",
        actor=receipt.actor,
        at=receipt.at,
    )


def _park_late(payment: Payment, receipt: _Receipt) -> None:
    """Leave money that came for a closed payment in suspense: it is not owed any more."""
    _park(receipt, partial(postings.paid_late, payment), currency=payment.currency)
    payment.paid_at = receipt.paid_at
    payment.method = receipt.attempt.method
    moves.move(
        payment,
        PaymentStatus.PAID_LATE,
        code=payment.status_code,
        actor=receipt.actor,
        at=receipt.at,
    )


def _park_second(payment: Payment, receipt: _Receipt) -> None:
    """Leave money that came once more in suspense; the payment stays what it is."""
    _park(receipt, partial(postings.paid_twice, receipt.attempt), currency=payment.currency)
    code = PAID_TWICE if payment.status == PaymentStatus.PAID else payment.status_code
    moves.tell_code(payment, "payment.paid_twice", code=code, actor=receipt.actor, at=receipt.at)


def _park(receipt: _Receipt, posting: Callable[..., Entry], *, currency: str) -> None:
    """Book what came, as the channel says it; without an amount there is nothing to book."""
    if receipt.outcome.amount_minor:
        journal.post_entry(
            posting(
                amount_minor=receipt.outcome.amount_minor,
                currency=receipt.outcome.currency or currency,
                channel_account_id=receipt.attempt.channel_account_id,
                effective_date=booking_date_of(receipt.paid_at),
                at=receipt.paid_at,
            )
        )

"""When money has come: the payment is paid, and the books move in the same transaction."""

from datetime import date, datetime, timedelta

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from payments import calendar, locks, pricing, states
from payments.actions import moves, parking, reserves
from payments.actions.parking import Receipt
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
from payments.states import PaymentStatus

_WITH_MONEY = (
    PaymentStatus.PAID,
    PaymentStatus.CONFLICTED,
    PaymentStatus.PAID_LATE,
    PaymentStatus.REFUNDING_LATE,
    PaymentStatus.REFUNDED_LATE,
)
"""States of payments for which money has come already."""


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
    receipt = Receipt(attempt, outcome, paid_at=outcome.paid_at or at, actor=actor, at=at)
    if payment.status in _WITH_MONEY:
        if parking.is_second_money(payment, attempt):
            parking.park_second(payment, receipt)
    elif payment.status == PaymentStatus.CLOSED:
        parking.park_late(payment, receipt)
    elif (outcome.amount_minor, outcome.currency) != (payment.amount_minor, payment.currency):
        parking.park_conflict(payment, receipt)
    else:
        states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
        _book(payment, attempt, paid_at=receipt.paid_at)
        payment.paid_at = receipt.paid_at
        payment.method = attempt.method
        moves.move(payment, PaymentStatus.PAID, actor=actor, at=at)


def take_as_paid(
    payment: Payment, *, attempt: PaymentAttempt, code: str, actor: str, at: datetime
) -> None:
    """Book a payment whose money has waited in suspense, as of `at`. A part; it is locked.

    Its money is out of suspense already, and at the channel as if it had just come. It becomes
    available as a payment of this day would. `code` is kept as the payment's reason.

    Raises IllegalMoveError.
    """
    assert connection.in_atomic_block, "take_as_paid is a part; open a transaction around it"
    states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
    _book(payment, attempt, paid_at=at)
    payment.method = attempt.method
    moves.move(payment, PaymentStatus.PAID, code=code, actor=actor, at=at)


def _book(payment: Payment, attempt: PaymentAttempt, *, paid_at: datetime) -> None:
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

"""When money has come: the payment is paid, and the books move in the same transaction."""

from datetime import date, datetime, timedelta

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from payments import calendar, locks, postings, pricing, states
from payments.actions import moves
from payments.channels.base import Outcome
from payments.models import (
    BalanceTransaction,
    LineKind,
    MerchantAccount,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
)
from payments.queries.calendar import BusinessDays, business_date_of
from payments.states import PaymentStatus


def record_paid(
    payment: Payment, *, attempt: PaymentAttempt, outcome: Outcome, actor: str, at: datetime
) -> None:
    """Book a payment that the channel confirmed. A part; the payment is locked by the caller.

    The channel's own instant decides the business day. One entry and one line per allocation
    (E01, E02a, E03). Money that came otherwise than asked makes the payment `conflicted` and
    waits in suspense; nobody's balance moves. Recording the same outcome twice changes nothing.

    Raises IllegalMoveError when the payment cannot become paid; nothing is written then.
    """
    assert connection.in_atomic_block, "record_paid is a part; open a transaction around it"
    if payment.status in (PaymentStatus.PAID, PaymentStatus.CONFLICTED):
        return
    paid_at = outcome.paid_at or at
    if (outcome.amount_minor, outcome.currency) != (payment.amount_minor, payment.currency):
        _park(payment, attempt=attempt, outcome=outcome, paid_at=paid_at, actor=actor, at=at)
        return
    states.PAYMENT.require_move(payment.status, PaymentStatus.PAID)
    _book(payment, attempt=attempt, paid_at=paid_at)
    payment.paid_at = paid_at
    moves.move(payment, PaymentStatus.PAID, actor=actor, at=at)


def _book(payment: Payment, *, attempt: PaymentAttempt, paid_at: datetime) -> None:
    allocations = list(payment.allocations.select_related("merchant").order_by("place"))
    channel_fees = _channel_fees(payment, allocations, attempt)
    day = business_date_of(paid_at)
    entries = [
        postings.paid(
            allocation,
            currency=payment.currency,
            channel_account_id=attempt.channel_account_id,
            channel_fee_minor=channel_fee,
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
    is_business_day = BusinessDays(from_date=day)
    entry_ids = journal.post_entries(entries)
    BalanceTransaction.objects.bulk_create(
        BalanceTransaction(
            merchant_id=allocation.merchant_id,
            entry_id=entry_id,
            kind=LineKind.PAYMENT,
            source=allocation.id,
            currency=currency,
            gross_minor=allocation.amount_minor,
            fee_minor=allocation.fee_minor,
            net_minor=allocation.amount_minor - allocation.fee_minor,
            effective_date=day,
            available_on=_available_on(
                allocation, day, is_business_day, accounts[allocation.merchant_id]
            ),
            created_at=at,
        )
        for allocation, entry_id in zip(allocations, entry_ids, strict=False)
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


def _park(
    payment: Payment,
    *,
    attempt: PaymentAttempt,
    outcome: Outcome,
    paid_at: datetime,
    actor: str,
    at: datetime,
) -> None:
    """Put money that came otherwise than asked into suspense, for two people to decide on."""
    states.PAYMENT.require_move(payment.status, PaymentStatus.CONFLICTED)
    if outcome.amount_minor:
        journal.post_entry(
            postings.conflicted(
                payment,
                amount_minor=outcome.amount_minor,
                currency=outcome.currency or payment.currency,
                channel_account_id=attempt.channel_account_id,
                effective_date=business_date_of(paid_at),
                at=paid_at,
            )
        )
    payment.paid_at = paid_at
    moves.move(payment, PaymentStatus.CONFLICTED, code="amount_differs", actor=actor, at=at)

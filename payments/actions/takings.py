"""Booking money that a channel took for us: all of a payment, or what one capture took of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from ledger.actions import journal
from ledger.actions.journal import Entry
from payments import calendar, locks, pricing
from payments.actions import reserves
from payments.channels.base import Outcome
from payments.models import (
    BalanceTransaction,
    Capture,
    CaptureShare,
    ChannelAccount,
    LineKind,
    MerchantAccount,
    Payment,
    PaymentAllocation,
)
from payments.postings import captures as postings
from payments.postings import discounts
from payments.queries.calendar import BusinessDays, booking_date_of, business_date_of


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken for one merchant: its allocation, or its share of one capture."""

    allocation: PaymentAllocation
    share: CaptureShare | None = None

    @property
    def amount_minor(self) -> int:
        """Return what is taken, in minor units of the payment."""
        return (self.share or self.allocation).amount_minor

    @property
    def fee_minor(self) -> int:
        """Return the platform's fee on it."""
        return (self.share or self.allocation).fee_minor


@dataclass(frozen=True, slots=True)
class Taken:
    """What a channel took: whose it is, at which account, what the channel owes us, and when.

    `discounted_minor` is what of it a discount of our own paid for that is booked already.
    """

    payment: Payment
    parts: Sequence[Part]
    unallocated_minor: int
    account: ChannelAccount
    taken_at: datetime
    settled_minor: int | None = None
    discounted_minor: int = 0
    capture: Capture | None = None

    @property
    def grosses(self) -> list[int]:
        """Return the amounts of the parts, and of what belongs to nobody."""
        grosses = [part.amount_minor for part in self.parts]
        return [*grosses, self.unallocated_minor] if self.unallocated_minor else grosses

    @property
    def discount_minor(self) -> int:
        """Return what the channel does not owe us, since a discount of our own paid for it."""
        if self.settled_minor is None:
            return 0
        return sum(self.grosses) - self.settled_minor


def is_as_asked(outcome: Outcome, *, amount_minor: int, currency: str) -> bool:
    """Tell whether a channel took exactly this; a coupon can only make somebody pay less of it."""
    lesser = (outcome.payer_minor, outcome.settled_minor)
    return (outcome.amount_minor, outcome.currency) == (amount_minor, currency) and all(
        minor is None or 0 <= minor <= amount_minor for minor in lesser
    )


def book(taken: Taken) -> None:
    """Book what was taken (E01, E02a, E03), with its lines and what is reserved of it. A part.

    One entry and one line per merchant. What our own account at the channel gave the payer off is
    not settled to us; it costs the platform like the channel's fee, so 1101 is what will come.
    """
    assert connection.in_atomic_block, "book is a part; open a transaction around it"
    day = booking_date_of(taken.taken_at)
    _post_with_lines(taken, [*_entries(taken, day=day), *_discounts(taken, day=day)], day=day)


def _entries(taken: Taken, *, day: date) -> Iterable[Entry]:
    settled_minor = sum(taken.grosses) - taken.discount_minor - taken.discounted_minor
    fees = pricing.split_channel_fee(
        pricing.channel_fee(settled_minor, taken.account.channel_fee_bps), taken.grosses
    )
    for part, channel_fee in zip(taken.parts, fees, strict=False):
        yield postings.paid(
            part.allocation,
            share=part.share,
            currency=taken.payment.currency,
            channel_account_id=taken.account.pk,
            channel_fee_minor=channel_fee,
            tax_minor=pricing.fee_tax(part.fee_minor, vat_bps=part.allocation.fee_plan.vat_bps),
            effective_date=day,
            at=taken.taken_at,
        )
    if taken.unallocated_minor:
        yield postings.paid_unallocated(
            taken.payment,
            capture=taken.capture,
            channel_account_id=taken.account.pk,
            channel_fee_minor=fees[-1],
            effective_date=day,
            at=taken.taken_at,
        )


def _discounts(taken: Taken, *, day: date) -> Iterable[Entry]:
    if not taken.discount_minor:
        return
    whose: list[tuple[str, str | None]] = [
        ((part.share or part.allocation).pk, part.allocation.merchant_id) for part in taken.parts
    ]
    if taken.unallocated_minor:
        whose.append((f"{(taken.capture or taken.payment).pk}:unallocated", None))
    shares = pricing.split_channel_fee(taken.discount_minor, taken.grosses)
    for (subject, merchant_id), discount_minor in zip(whose, shares, strict=True):
        if discount_minor:
            yield discounts.discounted(
                taken.payment.pk,
                of=subject,
                merchant_id=merchant_id,
                amount_minor=discount_minor,
                currency=taken.payment.currency,
                channel_account_id=taken.account.pk,
                effective_date=day,
                at=taken.taken_at,
            )


def _post_with_lines(taken: Taken, entries: list[Entry], *, day: date) -> None:
    at = taken.taken_at
    accounts = locks.merchant_accounts_kept_still(
        [part.allocation.merchant_id for part in taken.parts], currency=taken.payment.currency
    )
    paid_on = business_date_of(at)
    is_business_day = BusinessDays(from_date=paid_on)
    available_on = {
        part.allocation.pk: _available_on(
            part.allocation, paid_on, is_business_day, accounts[part.allocation.merchant_id]
        )
        for part in taken.parts
    }
    kept = reserves.kept_of(
        [(part.allocation, part.share) for part in taken.parts], accounts, paid_on=paid_on
    )
    entry_ids = journal.post_entries([*entries, *reserves.entries_of(kept, day=day, at=at)])
    kept_ids = entry_ids[len(entries) :]
    BalanceTransaction.objects.bulk_create(
        [
            *(
                _line(
                    part,
                    entry_id=entry_id,
                    currency=taken.payment.currency,
                    day=day,
                    available_on=available_on[part.allocation.pk],
                    at=at,
                )
                for part, entry_id in zip(taken.parts, entry_ids, strict=False)
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


def _line(
    part: Part,
    *,
    entry_id: int,
    currency: str,
    day: date,
    available_on: date,
    at: datetime,
) -> BalanceTransaction:
    return BalanceTransaction(
        merchant_id=part.allocation.merchant_id,
        entry_id=entry_id,
        kind=LineKind.PAYMENT,
        source=part.allocation.pk,
        currency=currency,
        gross_minor=part.amount_minor,
        fee_minor=part.fee_minor,
        net_minor=part.amount_minor - part.fee_minor,
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

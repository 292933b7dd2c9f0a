"""How money that came in reads in the books: E01 to E03, and what waits in suspense.

Pure functions; the numbers are those of docs/recipes.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.models import Capture, CaptureShare, Payment, PaymentAllocation, PaymentAttempt
from payments.postings import fees
from payments.postings.fees import ChannelFeeTerms
from payments.postings.owners import UNALLOCATED, channel_owner, tax_owner, without_zeros


def paid(
    allocation: PaymentAllocation,
    *,
    currency: str,
    channel_account_id: str,
    channel_fee_minor: int,
    effective_date: date,
    at: datetime,
    tax_minor: int = 0,
    channel_fee_terms: ChannelFeeTerms = ChannelFeeTerms.BORNE,
    share: CaptureShare | None = None,
) -> Entry:
    """Book one merchant's share of a paid payment: E01, E02 and E03 as one entry.

    Of a payment that was authorised first it is the merchant's `share` of one capture.

    Dr 1101 gross        Cr 2001 gross - fee (E01), and less the channel fee if passed on (E02b)
                         Cr 4001 fee - tax (E03)
                         Cr 2301 tax (E03v)
    Dr 5001 channel fee  Cr 1101 channel fee (E02a), or Cr 2201 if the channel invoices (E02c)

    Who passes a channel's fee on sees to it that both fees together are at most the gross.
    """
    owner = channel_owner(channel_account_id, allocation.merchant_id)
    taken = share or allocation
    gross, fee = taken.amount_minor, taken.fee_minor
    net = gross - fee
    if channel_fee_terms == ChannelFeeTerms.PASSED_ON:
        net -= channel_fee_minor
    legs = [
        debit(chart.CHANNEL_RECEIVABLE, owner, gross, currency),
        credit(chart.MERCHANT_PENDING, allocation.merchant_id, net, currency),
        credit(chart.SERVICE_FEE, allocation.merchant_id, fee - tax_minor, currency),
        credit(chart.VAT_PAYABLE, tax_owner(allocation.merchant_id), tax_minor, currency),
        *fees.accrued(
            channel_fee_minor,
            channel_account_id=channel_account_id,
            owner_id=owner,
            terms=channel_fee_terms,
            currency=currency,
        ),
    ]
    return Entry(
        source=f"{share.pk}:captured" if share else f"{allocation.id}:paid",
        kind="payment_paid",
        subject=allocation.payment_id,
        legs=without_zeros(legs),
        effective_date=effective_date,
        at=at,
    )


def paid_unallocated(
    payment: Payment,
    *,
    channel_account_id: str,
    channel_fee_minor: int,
    effective_date: date,
    at: datetime,
    channel_fee_terms: ChannelFeeTerms = ChannelFeeTerms.BORNE,
    capture: Capture | None = None,
) -> Entry:
    """Book what of a paid payment belongs to no merchant: as E14a, Dr 1101 / Cr 2901, with E02a.

    Of a payment that was authorised first it is what one `capture` took of that.

    A fee that merchants bear is borne by the platform here: there is no merchant to bear it.
    """
    owner = channel_owner(channel_account_id)
    currency = payment.currency
    taken = capture or payment
    if channel_fee_terms == ChannelFeeTerms.PASSED_ON:
        channel_fee_terms = ChannelFeeTerms.BORNE
    legs = [
        debit(chart.CHANNEL_RECEIVABLE, owner, taken.unallocated_minor, currency),
        credit(chart.SUSPENSE_LONG, UNALLOCATED, taken.unallocated_minor, currency),
        *fees.accrued(
            channel_fee_minor,
            channel_account_id=channel_account_id,
            owner_id=owner,
            terms=channel_fee_terms,
            currency=currency,
        ),
    ]
    return Entry(
        source=f"{taken.pk}:unallocated",
        kind="payment_paid",
        subject=payment.id,
        legs=without_zeros(legs),
        effective_date=effective_date,
        at=at,
    )


def conflicted(
    payment: Payment,
    *,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Park money of another amount than asked: as E14a, Dr 1101 / Cr 2901 of nobody's."""
    return _parked(
        payment.id,
        source=f"{payment.id}:conflicted",
        kind="payment_conflicted",
        amount_minor=amount_minor,
        currency=currency,
        channel_account_id=channel_account_id,
        effective_date=effective_date,
        at=at,
    )


def paid_late(
    payment: Payment,
    *,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Park money that came after its payment was closed: as E14a, Dr 1101 / Cr 2901."""
    return _parked(
        payment.id,
        source=f"{payment.id}:paid_late",
        kind="payment_paid_late",
        amount_minor=amount_minor,
        currency=currency,
        channel_account_id=channel_account_id,
        effective_date=effective_date,
        at=at,
    )


def unparked(
    payment: Payment,
    *,
    parked_id: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Take money out of suspense that pays its payment after all: E14b, Dr 2901 / Cr 1101.

    It stands at the channel as nobody's; from there the payment is booked as every other one
    (E01, E02, E03), so that it ends with its merchants: Dr 2901 / Cr 2001 in all.
    """
    owner = channel_owner(channel_account_id)
    return Entry(
        source=f"{parked_id}:accepted",
        kind="payment_accepted",
        subject=payment.id,
        legs=(
            debit(chart.SUSPENSE_LONG, UNALLOCATED, payment.amount_minor, payment.currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, payment.amount_minor, payment.currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def source_of_second(attempt: PaymentAttempt) -> str:
    """Name the entry of money that came by a second try."""
    return f"{attempt.id}:paid_twice"


def paid_twice(
    attempt: PaymentAttempt,
    *,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Park what came by a second try of a payment: as E14a, Dr 1101 / Cr 2901 of nobody's."""
    return _parked(
        attempt.payment_id,
        source=source_of_second(attempt),
        kind="payment_paid_twice",
        amount_minor=amount_minor,
        currency=currency,
        channel_account_id=channel_account_id,
        effective_date=effective_date,
        at=at,
    )


def _parked(
    payment_id: str,
    *,
    source: str,
    kind: str,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Let money wait in suspense until people decide; it lies at the channel."""
    owner = channel_owner(channel_account_id)
    return Entry(
        source=source,
        kind=kind,
        subject=payment_id,
        legs=(
            debit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
            credit(chart.SUSPENSE_LONG, UNALLOCATED, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )

"""How suspense is cleared by what touches payers and merchants: E14b, E14c and E14i.

What there is too much or too little stands in 2901 or 1901 under the id of its break, and is
cleared under the same id: every entry of a break has it as `subject` and in its `source`. The other
ways out are in `settlements.postings.breaks`. Pure functions; amounts are minor units.
"""

from dataclasses import dataclass
from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.models import PaymentAllocation
from payments.postings import fees
from payments.postings.fees import ChannelFeeTerms
from payments.postings.owners import UNALLOCATED, channel_owner, tax_owner, without_zeros
from payments.pricing import Funding


@dataclass(frozen=True, slots=True)
class Break:
    """Which difference is booked or cleared, on which business day and when (UTC).

    `id` is of the break, or of the payment or try whose money waits. `place` tells the clearings
    of one break apart, which may be cleared in parts.
    """

    id: str
    channel_account_id: str
    currency: str
    effective_date: date
    at: datetime
    place: int = 1


def entry_of(found: Break, way: str, legs: list[Leg], *, kind: str) -> Entry:
    """Make the entry by which a break is booked, or cleared in one `way`."""
    return Entry(
        source=f"{found.id}:{way}:{found.place}",
        kind=kind,
        subject=found.id,
        legs=without_zeros(legs),
        effective_date=found.effective_date,
        at=found.at,
    )


def credited(
    found: Break, allocation: PaymentAllocation, *, channel_fee_minor: int, tax_minor: int = 0
) -> Entry:
    """Credit money that was found to be a merchant's payment: E14b, with E02a and E03.

    Dr 2901 gross        Cr 2001 gross - fee
                         Cr 4001 fee - tax
                         Cr 2301 tax
    Dr 5001 channel fee  Cr 1101 channel fee

    The channel's fee stands where the money does: at the channel, of nobody (E14a).
    """
    merchant_id, currency = allocation.merchant_id, found.currency
    gross, fee = allocation.amount_minor, allocation.fee_minor
    return entry_of(
        found,
        "credited",
        [
            debit(chart.SUSPENSE_LONG, UNALLOCATED, gross, currency),
            credit(chart.MERCHANT_PENDING, merchant_id, gross - fee, currency),
            credit(chart.SERVICE_FEE, merchant_id, fee - tax_minor, currency),
            credit(chart.VAT_PAYABLE, tax_owner(merchant_id), tax_minor, currency),
            *fees.accrued(
                channel_fee_minor,
                channel_account_id=found.channel_account_id,
                owner_id=channel_owner(found.channel_account_id),
                terms=ChannelFeeTerms.BORNE,
                currency=currency,
            ),
        ],
        kind="long_credited",
    )


def returned_to_payer(found: Break, *, amount_minor: int) -> Entry:
    """Set money apart that goes back to its payer: E14c, Dr 2901 / Cr 2101.

    The refund itself is booked as every other one (E05e).
    """
    owner = channel_owner(found.channel_account_id)
    return entry_of(
        found,
        "returned",
        [
            debit(chart.SUSPENSE_LONG, UNALLOCATED, amount_minor, found.currency),
            credit(chart.REFUND_PAYABLE, owner, amount_minor, found.currency),
        ],
        kind="long_returned",
    )


def never_happened(
    found: Break,
    allocation: PaymentAllocation,
    *,
    funding: Funding,
    channel_fee_minor: int,
    tax_minor: int = 0,
) -> Entry:
    """Take back what was booked for a payment that never happened: E14i, in a refund's order.

    Dr 2001 what of this payment is pending    Cr 1901 gross
    Dr 2002 what is available
    Dr 2005 of the reserve
    Dr 1201 what the platform advances
    Dr 4001 fee - tax
    Dr 2301 tax
    Dr 1101 channel fee                        Cr 5001 channel fee (E02a mirrored)
    """
    merchant_id, currency = allocation.merchant_id, found.currency
    owner = channel_owner(found.channel_account_id, merchant_id)
    fee = allocation.fee_minor
    return entry_of(
        found,
        "never_happened",
        [
            debit(chart.MERCHANT_PENDING, merchant_id, funding.pending_minor, currency),
            debit(chart.MERCHANT_AVAILABLE, merchant_id, funding.available_minor, currency),
            debit(chart.RESERVE, merchant_id, funding.reserve_minor, currency),
            debit(chart.MERCHANT_DEBT, merchant_id, funding.debt_minor, currency),
            debit(chart.SERVICE_FEE, merchant_id, fee - tax_minor, currency),
            debit(chart.VAT_PAYABLE, tax_owner(merchant_id), tax_minor, currency),
            credit(chart.SUSPENSE_SHORT, UNALLOCATED, allocation.amount_minor, currency),
            debit(chart.CHANNEL_RECEIVABLE, owner, channel_fee_minor, currency),
            credit(chart.CHANNEL_COST, owner, channel_fee_minor, currency),
        ],
        kind="short_never_happened",
    )

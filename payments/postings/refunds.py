"""How each event of giving money back reads in the books: the accountant's page of refunds.

Pure functions. What is on its way back to payers stands in 2101 per channel account and merchant,
from the request until the channel's verified answer.
"""

from dataclasses import dataclass
from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, Leg, credit, debit
from payments.models import Refund, RefundAllocation
from payments.postings import fees
from payments.postings.fees import ChannelFeeTerms
from payments.postings.owners import UNALLOCATED, channel_owner, tax_owner, without_zeros
from payments.postings.refund_sources import (
    by_hand_source,
    failure_source,
    request_source,
    reversal_source,
    success_source,
)
from payments.pricing import Funding, GivenBack


@dataclass(frozen=True, slots=True)
class Occasion:
    """By which channel account, on which business day and when (UTC) a refund is booked."""

    channel_account_id: str
    effective_date: date
    at: datetime


def unallocated_part(refund: Refund) -> str:
    """Name what of a refund belongs to no merchant, as `source` of its entries."""
    return f"{refund.id}:unallocated"


def requested(
    part: RefundAllocation, *, funding: Funding, tax_minor: int, occasion: Occasion
) -> Entry:
    """Set one merchant's part of a refund apart: E05a to E05d and E11c as one entry.

    Dr 2001 what of this payment is pending    Cr 2101 amount
    Dr 2002 what is available
    Dr 2005 of the reserve (E11c)
    Dr 1201 what the platform advances (E05d)
    Dr 4001 fee returned - tax
    Dr 2301 tax
    """
    merchant_id, currency = part.allocation.merchant_id, part.refund.currency
    fee = part.fee_returned_minor
    return _entry(
        request_source(part.id, turn=part.refund.turn),
        "refund_requested",
        part.refund_id,
        [
            debit(chart.MERCHANT_PENDING, merchant_id, funding.pending_minor, currency),
            debit(chart.MERCHANT_AVAILABLE, merchant_id, funding.available_minor, currency),
            debit(chart.RESERVE, merchant_id, funding.reserve_minor, currency),
            debit(chart.MERCHANT_DEBT, merchant_id, funding.debt_minor, currency),
            debit(chart.SERVICE_FEE, merchant_id, fee - tax_minor, currency),
            debit(chart.VAT_PAYABLE, tax_owner(merchant_id), tax_minor, currency),
            credit(
                chart.REFUND_PAYABLE,
                channel_owner(occasion.channel_account_id, merchant_id),
                part.amount_minor,
                currency,
            ),
        ],
        occasion,
    )


def succeeded(
    part: RefundAllocation,
    *,
    channel_fee_minor: int,
    occasion: Occasion,
    channel_fee_terms: ChannelFeeTerms = ChannelFeeTerms.BORNE,
    passed_to: GivenBack | None = None,
) -> Entry:
    """Book that the channel gave the payer the money: E05e, and E05f if it returned of its fee.

    Dr 2101 amount                Cr 1101 amount
    Dr 1101 channel fee returned  Cr 5001 channel fee returned

    What returns of a fee that was passed on is the merchant's, where `passed_to` says; what
    returns of an invoiced one lowers the invoice (`payments.postings.fees`).
    """
    merchant_id = part.allocation.merchant_id
    return _entry(
        success_source(part.id, turn=part.refund.turn),
        "refund_succeeded",
        part.refund_id,
        [
            *_paid_out(part.amount_minor, merchant_id, part.refund.currency, occasion),
            *fees.returned(
                channel_fee_minor,
                channel_account_id=occasion.channel_account_id,
                merchant_id=merchant_id,
                terms=channel_fee_terms,
                passed_to=passed_to,
                currency=part.refund.currency,
            ),
        ],
        occasion,
    )


def failed(
    part: RefundAllocation, *, given: GivenBack, tax_minor: int, occasion: Occasion
) -> Entry:
    """Give one merchant's part of a failed refund back, and take the fee again: E05g.

    Dr 2101 amount    Cr 2001 what is still pending
                      Cr 1201 up to the debt outstanding
                      Cr 2002 the rest
                      Cr 4001 fee returned - tax
                      Cr 2301 tax
    """
    merchant_id, currency = part.allocation.merchant_id, part.refund.currency
    fee = part.fee_returned_minor
    return _entry(
        failure_source(part.id, turn=part.refund.turn),
        "refund_failed",
        part.refund_id,
        [
            debit(
                chart.REFUND_PAYABLE,
                channel_owner(occasion.channel_account_id, merchant_id),
                part.amount_minor,
                currency,
            ),
            credit(chart.MERCHANT_PENDING, merchant_id, given.pending_minor, currency),
            credit(chart.MERCHANT_DEBT, merchant_id, given.debt_minor, currency),
            credit(chart.MERCHANT_AVAILABLE, merchant_id, given.available_minor, currency),
            credit(chart.SERVICE_FEE, merchant_id, fee - tax_minor, currency),
            credit(chart.VAT_PAYABLE, tax_owner(merchant_id), tax_minor, currency),
        ],
        occasion,
    )


def by_hand(part: RefundAllocation, *, bank_account_id: str, occasion: Occasion) -> Entry:
    """Book one merchant's part of a refund that people paid from our bank: E05h.

    Dr 2101 amount    Cr 1001 amount

    The channel kept its money, so 1101 stays.
    """
    return _entry(
        by_hand_source(part.id),
        "refund_settled_by_hand",
        part.refund_id,
        _from_bank(
            part.amount_minor,
            part.allocation.merchant_id,
            part.refund.currency,
            bank_account_id=bank_account_id,
            occasion=occasion,
        ),
        occasion,
    )


def by_hand_unallocated(refund: Refund, *, bank_account_id: str, occasion: Occasion) -> Entry:
    """Book nobody's part of a refund that people paid from our bank: E05h."""
    return _entry(
        by_hand_source(unallocated_part(refund)),
        "refund_settled_by_hand",
        refund.id,
        _from_bank(
            refund.unallocated_minor,
            UNALLOCATED,
            refund.currency,
            bank_account_id=bank_account_id,
            occasion=occasion,
        ),
        occasion,
    )


def came_back(part: RefundAllocation, *, occasion: Occasion) -> Entry:
    """Book that one merchant's part of a refund that was made came back to the channel: E05i.

    Dr 1101 amount    Cr 2101 amount
    """
    return _entry(
        reversal_source(part.id, turn=part.refund.turn),
        "refund_reversed",
        part.refund_id,
        _paid_in(part.amount_minor, part.allocation.merchant_id, part.refund.currency, occasion),
        occasion,
    )


def came_back_unallocated(refund: Refund, *, occasion: Occasion) -> Entry:
    """Book that nobody's part of a refund that was made came back to the channel: E05i."""
    return _entry(
        reversal_source(unallocated_part(refund), turn=refund.turn),
        "refund_reversed",
        refund.id,
        _paid_in(refund.unallocated_minor, UNALLOCATED, refund.currency, occasion),
        occasion,
    )


def requested_unallocated(refund: Refund, *, occasion: Occasion) -> Entry:
    """Set apart what of a refund belonged to nobody: as E14c, Dr 2901 / Cr 2101."""
    return _entry(
        request_source(unallocated_part(refund), turn=refund.turn),
        "refund_requested",
        refund.id,
        _unallocated(refund, occasion),
        occasion,
    )


def succeeded_unallocated(refund: Refund, *, channel_fee_minor: int, occasion: Occasion) -> Entry:
    """Book that nobody's part of a refund left the channel: E05e and E05f."""
    return _entry(
        success_source(unallocated_part(refund), turn=refund.turn),
        "refund_succeeded",
        refund.id,
        [
            *_paid_out(refund.unallocated_minor, UNALLOCATED, refund.currency, occasion),
            *fees.returned(
                channel_fee_minor,
                channel_account_id=occasion.channel_account_id,
                merchant_id=UNALLOCATED,
                terms=ChannelFeeTerms.BORNE,
                passed_to=None,
                currency=refund.currency,
            ),
        ],
        occasion,
    )


def failed_unallocated(refund: Refund, *, occasion: Occasion) -> Entry:
    """Put nobody's part of a failed refund back into suspense: as E05g, Dr 2101 / Cr 2901."""
    taken, payable = _unallocated(refund, occasion)
    return _entry(
        failure_source(unallocated_part(refund), turn=refund.turn),
        "refund_failed",
        refund.id,
        [
            debit(payable.code, payable.owner_id, payable.amount_minor, payable.currency),
            credit(taken.code, taken.owner_id, taken.amount_minor, taken.currency),
        ],
        occasion,
    )


def _paid_out(amount_minor: int, merchant_id: str, currency: str, occasion: Occasion) -> list[Leg]:
    owner = channel_owner(occasion.channel_account_id, merchant_id)
    return [
        debit(chart.REFUND_PAYABLE, owner, amount_minor, currency),
        credit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
    ]


def _paid_in(amount_minor: int, merchant_id: str, currency: str, occasion: Occasion) -> list[Leg]:
    owner = channel_owner(occasion.channel_account_id, merchant_id)
    return [
        debit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
        credit(chart.REFUND_PAYABLE, owner, amount_minor, currency),
    ]


def _from_bank(
    amount_minor: int, merchant_id: str, currency: str, *, bank_account_id: str, occasion: Occasion
) -> list[Leg]:
    owner = channel_owner(occasion.channel_account_id, merchant_id)
    return [
        debit(chart.REFUND_PAYABLE, owner, amount_minor, currency),
        credit(chart.BANK, bank_account_id, amount_minor, currency),
    ]


def _unallocated(refund: Refund, occasion: Occasion) -> list[Leg]:
    owner = channel_owner(occasion.channel_account_id)
    return [
        debit(chart.SUSPENSE_LONG, UNALLOCATED, refund.unallocated_minor, refund.currency),
        credit(chart.REFUND_PAYABLE, owner, refund.unallocated_minor, refund.currency),
    ]


def _entry(source: str, kind: str, subject: str, legs: list[Leg], occasion: Occasion) -> Entry:
    return Entry(
        source=source,
        kind=kind,
        subject=subject,
        legs=without_zeros(legs),
        effective_date=occasion.effective_date,
        at=occasion.at,
    )

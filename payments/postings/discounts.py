"""How a discount that we ourselves give at a channel reads in the books. Pure functions.

A payer may pay less than is owed: by a coupon of the channel, which then owes us the whole, or by
one that our own account there gives, which is never settled to us. The latter costs the platform
like the channel's fee does (5001, on the row of the merchant whose sale it was), so 1101 is what
the channel will settle. Merchants get what they are owed either way.
"""

from datetime import date, datetime

from ledger import chart
from ledger.actions.journal import Entry, credit, debit
from payments.postings.owners import UNALLOCATED, channel_owner


def discounted(
    subject: str,
    *,
    of: str,
    merchant_id: str | None,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what a channel does not owe us of what was paid: E02d, Dr 5001 / Cr 1101.

    `of` is the allocation or share that was paid; without a merchant it is nobody's.
    """
    owner = channel_owner(channel_account_id, merchant_id or UNALLOCATED)
    return Entry(
        source=f"{of}:discounted",
        kind="payment_discount",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_COST, owner, amount_minor, currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def given_back(
    subject: str,
    *,
    of: str,
    merchant_id: str | None,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what of a refund the channel does not take of us: E02d mirrored, Dr 1101 / Cr 5001.

    `of` is the refund's allocation that was given back, with its turn after the first; without a
    merchant it is nobody's.
    """
    owner = channel_owner(channel_account_id, merchant_id or UNALLOCATED)
    return Entry(
        source=f"{of}:discount_returned",
        kind="refund_discount",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
            credit(chart.CHANNEL_COST, owner, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )


def taken_again(
    subject: str,
    *,
    of: str,
    merchant_id: str | None,
    amount_minor: int,
    currency: str,
    channel_account_id: str,
    effective_date: date,
    at: datetime,
) -> Entry:
    """Book what of a refund that came back the channel keeps: E02d once more, Dr 5001 / Cr 1101."""
    owner = channel_owner(channel_account_id, merchant_id or UNALLOCATED)
    return Entry(
        source=f"{of}:discount_kept",
        kind="refund_discount",
        subject=subject,
        legs=(
            debit(chart.CHANNEL_COST, owner, amount_minor, currency),
            credit(chart.CHANNEL_RECEIVABLE, owner, amount_minor, currency),
        ),
        effective_date=effective_date,
        at=at,
    )

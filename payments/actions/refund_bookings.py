"""Booking that a payer was given the money of a refund, and that it came back. Parts only."""

from datetime import datetime

from django.db import connection

from ledger.actions import journal
from payments import pricing
from payments.actions import refund_discounts
from payments.actions.refund_funding import parts_of
from payments.models import Refund
from payments.postings import refunds as postings
from payments.postings.refunds import Occasion
from payments.queries.calendar import booking_date_of


def book_success(
    refund: Refund,
    *,
    channel_account_id: str,
    channel_fee_minor: int,
    made_at: datetime,
    at: datetime,
) -> None:
    """Book that the payer was given the money (E05e), and we the channel's fee (E05f). A part.

    What the channel does not take of us is our cost no more (`refund.settled_minor`).

    `made_at` is the channel's own instant of the refund, which decides the business day; when the
    books of that day are closed it is the first open one.
    """
    assert connection.in_atomic_block, "book_success is a part; open a transaction around it"
    day = booking_date_of(made_at)
    occasion = Occasion(channel_account_id, day, made_at)
    parts = parts_of(refund)
    amounts = [part.amount_minor for part in parts]
    if refund.unallocated_minor:
        amounts.append(refund.unallocated_minor)
    fees = pricing.split_channel_fee(channel_fee_minor, amounts)
    entries = [
        postings.succeeded(part, channel_fee_minor=fee, occasion=occasion)
        for part, fee in zip(parts, fees, strict=False)
    ]
    if refund.unallocated_minor:
        entries.append(
            postings.succeeded_unallocated(refund, channel_fee_minor=fees[-1], occasion=occasion)
        )
    journal.post_entries([*entries, *refund_discounts.returned(refund, parts, occasion=occasion)])


def book_return(refund: Refund, *, channel_account_id: str, at: datetime) -> None:
    """Book that the money of a refund that was made came back (E05i): it is owed again. A part.

    On the day of `at`, when we learned of it; channels do not say when it was.
    """
    assert connection.in_atomic_block, "book_return is a part; open a transaction around it"
    occasion = Occasion(channel_account_id, booking_date_of(at), at)
    parts = parts_of(refund)
    entries = [postings.came_back(part, occasion=occasion) for part in parts]
    if refund.unallocated_minor:
        entries.append(postings.came_back_unallocated(refund, occasion=occasion))
    discounts = refund_discounts.taken_again(refund, parts, occasion=occasion)
    journal.post_entries([*entries, *discounts])

"""Money that came otherwise than asked: it waits in suspense, and nobody's balance moves. Parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from ledger.actions import journal
from ledger.actions.journal import Entry
from ledger.models import JournalEntry
from payments import states
from payments.actions import moves
from payments.channels.base import Outcome
from payments.models import ParkedMoney, Payment, PaymentAttempt
from payments.parked_states import ParkedKind
from payments.postings import captures as postings
from payments.postings import discounts
from payments.queries.calendar import booking_date_of
from payments.states import PAID_TWICE, AttemptStatus, PaymentStatus

AMOUNT_DIFFERS = "amount_differs"
"""The reason code of a payment for which another amount or currency came than was asked."""
LINK_PAID = "link_paid"
"""The reason code of a payment whose link may be paid once, and was by another payment before."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that a channel says has come by one try, and when we learned of it."""

    attempt: PaymentAttempt
    outcome: Outcome
    paid_at: datetime
    actor: str
    at: datetime


def is_second_money(payment: Payment, attempt: PaymentAttempt) -> bool:
    """Tell whether other money came for the payment before, and this try's is not booked yet."""
    others = payment.attempts.exclude(pk=attempt.pk).filter(status=AttemptStatus.SUCCEEDED)
    return (
        others.exists()
        and not JournalEntry.objects.filter(source=postings.source_of_second(attempt)).exists()
    )


def park_conflict(payment: Payment, receipt: Receipt, *, code: str) -> None:
    """Leave money that came otherwise than asked in suspense, for two people to decide on.

    `code` says why: AMOUNT_DIFFERS or LINK_PAID.
    """
    states.PAYMENT.require_move(payment.status, PaymentStatus.CONFLICTED)
    _park(payment, receipt, partial(postings.conflicted, payment), kind=ParkedKind.CONFLICTED)
    payment.paid_at = receipt.paid_at
    moves.move(
        payment,
        PaymentStatus.CONFLICTED,
        code=code,
        actor=receipt.actor,
        at=receipt.at,
    )


def park_late(payment: Payment, receipt: Receipt) -> None:
    """Leave money that came for a closed payment in suspense: it is not owed any more."""
    _park(payment, receipt, partial(postings.paid_late, payment), kind=ParkedKind.PAID_LATE)
    payment.paid_at = receipt.paid_at
    payment.method = receipt.attempt.method
    moves.move(
        payment,
        PaymentStatus.PAID_LATE,
        code=payment.status_code,
        actor=receipt.actor,
        at=receipt.at,
    )


def park_second(payment: Payment, receipt: Receipt) -> None:
    """Leave money that came once more in suspense; the payment stays what it is."""
    posting = partial(postings.paid_twice, receipt.attempt)
    _park(payment, receipt, posting, kind=ParkedKind.PAID_TWICE)
    code = PAID_TWICE if payment.status == PaymentStatus.PAID else payment.status_code
    moves.tell_code(payment, "payment.paid_twice", code=code, actor=receipt.actor, at=receipt.at)


def _park(
    payment: Payment, receipt: Receipt, posting: Callable[..., Entry], *, kind: ParkedKind
) -> None:
    """Book what came, as the channel says it, with its row; without an amount there is nothing."""
    amount_minor = receipt.outcome.amount_minor
    if not amount_minor:
        return
    currency = receipt.outcome.currency or payment.currency
    _park_discount(receipt, amount_minor=amount_minor, currency=currency)
    entry_id = journal.post_entry(
        posting(
            amount_minor=amount_minor,
            currency=currency,
            channel_account_id=receipt.attempt.channel_account_id,
            effective_date=booking_date_of(receipt.paid_at),
            at=receipt.paid_at,
        )
    )
    ParkedMoney.objects.create(
        payment=payment,
        attempt=receipt.attempt,
        kind=kind,
        amount_minor=amount_minor,
        currency=currency,
        entry_id=entry_id,
        came_at=receipt.paid_at,
        created_at=receipt.at,
    )


def discounted(amount_minor: int, *, settled_minor: int | None) -> int:
    """Return what of money that came a discount of our own paid for, in its minor units."""
    if settled_minor is None or not 0 <= settled_minor < amount_minor:
        return 0
    return amount_minor - settled_minor


def _park_discount(receipt: Receipt, *, amount_minor: int, currency: str) -> None:
    """Book what the channel does not owe us of what came: a discount of our own paid for it."""
    discount_minor = discounted(amount_minor, settled_minor=receipt.outcome.settled_minor)
    if not discount_minor:
        return
    journal.post_entry(
        discounts.discounted(
            receipt.attempt.payment_id,
            of=receipt.attempt.pk,
            merchant_id=None,
            amount_minor=discount_minor,
            currency=currency,
            channel_account_id=receipt.attempt.channel_account_id,
            effective_date=booking_date_of(receipt.paid_at),
            at=receipt.paid_at,
        )
    )

"""A small month of the books, written leg by leg so that every figure can be added up by eye."""

from datetime import UTC, date, datetime

from django.db import transaction
from django.test import Client
from django.urls import reverse

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.models import Account, JournalEntry
from tests.rig.staff import desk

FEBRUARY = date(2026, 2, 27)
FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}


def booked(
    source: str,
    *legs: journal.Leg,
    on: date,
    kind: str = "payment_paid",
    subject: str = "",
) -> JournalEntry:
    """Book one entry on a business day, at its noon in Shanghai."""
    at = datetime(on.year, on.month, on.day, 4, 0, tzinfo=UTC)
    with transaction.atomic():
        entry = Entry(
            source=source, kind=kind, legs=legs, effective_date=on, at=at, subject=subject
        )
        pk = journal.post_entry(entry)
    return JournalEntry.objects.get(pk=pk)


def small_month(tea: str = "tea", books: str = "books", *, subject: str = "") -> None:
    """Book a February payment of 50.00, and in March three of 100.00 and one payout of 40.00.

    Of two merchants; the fee is 2 %. Something of the second day is booked last. In USD, a
    capital of 7.00 alone.
    """
    for source, merchant, amount, on in (
        ("feb", tea, 5_000, FEBRUARY),
        ("one", tea, 10_000, FIRST),
        ("two", books, 10_000, THIRD),
    ):
        paid(source, merchant, amount, on=on, subject=subject)
    booked(
        "out",
        debit("2003", tea, 4_000, "CNY"),
        credit("1001", "bank", 4_000, "CNY"),
        on=THIRD,
        kind="payout_confirmed",
    )
    booked(
        "usd",
        debit("1001", "bank", 700, "USD"),
        credit("3101", "x", 700, "USD"),
        on=FIRST,
        kind="wallet_withdrawn",
    )
    paid("late", tea, 10_000, on=SECOND, subject=subject)


def paid(source: str, merchant: str, amount: int, *, on: date, subject: str = "") -> JournalEntry:
    """Book a payment whose fee is 2 %."""
    fee = amount // 50
    return booked(
        source,
        debit("1101", f"chn/{merchant}", amount, "CNY"),
        credit("2003", merchant, amount - fee, "CNY"),
        credit("4001", merchant, fee, "CNY"),
        on=on,
        subject=subject,
    )


def account(code: str, owner: str, currency: str = "CNY") -> Account:
    """Return an account."""
    return Account.objects.get(code=code, owner_id=owner, currency=currency)


def report(name: str, *arguments: object) -> str:
    """Return the address of a report."""
    return reverse(f"admin:ledger_{name}", args=arguments)


def auditor() -> Client:
    """Return the browser of somebody who may see the books and take them away."""
    return desk("auditor")

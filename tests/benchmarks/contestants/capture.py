"""A capture in the books: E01, E02a and E03 as one entry of five postings, with its line.

What the product writes when money has come, but for the payment's own row and its event.
"""

import random
from collections.abc import Callable

from django.db import transaction

from ledger.actions import journal
from ledger.actions.journal import Entry, credit, debit
from ledger.identifiers import new_id
from payments import locks
from payments.actions.merchants import open_accounts
from payments.models import BalanceTransaction, Merchant
from tests.benchmarks.contestants.spread import OWNERS
from tests.factories.payments import FeePlanFactory, MerchantFactory
from tests.instants import FRIDAY, NOON, THURSDAY


def prepare() -> None:
    """Make merchants with accounts that open on Thursday, and capture once for each."""
    plan = FeePlanFactory()
    with transaction.atomic():
        merchants = [MerchantFactory(fee_plan=plan).pk for _ in range(OWNERS)]
        open_accounts(merchants, currency="CNY", business_date=THURSDAY)
    for merchant_id in merchants:
        _capture(merchant_id)


def deed() -> Callable[[], None]:
    """Return what captures a payment of 100.00 for a random merchant."""
    merchants = list(Merchant.objects.values_list("pk", flat=True))
    return lambda: _capture(random.choice(merchants))


def _capture(merchant_id: str) -> None:
    with transaction.atomic():
        locks.merchant_accounts_kept_still([merchant_id], currency="CNY")
        entry_id = journal.post_entry(_entry(merchant_id))
        BalanceTransaction.objects.bulk_create(
            [
                BalanceTransaction(
                    merchant_id=merchant_id,
                    entry_id=entry_id,
                    kind="payment",
                    source=new_id("pal"),
                    currency="CNY",
                    gross_minor=10_000,
                    fee_minor=200,
                    net_minor=9_800,
                    effective_date=THURSDAY,
                    available_on=FRIDAY,
                    created_at=NOON,
                )
            ]
        )


def _entry(merchant_id: str) -> Entry:
    channel = f"chn_bench/{merchant_id}"
    return Entry(
        source=new_id("row"),
        kind="payment_paid",
        subject=new_id("pay"),
        legs=(
            debit("1101", channel, 10_000, "CNY"),
            credit("2001", merchant_id, 9_800, "CNY"),
            credit("4001", merchant_id, 200, "CNY"),
            debit("5001", channel, 60, "CNY"),
            credit("1101", channel, 60, "CNY"),
        ),
        effective_date=THURSDAY,
        at=NOON,
    )
